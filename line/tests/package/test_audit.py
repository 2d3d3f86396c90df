"""Known vulnerabilities: which count, which are accepted, and that no answer is no clean answer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.commands import package
from mainline.errors import ConfigError, MainlineError, ToolFailed
from mainline.package import audit
from mainline.package.audit import Ignored, Vulnerability
from mainline.package.pinned import Pinned
from mainline.package.requirements import Package
from mainline.project import Project
from mainline.tools import git

TODAY = date(2026, 1, 31)
PACKAGES = [Package("jinja2", "3.1.0", ("a" * 64,)), Package("numpy", "2.4.6", ("b" * 64,))]
FOUND = Vulnerability("jinja2", "3.1.0", ("CVE-2", "GHSA-1"), ("3.1.5",))
KNOWN = {
    "id": "GHSA-1",
    "aliases": ["CVE-2"],
    "summary": "bad",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.5"}]}],
        }
    ],
}


def ignored(name: str, until: date) -> Ignored:
    """An entry of the list."""
    return Ignored(id=name, until=until, reason="it does not reach us")


@pytest.mark.parametrize(
    ("accepted", "counts"),
    [
        ([], True),
        ([ignored("GHSA-1", TODAY)], False),
        ([ignored("CVE-2", date(2027, 1, 1))], False),
        ([ignored("GHSA-1", date(2026, 1, 30))], True),
        ([ignored("GHSA-1", date(2026, 1, 30)), ignored("CVE-2", TODAY)], False),
        ([ignored("GHSA-9", date(2027, 1, 1))], True),
    ],
    ids=["nobody accepts it", "its last day", "by its other name", "until yesterday", "one of two entries", "another"],
)
def test_what_is_accepted_does_not_count_until_its_last_day(accepted: list[Ignored], counts: bool) -> None:
    """An entry takes away the vulnerability it names, by any of its names, up to its last day."""
    counted, waived = audit.judged([FOUND], accepted, TODAY)
    assert ([FOUND] if counts else []) == counted
    assert len(waived) == 1 - counts


@pytest.mark.parametrize(("fixed", "words"), [(("3.1.5", "3.2"), "fixed in 3.1.5, 3.2"), ((), "not fixed in any")])
def test_a_vulnerability_is_a_line(fixed: tuple[str, ...], words: str) -> None:
    """Package, version, names, and what mends it."""
    said = str(Vulnerability("jinja2", "3.1.0", ("GHSA-1", "CVE-2"), fixed))
    assert said.startswith("jinja2 3.1.0: GHSA-1 = CVE-2, ")
    assert words in said


@contextmanager
def service(status: int, *vulnerable: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A vulnerability service that answers as osv.dev does; a status of 0 is one that does not listen."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            body = json.dumps({"vulns": [KNOWN]} if asked in vulnerable else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_port}/v1/query")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    if not status:
        server.server_close()
        yield
        return
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize(("vulnerable", "wanted"), [((), []), (("jinja2",), [FOUND])], ids=["clean", "vulnerable"])
def test_the_service_is_asked_about_each_package(
    vulnerable: tuple[str, ...], wanted: list[Vulnerability], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a real service answers about a package is found, with what mends it; nothing where it knows nothing bad."""
    with service(200, *vulnerable, monkeypatch=monkeypatch):
        assert audit.known(PACKAGES) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("status", [0, 500], ids=["unreachable", "failing"])
