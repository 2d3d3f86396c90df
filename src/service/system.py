"""What systems do differently: whether a process lives, space on a disk, and writing through to it."""

import os

import psutil


def gone(pid: str) -> bool:
    """Whether no process has this number, or it is none."""
    return not pid.isdigit() or not psutil.pid_exists(int(pid))


def reserve(file: int, size: int) -> None:
    """Make a file so many bytes long and take their space now, where the system can; raises OSError on a full disk."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    elif os.fstat(file).st_size < size:  # macOS: its length alone
        os.ftruncate(file, size)


def sync(file: int) -> None:
    """Have on the disk what was written to a file; raises OSError where that fails."""
    getattr(os, "fdatasync", os.fsync)(file)
