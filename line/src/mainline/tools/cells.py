"""A branch as a cell that is shared by all clones: read it, and swap it for another commit.

It is the remote's branch; where there is no remote, this clone's own. No work tree, no index and no ref of the user's
is touched. Whoever comes second learns of it, reads again what the first has written, and goes on from there.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.tools import branches, git

TRIES, PAUSE = 4, 0.25  # somebody else's push locks the branch for less than these seconds


@dataclass(frozen=True)
class Cell:
    """One such branch."""

    name: str
    stops: str
    """What does not go on where it cannot be reached."""
    second: str = ""
    """A ref of the remote that is swapped along with the branch."""

    @property
    def ref(self) -> str:
        """The branch's full name."""
        return f"refs/heads/{self.name}"

    def tips(self, root: Path) -> tuple[str | None, str | None]:
        """The commits that the branch and the remote's second ref point to now; None where there is no such ref.

        Raises:
            ToolFailed: the remote cannot be reached.
        """
        remote = branches.remote(root)
        if remote is None:
            return commit_of(root, self.ref), None
        try:
            listed = git.git("ls-remote", remote, self.ref, *filter(None, [self.second]), root=root)
        except ToolFailed as error:
            raise self._unreachable(remote, error) from None
        there = {ref: commit for commit, _, ref in (line.partition("\t") for line in listed.splitlines())}
        return there.get(self.ref), there.get(self.second)

    def bring(self, root: Path, ref: str = "") -> None:
        """Fetch the branch's commits, or those of another ref, and let no ref of the user's move.

        Raises:
            ToolFailed: the remote cannot be reached.
        """
        if remote := branches.remote(root):
            try:
                git.fetch(root, remote, ref or self.ref)
            except ToolFailed as error:
                raise self._unreachable(remote, error) from None

    def swap(self, root: Path, before: str | None, commit: str) -> None:
        """Let the branch, and the second ref with it, point to a commit, if the branch still points to the one before.

        Raises:
            ToolFailed: it does not, or may not be written.
        """
        if remote := branches.remote(root):
            lease = f"--force-with-lease={self.ref}:{before or ''}"
            # the second is not forced: what it has, the commit must hold
            both = [f"{commit}:{ref}" for ref in (self.ref, self.second) if ref]
            git.git("push", "--quiet", "--no-verify", "--atomic", lease, remote, *both, root=root)
        else:
            git.git("update-ref", self.ref, commit, before or "", root=root)

    def settle(self, root: Path, before: str | None, commit: str, cannot: str) -> bool:
        """Swap, however often somebody else's push holds the branch meanwhile.

        Args:
            cannot: what is said where it may not be written, {} for git's own word.

        Returns:
            False where somebody else has written in between: read again.

        Raises:
            ToolFailed: the branch cannot be written, though nobody else has.
        """
        said = ""
        for _ in range(TRIES):
            try:
                self.swap(root, before, commit)
            except ToolFailed as error:
                said = why(error)
            else:
                return True
            there = self.tips(root)[0]
            if there != before:
                return there == commit
            time.sleep(PAUSE)
        raise ToolFailed(cannot.format(said))

    def _unreachable(self, remote: str, error: ToolFailed) -> ToolFailed:
        return ToolFailed(f"{remote} cannot be reached, and {self.stops} ({error})")


def commit_of(root: Path, ref: str) -> str | None:
    """The commit that a ref or a hash of this clone names; None where it names none."""
    return git.git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", root=root, check=False) or None


def why(error: ToolFailed) -> str:
    """The line in which git tells the fate of a push, or else its error."""
    fates = [line.strip(" !") for line in error.output.splitlines() if line.startswith(" ! ")]
    return fates[0] if fates else str(error)
