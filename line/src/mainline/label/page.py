"""The page of `mainline label`: one document with its script and its sheet, which asks nobody but its server."""

import base64
import hashlib
import json
from pathlib import Path

from markupsafe import Markup

from mainline import pages

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT = (TEMPLATES / "label.js").read_text(encoding="utf-8").rstrip()


def render(target: str, name: str, file: str, hidden: int) -> tuple[str, str]:
    """Make the page for a person.

    Args:
        target: the column that is labelled.
        file: where the votes go.
        hidden: how many columns are private.

    Returns:
        Its HTML, and its Content-Security-Policy.
    """
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    about = {"target": target, "name": name, "file": file, "hidden": hidden}
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    html = (
        pages.environment(TEMPLATES)
        .get_template("label.html")
        .render(
            about=about,
            policy=policy,
            data=Markup(json.dumps(about).replace("<", "\\u003c")),  # noqa: S704 - no markup is left in it
            script=Markup(SCRIPT),  # noqa: S704 - our own file
        )
    )
    return html, f"{policy}; frame-ancestors 'none'"