def test_a_service_that_does_not_answer_is_one_line(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is an error in one line that says how to ask another service."""
    with (
        service(status, monkeypatch=monkeypatch),
        pytest.raises(ToolFailed, match=r"^pip-audit: [^\n]+; no audit; PIP_AUDIT_VULNERABILITY_SERVICE=osv [^\n]*$"),
    ):
        audit.known(PACKAGES)


def test_a_package_that_the_service_does_not_know_is_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip-audit passes over what its service does not know, and ends well: here that is an error."""

    def skipped(command, **_):
        answer = {
            "dependencies": [{"name": "jinja2", "version": "3.1.0", "vulns": []}, {"name": "ours", "skip_reason": "?"}]
        }
        Path(command[command.index("--output") + 1]).write_text(json.dumps(answer))
        return 0, []

    monkeypatch.setattr(audit.process, "stream", skipped)
    with pytest.raises(ToolFailed, match="knows 1 of 2 packages not at all, ours among them; no audit"):
        audit.known(PACKAGES)


@pytest.mark.parametrize(
    ("settings", "variables", "wanted"),
    [
        (
            "global.cert='/ca.pem'\nglobal.proxy='http://p'",
            {},
            {"REQUESTS_CA_BUNDLE": "/ca.pem", "HTTPS_PROXY": "http://p"},
        ),
        (":env:.cert='/ca.pem'", {}, {"REQUESTS_CA_BUNDLE": "/ca.pem"}),
        ("global.cert='/ca.pem'", {"REQUESTS_CA_BUNDLE": "/own"}, {}),
        ("", {}, {}),
    ],
    ids=["of a file", "of the environment", "own", "none"],
)
def test_certificates_and_proxy_are_pips(
    settings: str, variables: dict[str, str], wanted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the environment does not say whom to trust and what to go through, pip's configuration does."""
    for name in ("REQUESTS_CA_BUNDLE", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(audit.process, "capture", lambda *_, **__: settings)
    assert audit._as_pip() == wanted


def _committed(project: Path, ignore: str) -> Pinned:
    (project / "pyproject.toml").write_text(f"[tool.mainline.audit]\n{ignore}\n")
    commit_all(project, "Accept")
    return Pinned.at_head(Project(project))


@pytest.mark.slow
def test_accepted_vulnerabilities_are_the_commits(project: Path) -> None:
    """The list is read from the commit's pyproject.toml; loose changes do not count."""
    entry = '{ id = "GHSA-1", until = 2026-01-31, reason = "it does not reach us" }'
    pinned = _committed(project, f"ignore = [{entry}]")
    (project / "pyproject.toml").write_text("[tool.mainline.audit]\nignore = []\n")
    assert audit.accepted(pinned) == [ignored("GHSA-1", TODAY)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ignore", "message"),
    [
        ('ignore = [{ id = "GHSA-1", until = 2026-01-31 }]', "reason: Field required"),
        ('ignore = [{ id = "GHSA-1", reason = "why" }]', "until: Field required"),
        ('ignore = [{ id = "GHSA-1", reason = "why", until = "soon" }]', "until: Input should be a valid date"),
        ('ignore = [{ id = "", reason = "why", until = 2026-01-31 }]', "id: "),
        ('ignore = [{ id = "GHSA-1", reason = "why", until = 2026-01-31, unitl = 1 }]', "unitl: Extra inputs"),
        ('ignore = ["GHSA-1"]', "an entry: "),
        ("ignored = []", "there is only the key ignore"),
        ("ignore = [", "cannot be read"),
    ],
)
def test_an_entry_must_say_what_why_and_until_when(project: Path, ignore: str, message: str) -> None:
    """An entry without its parts, or with others, is refused in one line."""
    with pytest.raises(ConfigError, match=rf"^pyproject\.toml: [^\n]*{message}[^\n]*$"):
        audit.accepted(_committed(project, ignore))


@pytest.mark.slow
def test_a_package_with_a_known_vulnerability_is_not_packaged(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`mainline package --audit` names it and fails; once it is accepted it is named, and all is well."""
    with service(200, "jinja2", monkeypatch=monkeypatch):
        with pytest.raises(MainlineError, match="nobody has accepted: 1;"):
            package.package(Project(project), with_image=False, with_sbom=False, audited=True)
        assert "CVE-2 = GHSA-1, fixed in 3.1.5" in capsys.readouterr().err
        _committed(project, 'ignore = [{ id = "GHSA-1", until = 2999-12-31, reason = "no templates of others" }]')
        package.package(Project(project), with_image=False, with_sbom=False, audited=True)
    said = capsys.readouterr()
    assert "accepted until 2999-12-31: no templates of others" in said.err
    assert "no known vulnerability that is not accepted" in said.out
    assert git.dirty(project) == []
