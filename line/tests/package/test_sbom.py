"""The list of what is inside: valid, complete, and the same for the same."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mainline.package import sbom
from mainline.package.provenance import Provenance
from mainline.package.requirements import Package
from mainline.project import Project

ORIGIN = Provenance(
    name="house-prices",
    version="0123456789ab-deadbeef",
    commit="0123456789ab" + "0" * 28,
    committed="2026-01-31T12:00:00Z",
    hash="d" * 32,
    data_hash="e" * 32,
    lock_hash="f" * 64,
    gate_verdict="NOT CERTIFIED",
)
MADE = "rebuilt by run 17"
PACKAGES = [Package("numpy", "2.4.6", ("a" * 64, "b" * 64)), Package("bentoml", "1.4.39", ("c" * 64,))]
DEBIAN = [("libc6", "2.36-9+deb12u10", "amd64"), ("g++-base", "1:12", "all")]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model's file."""
    (tmp_path / "model").write_bytes(b"a model")
    return tmp_path / "model"


@pytest.mark.parametrize("debian", [None, [], DEBIAN], ids=["no image", "an empty image", "an image"])
def test_the_list_is_valid(model: Path, debian: list | None) -> None:
    """It holds to the schema of CycloneDX 1.6, strictly."""
    text = sbom.listed(ORIGIN, model, MADE, PACKAGES, debian)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert json.loads(text)["specVersion"] == "1.6"


def test_the_list_names_everything(model: Path) -> None:
    """Packages with versions and hashes; the model with its hashes and its origin; Debian's packages."""
    parts = {
        each["bom-ref"]: each for each in json.loads(sbom.listed(ORIGIN, model, MADE, PACKAGES, DEBIAN))["components"]
    }
    assert len(parts) == 5
    numpy = parts["pkg:pypi/numpy@2.4.6"]
    assert (numpy["name"], numpy["version"]) == ("numpy", "2.4.6")
    assert {each["content"] for each in numpy["hashes"]} == {"a" * 64, "b" * 64}
    assert parts["pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64"]["version"] == "2.36-9+deb12u10"
    said = parts["model"]
    assert said["type"] == "machine-learning-model"
    hashes = {each["alg"]: each["content"] for each in said["hashes"]}
    assert hashes == {"MD5": "d" * 32, "SHA-256": hashlib.sha256(b"a model").hexdigest()}
    assert {each["name"]: each["value"] for each in said["properties"]} == {
        "mainline:commit": ORIGIN.commit,
        "mainline:data.md5": "e" * 32,
        "mainline:lock.sha256": "f" * 64,
        "mainline:gate.verdict": "NOT CERTIFIED",
        "mainline:model.made": MADE,
    }


def test_the_same_content_is_the_same_list(model: Path) -> None:
    """Bytes, serial number and time hang on the content alone, not on clock, chance or order."""
    text = sbom.listed(ORIGIN, model, MADE, PACKAGES, DEBIAN)
    assert sbom.listed(ORIGIN, model, MADE, PACKAGES[::-1], DEBIAN[::-1]) == text
    assert json.loads(text)["metadata"]["timestamp"] == "2026-01-31T12:00:00+00:00"
    other = sbom.listed(replace(ORIGIN, gate_verdict="PASS"), model, MADE, PACKAGES, DEBIAN)
    assert json.loads(other)["serialNumber"] != json.loads(text)["serialNumber"]


def test_the_list_is_written_whole(tmp_path: Path) -> None:
    """It goes to .mainline/sbom under the Bento's name and version, and nothing half-written stays."""
    place = sbom.write(Project(tmp_path), ORIGIN, "{}")
    assert place == tmp_path / ".mainline/sbom/house-prices-0123456789ab-deadbeef.cdx.json"
    assert [each.name for each in place.parent.iterdir()] == [place.name]
