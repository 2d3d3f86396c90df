"""A commit's model in MLflow's registry: one version of a registered model, with where it came from.

Every step looks first at what is there, and the alias moves last: whoever is killed runs it again. Two at once may both
make a version; the one of the lower number stays, both end with it, and no alias ever points to the other.
"""

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainline.errors import ConfigError, ToolFailed
from mainline.package import alike, upload
from mainline.package.pinned import DEV, PREDICTIONS, RAW, SIGNATURE, Pinned
from mainline.package.provenance import NONE
from mainline.tools import mlflow, process

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

IMAGE, CHECKED = "mainline.image", "mainline.checked"
UNKNOWN = "unknown"
UNFIT = re.compile(r"""[?#@'"\x00-\x1f]""")  # MLflow keeps such names, and cannot load or find them
LONGEST_NAME, LONGEST_DESCRIPTION = 256, 5000  # characters, of MLflow's own columns


@dataclass(frozen=True)
class Registered:
    """A version of a registered model, as a registration leaves it."""

    name: str
    version: int
    uri: str
    """What MLflow loads it by."""
    aliases: tuple[str, ...]
    tags: dict[str, str]
    created: bool
    """Whether this call made it; otherwise it was there."""


def register(pinned: Pinned, *, name: str, alias: str, verdict: str | None, digest: str | None) -> Registered:
    """Make sure that a commit's model is a version of a registered model, and give that the alias.

    Args:
        pinned: the commit and its model.
        name: of the registered model.
        alias: taken from the version that had it.
        verdict: the gate's, about this model; None leaves what the version says of it.
        digest: of the image that holds it, where there is one.

    Raises:
        ConfigError: MLflow refuses the name.
        ToolFailed: MLflow cannot be reached or refuses, or the version does not answer as predictions/ does.
        StaleLock: a pinned file is nowhere to be had.
    """
    tags = _tags(pinned, verdict) | ({IMAGE: digest} if digest else {})
    with mlflow.connected(pinned.project.root) as client:
        _ensure_name(client, name)
        found = _versions(client, name, pinned)
        version = found[0] if found else _create(client, name, pinned, tags)
        _complete(client, version, tags, _description(pinned))
        if CHECKED not in version.tags:
            checked = _check(pinned, f"models:/{name}/{version.version}")
            client.set_model_version_tag(name, version.version, CHECKED, checked)
        client.set_registered_model_alias(name, alias, version.version)
        now = client.get_model_version(name, version.version)
    uri = f"models:/{name}@{alias}"
    return Registered(name, int(now.version), uri, tuple(sorted(now.aliases)), dict(now.tags), not found)


def _tags(pinned: Pinned, verdict: str | None) -> dict[str, str]:
    signature = json.loads(pinned.file(SIGNATURE).read_text(encoding="utf-8"))
    return {
        **upload.key(pinned),
        "mainline.commands.lock": pinned.lock,
        "mainline.data": pinned.outputs.get(RAW, NONE),
        "mainline.bento": pinned.tag,
        "mainline.verdict": verdict or UNKNOWN,
        "mainline.task": str(signature["task"]),
    }


def _description(pinned: Pinned) -> str:
    """The model card, as much of it as MLflow keeps."""
    card = pinned.text("models/card.md") or ""
    rest = f"\n\nThe rest is in models/card.md of the commit {pinned.commit[:12]}."
    return card if len(card) <= LONGEST_DESCRIPTION else card[: LONGEST_DESCRIPTION - len(rest)] + rest


def _ensure_name(client: "MlflowClient", name: str) -> None:
    from mlflow.exceptions import MlflowException

    if len(name) > LONGEST_NAME or UNFIT.search(name):
        raise ConfigError(f"--name {name[:40]}: MLflow would not find it again; give one without ? # @ and quotes")
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code == "INVALID_PARAMETER_VALUE":
            raise ConfigError(f"--name {name}: MLflow refuses it ({mlflow.brief(error)}); give another") from None
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _versions(client: "MlflowClient", name: str, pinned: Pinned) -> "list[ModelVersion]":
    """The versions of this commit and model, the first one first: by their tags, or by what was uploaded for them."""
    sources = {source for model in upload.found(client, pinned) for source in upload.sources(model)}
    found, token = [], None
    while token != "":
        page = client.search_model_versions(f"name = '{name}'", page_token=token)
        found += [each for each in page if upload.key(pinned).items() <= each.tags.items() or each.source in sources]
        token = page.token or ""
    return sorted(found, key=lambda each: int(each.version))


def _create(client: "MlflowClient", name: str, pinned: Pinned, tags: dict[str, str]) -> "ModelVersion":
    """Make a version of the uploaded model; where somebody was quicker, take theirs."""
    uploaded = upload.found(client, pinned)
    model = uploaded[0] if uploaded else upload.upload(client, pinned)
    made = upload.version_of(client, name, model, tags)
    first = _versions(client, name, pinned)[0]
    if first.version != made.version:
        client.delete_model_version(name, made.version)
    return first


def _complete(client: "MlflowClient", version: "ModelVersion", tags: dict[str, str], description: str) -> None:
    for key, value in tags.items():
        known = key in version.tags and value == UNKNOWN
        if version.tags.get(key) != value and not known:
            client.set_model_version_tag(version.name, version.version, key, value)
    if (version.description or "") != description:
        client.update_model_version(version.name, version.version, description)


def _check(pinned: Pinned, uri: str) -> str:
    """Let a fresh process load the version and answer for the dev rows.

    Returns:
        What was found, in words.

    Raises:
        ToolFailed: it cannot be loaded, or answers otherwise than predictions/dev.parquet.
    """
    command = [sys.executable, "-m", "mainline.package.answers", uri]
    command += [str(pinned.file(name)) for name in (DEV, PREDICTIONS, SIGNATURE)]
    if alike.cleaned(json.loads(pinned.file(SIGNATURE).read_text(encoding="utf-8"))):
        command.append(str(pinned.file(RAW)))
    try:
        return process.capture(command, cwd=pinned.project.root, env={"PYTHONWARNINGS": "ignore"})
    except ToolFailed as error:
        why = process.reason(error.output)
        raise ToolFailed(f"{uri} is registered and gets no alias, for its answers were refused: {why}") from None
