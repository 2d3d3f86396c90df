"""`mainline package`: the champion as a Bento, as an image that was tried, as a list of what is inside, audited."""

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

import click

from mainline import ledger, ui
from mainline.errors import MAKE, MainlineError, ToolFailed
from mainline.host import desired
from mainline.package import bento, requirements
from mainline.package.bento import Bento
from mainline.package.pinned import Pinned
from mainline.package.provenance import NONE, Provenance
from mainline.project import MODEL, Project
from mainline.tools import actions, unasked
from mainline.tools.container import Engine, find

LOG = Path(".mainline/image.log")
UNKNOWN = "unknown"


@click.command("package")
@click.option(
    "--image", "with_image", is_flag=True, help="Build its container image, and tag it if it answers as was judged."
)
@click.option(
    "--sbom",
    "with_sbom",
    is_flag=True,
    help="List what is inside (CycloneDX, in .mainline/sbom; Debian's with --image).",
)
@click.option(
    "--audit", "audited", is_flag=True, help="Fail on known vulnerabilities that pyproject.toml does not accept."
)
@click.option(
    "--push", "target", metavar="NAME", help="Push the image, such as ghcr.io/owner/name, and say its digest."
)
@click.option("--of", "listed", metavar="NAME@DIGEST", help="List what is inside this image, instead of building one.")
def verb(with_image: bool, with_sbom: bool, audited: bool, target: str | None, listed: str | None) -> None:
    """Build the Bento of HEAD's model, and its image if asked."""
    with_image, with_sbom = with_image or target is not None, with_sbom or listed is not None
    package(Project.here(), with_image=with_image, with_sbom=with_sbom, audited=audited, push=target, of=listed)


def package(
    project: Project,
    *,
    with_image: bool,
    with_sbom: bool,
    audited: bool,
    push: str | None = None,
    of: str | None = None,
) -> None:
    """Package HEAD's model, and say where everything is.

    Args:
        push: where the image goes: a name in a registry.
        of: the image whose contents are listed, where none is built: name@digest.

    Raises:
        StaleLock: the commit pins no model, or its files are nowhere to be had.
        MainlineError: a known vulnerability is not accepted, or the image answers otherwise than was judged.
        ToolFailed: bentoml, the container engine or the vulnerability service could not.
    """
    from mainline.package import image, sbom

    engine = find() if with_image or of else None
    pinned = Pinned.at_head(project)
    verdict, built_by = _known(project, pinned.model)
    with ui.doing("building the Bento"):
        made = bento.build(project, verdict)
    ui.good(f"{made.tag} {'built' if made.built else 'was built before'}: {made.path}")
    if audited:
        _audit(project, pinned)
    identity = _image(engine, made, pinned) if engine and with_image else of
    if with_sbom:
        inside = image.debian(engine, identity) if engine and identity else None
        origin = Provenance.of(pinned, verdict)
        place = sbom.write(
            project, origin, sbom.listed(origin, pinned.file(MODEL), built_by, requirements.of(pinned), inside)
        )
        actions.output(sbom=str(place.relative_to(project.root)))
        ui.good(f"what is inside: {place}")
    if engine and identity and push:
        _push(engine, identity, made, push)
    home, version = shlex.quote(os.path.relpath(project / bento.HOME)), made.tag.partition(":")[2]
    ui.say(f"  serve it:    BENTOML_HOME={home} bentoml serve {made.tag}")
    ui.say(f"  as an image: {_next(engine, made)}")
    ui.say(f"  deploy it:   {_deploying(project, version)}")


def _push(engine: Engine, identity: str, made: Bento, name: str) -> None:
    """Push the image, and say by which digest it is known; a workflow is told, too."""
    from mainline.package import image

    name, version = name.lower(), made.tag.partition(":")[2]
    with ui.doing("pushing"):
        digest = image.push(engine, identity, f"{name}:{version}")
    actions.output(version=version, name=name, digest=digest, image=f"{name}@{digest}")
    ui.good(f"pushed {name}@{digest}")


def _deploying(project: Project, version: str) -> str:
    """The command that has it run: as a canary, or where nothing is in production, there."""
    path = desired.FILES["production"]
    first = not (project.show("HEAD", path) or "").strip()
    push = " --push" if project.git("remote") else ""
    return f"mainline deploy {'production' if first else 'canary'} --version {version}{push}"


def _next(engine: Engine | None, made: Bento) -> str:
    from mainline.package import image

    if engine is None:
        return "mainline package --image"
    reached = f"--publish 127.0.0.1:3000:3000 --env {unasked.PUBLISHED}"
    return f"{engine.program} run --rm {reached} {' '.join(image.HARDENED)} {made.tag}"


def _known(project: Project, model: str) -> tuple[str, str]:
    """The gate's last word about a model, and who built it."""
    try:
        history = ledger.read(project.root)
        return history.verdict(model) or NONE, history.made(model) or NONE
    except ToolFailed as error:
        ui.warn(f"{error}; the gate's verdict goes down as {UNKNOWN}")
        return UNKNOWN, UNKNOWN


def _audit(project: Project, pinned: Pinned) -> None:
    """Print what is known to be wrong with the packages, and keep how much it is.

    Raises:
        MainlineError: something is, and nobody has accepted it.
    """
    from mainline.package import audit, audited

    ignored = audit.accepted(pinned)
    packages = requirements.of(pinned)
    with ui.doing("asking for known vulnerabilities"):
        found = audit.known(packages)
    today = datetime.now(UTC).date()
    counted, waived = audit.judged(found, ignored, today)
    pins = audited.digest(pinned.text(requirements.FILE) or "")
    audited.keep(project, audited.Audited(today, pins, len(packages), len(counted)))
    for each, why in waived:
        ui.warn(f"{each}; accepted until {why.until}: {why.reason}")
    for each in counted:
        ui.bad(str(each))
    if counted:
        raise MainlineError(
            f"known vulnerabilities that nobody has accepted: {len(counted)}; run `{MAKE} requirements`, or accept "
            f"them under [tool.mainline.audit] in {audit.FILE}, with a reason and a last day"
        )
    ui.good(f"{len(packages)} packages, no known vulnerability that is not accepted")


def _image(engine: Engine, made: Bento, pinned: Pinned) -> str:
    """Build the image, try it, and tag it.

    Returns:
        Its id.

    Raises:
        MainlineError: it answers otherwise than was judged.
        ToolFailed: it cannot be built, does not start, or refuses a row.
    """
    from mainline.package import alike, image, serving

    questions, answers = alike.questions(pinned), alike.answers(pinned)
    with ui.doing("building the image"):
        identity = image.build(engine, made, pinned.project / LOG)
    try:
        with ui.doing("trying it"), image.running(engine, identity) as address:
            wrong = alike.differing(serving.predict(address, questions), answers)
        if wrong:
            raise MainlineError(
                f"the image answers {wrong} of {len(answers)} dev rows otherwise than predictions/dev.parquet; "
                "it gets no tag"
            )
    except MainlineError:
        image.discard(engine, identity, made.tag)
        raise
    image.keep(engine, identity, made.tag)
    ui.good(f"image {made.tag}: its answers for {len(answers)} dev rows equal predictions/dev.parquet, to the last bit")
    return identity
