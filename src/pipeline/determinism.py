"""Makes arithmetic repeatable: the same data and parameters give the same bytes, here and on most other machines.

Linear algebra picks its kernels by the processor it finds, and kernels differ in the last bits. Unless the
environment says otherwise, ask for one thread and for the kernels that every x86-64 processor since 2013 has.
It must run before numpy is imported: hence the call in the package's __init__.
"""

import os
import platform
from pathlib import Path

# numpy names each instruction set it may choose at run time; these are the ones that not every machine has
BEYOND_AVX2 = "X86_V4 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"


def steady() -> None:
    """Set the environment of the numerical libraries; what the user has set already stays."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    if platform.machine() == "x86_64":
        os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", BEYOND_AVX2)
        if _has_avx2():
            os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")


def _has_avx2() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and " avx2 " in cpuinfo.read_text(errors="replace")
