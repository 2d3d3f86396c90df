"""Asks, through pip-audit, what is known to be wrong with the image's packages; whatever is accepted has a last day.

PyPI is asked, unless PIP_AUDIT_VULNERABILITY_SERVICE is osv: then osv.dev, or the service that PIP_AUDIT_OSV_URL names.
"""

import json
import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mainline.errors import ConfigError, ToolFailed
from mainline.package.pinned import Pinned
from mainline.package.requirements import Package
from mainline.tools import process

FILE = "pyproject.toml"
ELSEWHERE = "no audit; PIP_AUDIT_VULNERABILITY_SERVICE=osv asks another service, PIP_AUDIT_OSV_URL one of your own"


class Ignored(BaseModel):
    """A vulnerability that somebody has accepted, for a reason and for a time."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    until: date
    """The last day on which it is."""


@dataclass(frozen=True)
class Vulnerability:
    """Something known to be wrong with a package."""

    package: str
    version: str
    ids: tuple[str, ...]
    """Its names: the service's own first."""
    fixed: tuple[str, ...]
    """The versions that mend it; none where there are none."""

    def __str__(self) -> str:
        """For a person."""
        mended = f"fixed in {', '.join(self.fixed)}" if self.fixed else "not fixed in any version"
        return f"{self.package} {self.version}: {' = '.join(self.ids)}, {mended}"


def accepted(pinned: Pinned) -> list[Ignored]:
    """What the commit's pyproject.toml accepts: ignore under [tool.mainline.audit].

    Raises:
        ConfigError: an entry lacks its id, its reason or its last day.
    """
    try:
        section = tomllib.loads(pinned.text(FILE) or "").get("tool", {}).get("mainline", {}).get("audit", {})
        if set(section) - {"ignore"}:
            raise ConfigError(f"{FILE}: tool.mainline.audit: there is only the key ignore")
        return [Ignored.model_validate(each) for each in section.get("ignore", [])]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{FILE}: cannot be read ({error})") from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"])) or "an entry"
        raise ConfigError(
            f"{FILE}: tool.mainline.audit.ignore: {where}: {problem['msg']}; "
            'write { id = "GHSA-...", until = 2030-12-31, reason = "..." }'
        ) from None


def judged(
    found: Sequence[Vulnerability], ignored: Sequence[Ignored], today: date
) -> tuple[list[Vulnerability], list[tuple[Vulnerability, Ignored]]]:
    """Tell what counts from what is accepted; what was accepted until a day that has passed counts.

    Returns:
        The vulnerabilities that count, and those that do not with the entry that says so.
    """
    valid = {each.id: each for each in ignored if each.until >= today}
    waived = {each: [valid[name] for name in each.ids if name in valid] for each in found}
    return [each for each in found if not waived[each]], [(each, why[0]) for each, why in waived.items() if why]


def known(packages: Sequence[Package]) -> list[Vulnerability]:
    """Ask about every package.

    Raises:
        ToolFailed: the service cannot be asked, or does not know a package: no answer is not a clean one.
    """
    with TemporaryDirectory(prefix="mainline-") as folder:
        wanted, answer = Path(folder, "requirements.txt"), Path(folder, "answer.json")
        wanted.write_text("\n".join(map(_line, packages)) + "\n")
        options = ["--requirement", str(wanted), "--disable-pip", "--format", "json", "--output", str(answer)]
        command = [sys.executable, "-m", "pip_audit", *options, "--aliases", "on", "--progress-spinner", "off"]
        _, lines = process.stream(command, cwd=Path(folder), env=_as_pip(), shown=lambda _: False)
        if not answer.exists():
            raise ToolFailed(f"pip-audit: {process.reason(chr(10).join(lines))}; {ELSEWHERE}")
        entries: list[dict[str, Any]] = json.loads(answer.read_text())["dependencies"]
    unknown = [each["name"] for each in entries if "skip_reason" in each]
    if unknown:
        raise ToolFailed(
            f"the vulnerability service knows {len(unknown)} of {len(entries)} packages not at all, "
            f"{unknown[0]} among them; {ELSEWHERE}"
        )
    return [
        Vulnerability(entry["name"], entry["version"], (each["id"], *each["aliases"]), tuple(each["fix_versions"]))
        for entry in entries
        for each in entry["vulns"]
    ]


def _line(package: Package) -> str:
    return " ".join([f"{package.name}=={package.version}", *(f"--hash=sha256:{each}" for each in package.hashes)])


def _as_pip() -> dict[str, str]:
    """The certificates and the proxy that pip is set up with, where the environment names no others."""
    said = process.capture([sys.executable, "-m", "pip", "config", "list"], cwd=Path.cwd(), check=False)
    settings = dict(line.partition("=")[::2] for line in said.splitlines())
    wanted = {"cert": "REQUESTS_CA_BUNDLE", "proxy": "HTTPS_PROXY"}
    return {
        variable: value.strip("'")
        for key, variable in wanted.items()
        for name, value in settings.items()
        if name.rpartition(".")[2] == key and variable not in os.environ
    }
