"""Arithmetic is asked to be the same everywhere, unless the user says otherwise."""

import os
import platform

import pytest

from pipeline import determinism

NAMES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE")


def test_one_thread_and_common_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread; on x86-64 nothing beyond what processors have had for long."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(determinism, "_has_avx2", lambda: True)
    determinism.steady()
    assert [os.environ[name] for name in NAMES[:3]] == ["1"] * 3
    assert os.environ["NPY_DISABLE_CPU_FEATURES"] == determinism.BEYOND_AVX2
    assert os.environ["OPENBLAS_CORETYPE"] == "Haswell"


@pytest.mark.parametrize(("processor", "avx2"), [("aarch64", True), ("x86_64", False)])
def test_other_processors_keep_their_kernels(processor: str, avx2: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that the processor does not have is not asked for."""
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    monkeypatch.setattr(determinism, "_has_avx2", lambda: avx2)
    determinism.steady()
    assert "OPENBLAS_CORETYPE" not in os.environ
    assert ("NPY_DISABLE_CPU_FEATURES" in os.environ) == (processor == "x86_64")


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment comes first."""
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    determinism.steady()
    assert os.environ["OMP_NUM_THREADS"] == "8"
