"""What a package weighs in the image, and what there is to know of some."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment

from mainline.dependencies import pins
from mainline.dependencies.scratch import Scratch

HINTS = {
    "xgboost": "on Linux it is for GPUs, too, and brings nvidia-nccl: the image grows by some 700 MB; "
    "`mainline add xgboost-cpu`, the same library without, takes 20",
}
"""What to know before a package is added, as its own metadata and its installed files say."""
ONE_MODULE = (frozenset({"xgboost", "xgboost-cpu"}),)
"""Packages of which an environment can have one alone, since they are imported by the same name."""
ESTIMATORS = {
    "catboost": "catboost.CatBoostClassifier",
    "lightgbm": "lightgbm.LGBMClassifier",
    "xgboost": "xgboost.XGBClassifier",
    "xgboost-cpu": "xgboost.XGBClassifier",
}
"""What train.estimator says of those that many people add."""
IMAGE = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}


def in_image(lists: Scratch, path: str) -> dict[str, str]:
    """The version of each package that a list pins for Linux and this Python, by name."""
    about = {**{key: str(value) for key, value in default_environment().items()}, **IMAGE}
    wanted = (each for each in pins.pinned(lists.folder / path) if each.marker is None or each.marker.evaluate(about))
    return {each.name: next((one.version for one in each.specifier), "") for each in wanted}


def weight(names: Iterable[str]) -> str:
    """By how much packages make the image grow, as they are installed here."""
    count, absent = 0, []
    for name in names:
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            absent.append(name)
            continue
        places = (Path(str(each.locate())) for each in files)
        count += sum(place.stat().st_size for place in places if place.is_file())
    besides = f", and by {', '.join(absent)}, which are not installed here" if absent else ""
    return f"the image grows by {megabytes(count)}{besides}"


def megabytes(count: int) -> str:
    """A number of bytes, as people say it."""
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"
