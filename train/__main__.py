"""`python -m train`: list and train recipes, import networks, audit and download data, report."""

import argparse
import sys
from collections.abc import Sequence

from train.commands import (
    atlas,
    auditing,
    describing,
    gathering,
    getting,
    outlining,
    reporting,
    shortcuts,
    training,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (2 for what the user must change)."""
    parser = argparse.ArgumentParser("python -m train", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (
        training,
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
    return chosen.do(chosen)


if __name__ == "__main__":
    sys.exit(main())
