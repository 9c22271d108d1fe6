"""`python -m train`: list and train recipes, import networks, audit and download data, report."""

import argparse
import errno
import sys
from collections.abc import Sequence

from train.commands import (
    atlas,
    auditing,
    describing,
    gathering,
    getting,
    outlining,
    repeating,
    reporting,
    shortcuts,
    training,
)
from train.commands.shared import refuse

FULL = (errno.ENOSPC, errno.EDQUOT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (2 for what the user must change)."""
    parser = argparse.ArgumentParser("python -m train", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (
        training,
        repeating,
        reporting,
        shortcuts,
        atlas,
        describing,
        gathering,
        outlining,
        auditing,
        getting,
    ):
        module.add(commands)
    chosen = parser.parse_args(arguments)
    try:
        return chosen.do(chosen)
    except OSError as error:
        # h5py puts the system's number into its text alone.
        if error.errno in FULL or f"errno = {errno.ENOSPC}" in str(error):
            return refuse(
                "The disk is full. What was there before is unchanged; free some space and run the "
                "same command again."
            )
        raise


if __name__ == "__main__":
    sys.exit(main())
