"""What several commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.run import Run

Commands = Any  # argparse keeps the type of its subparsers to itself
SHIPPED = Path(__file__).resolve().parent.parent.parent / "assets" / "runs"


def refuse(sentence: str, status: int = 2) -> int:
    """Say why nothing was done, or why it ended early; returns the exit status."""
    sys.stderr.write(f"{sentence}\n")
    return status


def add_external_photos(parser: argparse.ArgumentParser, and_trained: str) -> None:
    """Add the folders of photos of other data sets.

    Args:
        and_trained: which recipes also train on phone photos, as the end of a sentence.
    """
    parser.add_argument(
        "--isic2018-test",
        type=Path,
        metavar="DIR",
        help="folder of the official ISIC 2018 Task 3 test: dermatoscopic photos, never used in "
        "training",
    )
    parser.add_argument(
        "--phone-photos",
        type=Path,
        metavar="DIR",
        help=f"folder of PAD-UFES-20: phone photos of lesions{and_trained}",
    )
    parser.add_argument(
        "--not-lesions",
        type=Path,
        metavar="DIR",
        help="folder of pictures without lesions, to test whether the network flags them; never "
        "used in training",
    )


def wanted_runs(chosen: argparse.Namespace) -> list[Run]:
    """The runs that were named, or all that have a network; raises RunError."""
    from model.run import RunError, read_all

    runs, _ = read_all([chosen.runs])
    wanted = chosen.run or [name for name, run in runs.items() if run.has_network]
    unknown = sorted(set(wanted) - set(runs))
    if unknown or not wanted:
        raise RunError(
            f"There is no run {unknown[0] if unknown else ''!r} in {chosen.runs}. "
            f"Runs there: {', '.join(runs) or 'none'}."
        )
    return [runs[name] for name in wanted]
