"""What the environment says of who may ask, and where the service may listen."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from service.access import Access
from service.variables import SettingError

HASH = "ab" * 32
PAGE = Path(__file__).parents[3] / "docs/service.md"


def test_by_default_nothing_is_asked_and_strangers_cannot_reach_it() -> None:
    """Of addresses, this machine's own are the only ones."""
    access = Access.read({})
    assert access == Access()
    for host in ("127.0.0.1", "127.8.0.1", "::1"):
        access.check(host)
    for host in ("0.0.0.0", "::", "192.168.0.7"):
        with pytest.raises(SettingError, match=f"^host {host}: others than this machine could ask"):
            access.check(host)


@pytest.mark.parametrize("said", [{"SERVICE_API_KEYS": HASH}, {"SERVICE_OPEN": "1"}])
def test_with_keys_or_openly_it_listens_anywhere(said: dict[str, str]) -> None:
    """Either is enough."""
    Access.read(said).check("0.0.0.0")


@pytest.mark.parametrize(
    "said", [{"SERVICE_FEEDBACK_KEYS": HASH}, {"SERVICE_OPEN": "0"}, {"SERVICE_RATE_LIMIT": "5"}, {"SERVICE_OPEN": ""}]
)
def test_nothing_else_is_enough(said: dict[str, str]) -> None:
    """Keys for labels let strangers predict, and a limit lets them in."""
    with pytest.raises(SettingError, match=r"^host ::: others"):
        Access.read(said).check("::")


def test_variables_are_read() -> None:
    """Lists with commas, white space or both."""
    said = {
        "SERVICE_API_KEYS": f" {HASH},\n{HASH.upper()[:62]}cd ",
        "SERVICE_CORS_ORIGINS": "https://A.example http://[::1]:80",
        "SERVICE_RATE_LIMIT": "60",
    }
    access = Access.read(said)
    assert access.keys == (b"\xab" * 32, b"\xab" * 31 + b"\xcd")
    assert access.origins == {"https://a.example", "http://[::1]:80"}
    assert access.rate == 60


def test_the_page_makes_a_key_with_its_hash() -> None:
    """By the command that stands there; each time another one."""
    about = PAGE.read_text().partition("### Who may ask")[2]
    command = re.findall(r"^```console\n(.*?)^```$", about, re.MULTILINE | re.DOTALL)[0]
    made = [subprocess.run(["bash", "-c", command], capture_output=True, text=True).stdout.split() for _ in range(2)]
    for key, hashed in made:
        assert Access.read({"SERVICE_API_KEYS": hashed}).keys == (hashlib.sha256(key.encode()).digest(),)
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SERVICE_API_KEYS", "secret"),
        ("SERVICE_API_KEYS", HASH[1:]),
        ("SERVICE_API_KEYS", f"{HASH},{HASH}0"),
        ("SERVICE_API_KEYS", ","),
        ("SERVICE_FEEDBACK_KEYS", "g" * 64),
        ("SERVICE_CORS_ORIGINS", "example.com"),
        ("SERVICE_CORS_ORIGINS", "https://example.com/"),
        ("SERVICE_CORS_ORIGINS", "null"),
        ("SERVICE_RATE_LIMIT", "0"),
        ("SERVICE_RATE_LIMIT", "fast"),
        ("SERVICE_OPEN", "yes"),
    ],
)
def test_a_variable_that_says_nonsense_is_named(name: str, text: str) -> None:
    """The error begins with its name, and never shows what may be a key."""
    with pytest.raises(SettingError, match=f"^{name}: ") as caught:
        Access.read({name: text})
    assert "secret" not in str(caught.value)
