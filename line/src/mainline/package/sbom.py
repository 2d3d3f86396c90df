"""The list of what is inside, as CycloneDX 1.6: Python packages, the model, and the image's Debian packages."""

import hashlib
import os
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from mainline.package.provenance import Provenance
from mainline.package.requirements import Package
from mainline.project import Project

FOLDER = Path(".mainline/sbom")
UNNUMBERED = uuid.UUID(int=0)


def write(project: Project, origin: Provenance, text: str) -> Path:
    """Write the list, whole or not at all, to .mainline/sbom/NAME-VERSION.cdx.json."""
    place = project / FOLDER / f"{origin.name}-{origin.version}.cdx.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, place)
    return place


def listed(
    origin: Provenance,
    model: Path,
    made: str,
    packages: Sequence[Package],
    debian: Sequence[tuple[str, str, str]] | None = None,
) -> str:
    """The list as JSON: the same bytes for the same content.

    Args:
        origin: which model, of which commit; its time is the list's.
        model: the model's file.
        made: who built it, as the ledger has it.
        packages: of Python.
        debian: name, version and architecture of the image's Debian packages; None where no image was built.
    """
    kind = ComponentType.APPLICATION if debian is None else ComponentType.CONTAINER
    whole = Component(name=origin.name, version=origin.version, type=kind, bom_ref="whole")
    parts = [_model(origin, model, made), *map(_python, packages), *(_debian(*each) for each in debian or ())]
    bom = Bom(components=parts, serial_number=UNNUMBERED)
    bom.metadata.component = whole
    bom.metadata.timestamp = datetime.fromisoformat(origin.committed)
    bom.register_dependency(whole, parts)
    content = JsonV1Dot6(bom).output_as_string()
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, content)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _model(origin: Provenance, model: Path, made: str) -> Component:
    with model.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    facts = {
        "mainline:commit": origin.commit,
        "mainline:data.md5": origin.data_hash,
        "mainline:lock.sha256": origin.lock_hash,
        "mainline:gate.verdict": origin.gate_verdict,
        "mainline:model.made": made,
    }
    return Component(
        name=f"{origin.name}-model",
        version=origin.version,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref="model",
        hashes=[HashType(alg=HashAlgorithm.MD5, content=origin.hash), _sha256(sha256)],
        properties=[Property(name=name, value=value) for name, value in facts.items()],
    )


def _python(package: Package) -> Component:
    url = PackageURL("pypi", None, package.name, package.version)
    return Component(
        name=package.name,
        version=package.version,
        purl=url,
        bom_ref=str(url),
        hashes=[_sha256(each) for each in package.hashes],
    )


def _debian(name: str, version: str, architecture: str) -> Component:
    url = PackageURL("deb", "debian", name, version, {"arch": architecture})
    return Component(name=name, version=version, purl=url, bom_ref=str(url))


def _sha256(content: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=content)
