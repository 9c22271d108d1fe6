"""`python -m train import`: the command line of this folder."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from model.evaluation.checklist import checklist
from model.network.tensorflow_startup import load_tensorflow
from model.run.schema import RESIZINGS
from train.importing import ImportRefusedError

if TYPE_CHECKING:
    from model.run import Run

OUT = Path("my_runs")
OF_NETWORKS = ("lesions", "split", "size", "pixels", "resizing", "heatmap_layer")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `python -m train import` takes."""
    parser.add_argument(
        "network", nargs="?", type=Path, metavar="MODEL", help="a .keras or .h5 file"
    )
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="CSV",
        help="predictions instead of a network: image_id, diagnosis, a column p_<diagnosis> each",
    )
    parser.add_argument(
        "--data",
        type=_folder,
        metavar="DIR",
        help="photos of known diagnosis: HAM10000, ISIC 2018, one folder per diagnosis, or a table "
        "of file and diagnosis; without it nothing can be found out or measured",
    )
    parser.add_argument("--out", type=_folder, default=OUT, metavar="DIR", help="default: my_runs")
    parser.add_argument("--name", help="of the run (default: that of the file)")
    parser.add_argument("--title", help="as the app shows it")
    parser.add_argument("--source", help="where the photos come from, for the card")
    parser.add_argument("--licence", help="of photos and network, for the card")
    parser.add_argument(
        "--labels",
        metavar="A,B,C",
        help="what the outputs stand for, in their order, or a file with a label per line "
        "(default: the diagnoses of the photos; their order is found out)",
    )
    parser.add_argument(
        "--malignant",
        metavar="A,B",
        help="labels that count as malignant, a file of them, or none (default: those known)",
    )
    parser.add_argument("--lesions", type=Path, metavar="CSV", help="table: image_id, lesion_id")
    parser.add_argument(
        "--split",
        type=Path,
        metavar="CSV",
        help="table: image_id, split (train, validation or test); says what it was trained on",
    )
    parser.add_argument(
        "--size", type=int, metavar="N", help="side in pixels, for a network that takes any size"
    )
    parser.add_argument(
        "--pixels",
        help="what it takes for a photo: 0-255, 0-1, -1-1, imagenet or caffe, all but "
        "caffe also with -bgr (default: found out)",
    )
    parser.add_argument("--resizing", choices=RESIZINGS, help="default: found out")
    parser.add_argument(
        "--heatmap-layer", metavar="LAYER", help="default: the last with feature maps"
    )


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("no folder is named; is the variable set?")
    return Path(text)


def run(chosen: argparse.Namespace) -> Run:
    """Import what was asked for.

    Raises:
        ImportRefusedError: with a sentence for the user.
    """
    if (chosen.network is None) == (chosen.predictions is None):
        raise ImportRefusedError(
            "Give one thing to import: the file of a network, or predictions with --predictions."
        )
    refused = [
        f"--{name.replace('_', '-')}"
        for name in ("data", "labels", *OF_NETWORKS)
        if chosen.predictions is not None and getattr(chosen, name) is not None
    ]
    if refused:
        raise ImportRefusedError(
            f"{', '.join(refused)} cannot be used with --predictions: put splits, lesions and "
            "labels into the table's columns."
        )
    load_tensorflow()
    from model.network.network_file import NetworkFileError
    from model.run import RunError
    from train.data.readers import DataError
    from train.importing import labels, predictions
    from train.importing.card import About

    about = {name: getattr(chosen, name) for name in ("name", "title", "source", "licence")}
    try:
        if chosen.malignant is not None:
            about["malignant"] = labels.read_malignant(chosen.malignant)
        if chosen.predictions is not None:
            return predictions.import_predictions(chosen.predictions, chosen.out, About(**about))
        from train.importing import feeding, network  # these need TensorFlow

        named = None if chosen.labels is None else labels.read_labels(chosen.labels)
        about |= {name: getattr(chosen, name) for name in OF_NETWORKS}
        return network.import_network(
            chosen.network, chosen.data, chosen.out, feeding.AboutNetwork(**about, labels=named)
        )
    except (NetworkFileError, DataError, RunError) as error:
        raise ImportRefusedError(str(error)) from error


def summary(run: Run) -> list[str]:
    """What was found out, what works and what is missing, as lines for a terminal."""
    marks = {True: "yes ", False: "no  "}
    page = "?" if run.has_network else "training?view=Results&"
    left_out = run.card["data"].get("left_out") or ()
    by_reason: dict[str, int] = {}
    for row in left_out:
        by_reason[row["reason"]] = by_reason.get(row["reason"], 0) + row["num_photos"]
    return [
        *run.card["imported"]["findings"],
        *(
            f"Left out: {number:,} photo{'s' * (number > 1)} ({reason})."
            for reason, number in by_reason.items()
        ),
        "",
        *(
            f"{marks[check.is_there]} {check.name}: {check.text} {check.command}".rstrip()
            for check in checklist(run)
        ),
        "",
        f"Written: {run.path}",
        f"Show it: LENTIGO_RUNS={shlex.quote(str(run.path.parent))} make app",
        f"Then open http://localhost:8501/{page}run={run.name}",
    ]
