"""A folder that is written whole or not at all."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(target: Path, check: Callable[[Path], object]) -> Iterator[Path]:
    """Write a folder under a temporary name, then put it in the place of an older one.

    Args:
        target: what the folder will be called; its parent exists.
        check: is given the new folder before it takes its place, and raises if it is not good.
    Yields:
        The path to write to, which does not exist yet.
    Raises:
        whatever `check` raises; then nothing is left behind, and the older folder stays.
    """
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as temporary:
        folder = Path(temporary) / target.name
        yield folder
        check(folder)
        replaced = Path(temporary) / "replaced"
        if target.exists():
            target.rename(replaced)
        try:
            folder.rename(target)
        except OSError:
            if replaced.exists():
                replaced.rename(target)
            raise
