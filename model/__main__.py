"""`python -m model`: classify photos and draw heat maps from the command line."""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from model import run as runs
from model.heatmaps.methods import METHODS
from model.network.tensorflow_startup import load_tensorflow
from model.photo.crop import crop, parse
from model.photo.decode import SUFFIXES, PhotoError, decode
from model.prediction.mix import MixName, NamedMix, mixes, read_at

BATCH_SIZE = 64
BOX = "LEFT,TOP,RIGHT,BOTTOM"
KIND_HELP = "of photo, such as phone; default: what the network takes it for"


class ArgumentsError(ValueError):
    """Something the user must change; the message is one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (2 for what the user must change)."""
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.do(chosen)
    except (ArgumentsError, runs.RunError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2


def _parser():
    parser = argparse.ArgumentParser("python -m model", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predict = commands.add_parser("predict", help="classify photos: one CSV row per photo")
    predict.add_argument("photos", nargs="+", type=Path, metavar="PHOTO_OR_FOLDER")
    predict.add_argument("--run", required=True, metavar="NAME")
    predict.add_argument("--csv", type=Path, metavar="FILE", help="default: standard output")
    predict.add_argument(
        "--frame", metavar=BOX, help="crop every photo, in pixels; default: no crop"
    )
    predict.add_argument("--kind", metavar="KIND", help=KIND_HELP)
    predict.add_argument(
        "--mix",
        choices=[*MixName],
        default=MixName.AS_GIVEN,
        help="of diagnoses that the probabilities are for; default: as the run gives them",
    )
    predict.add_argument(
        "--malignant-of-100", type=float, metavar="N", help="lesions, with --mix screening"
    )
    predict.set_defaults(do=_predict)
    explain = commands.add_parser("explain", help="draw a heat map over one photo, as PNG")
    explain.add_argument("photo", type=Path, metavar="PHOTO")
    explain.add_argument("--run", required=True, metavar="NAME")
    explain.add_argument("--method", default="grad_cam", metavar="M", help=", ".join(METHODS))
    explain.add_argument("--layer", metavar="L", help="default: the run's heat map layer")
    explain.add_argument("--diagnosis", metavar="CODE", help="default: the most probable one")
    explain.add_argument("--png", type=Path, required=True, metavar="FILE")
    explain.add_argument("--frame", metavar=BOX, help="crop the photo, in pixels; default: no crop")
    explain.add_argument("--kind", metavar="KIND", help=KIND_HELP)
    explain.set_defaults(do=_explain)
    return parser


def _predict(chosen):
    run = _read_at(runs.find(chosen.run), chosen)
    photos = _photos(chosen.photos)
    box, kind = _box(chosen), _kind(chosen, run)
    load_tensorflow()
    from model.prediction.classifier import Classifier

    classifier = Classifier(run)
    header = ["photo", "diagnosis", *run.probability_columns, "novelty"]
    header += ["kind", "status"] if run.kinds else ["status"]
    starts = range(0, len(photos), BATCH_SIZE)
    with _open_csv(chosen.csv) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for start in _progress(starts, "Classifying"):
            batch = photos[start : start + BATCH_SIZE]
            writer.writerows(_rows(classifier, batch, box, kind, len(header)))
    return 0


def _rows(classifier, paths, box, kind, num_columns):
    """One row per path, in order; a photo that cannot be used gets its reason as status."""
    decoded = {}
    rows = {}
    for path in paths:
        try:
            # Prepared at once: a batch of full phone photos would not fit into memory.
            decoded[path] = classifier.prepare(crop(decode(_bytes(path)), box))
        except PhotoError as error:
            rows[path] = [path, *[""] * (num_columns - 2), str(error)]
    predictions = classifier.predict(list(decoded.values()), [kind] * len(decoded))
    for path, prediction in zip(decoded, predictions, strict=True):
        rows[path] = [
            path,
            prediction.diagnosis,
            *(f"{value:.6f}" for value in prediction.probabilities.values()),
            "" if prediction.novelty is None else f"{prediction.novelty:.4f}",
            *([prediction.kind] if classifier.run.kinds else []),
            "ok",
        ]
    return [rows[path] for path in paths]


def _explain(chosen):
    run = runs.find(chosen.run)
    if not chosen.photo.is_file():
        raise ArgumentsError(f"There is no photo {chosen.photo}.")
    box, kind = _box(chosen), _kind(chosen, run)
    try:
        photo = crop(decode(_bytes(chosen.photo)), box)
    except PhotoError as error:
        raise ArgumentsError(f"{chosen.photo}: {error}") from error
    load_tensorflow()
    from model.heatmaps.explainer import (
        Explainer,
        UnknownDiagnosisError,
        UnknownLayerError,
        UnknownMethodError,
    )
    from model.heatmaps.overlay import overlay, png
    from model.prediction.classifier import Classifier

    classifier = Classifier(run)
    explainer = Explainer(classifier)
    prediction = classifier.predict([photo], [kind])[0]
    diagnosis = chosen.diagnosis or prediction.diagnosis
    try:
        heatmap = explainer.heatmap(
            photo, diagnosis, chosen.method, chosen.layer, lambda steps: _progress(steps, "Mapping")
        )
    except (UnknownDiagnosisError, UnknownMethodError, UnknownLayerError) as error:
        raise ArgumentsError(str(error)) from error
    try:
        chosen.png.write_bytes(png(overlay(photo, heatmap.values)))
    except OSError as error:
        raise ArgumentsError(f"{chosen.png} cannot be written: {error.strerror}.") from error
    print(f"{diagnosis}: probability {prediction.probabilities[diagnosis]:.3f}")
    if heatmap.is_empty:
        print("The map is empty: nothing in this photo raised this diagnosis.")
    else:
        print(f"Peak of the map: {heatmap.peak:.4g}")
    return 0


def _read_at(run, chosen):
    """The run at the mix that was named."""
    name, share = MixName(chosen.mix), chosen.malignant_of_100
    if (name is MixName.SCREENING) != (share is not None):
        raise ArgumentsError("--mix screening and --malignant-of-100 go together.")
    if share is not None and not 0 < share < 100:
        raise ArgumentsError("--malignant-of-100 takes a number between 0 and 100.")
    known = mixes(run)
    if name not in known:
        raise ArgumentsError(f"{run.name} can't be read at that mix. Mixes: {', '.join(known)}.")
    return read_at(run, NamedMix(name, None if share is None else share / 100))


def _box(chosen):
    try:
        return parse(chosen.frame) if chosen.frame else None
    except PhotoError as error:
        raise ArgumentsError(str(error)) from error


def _kind(chosen, run):
    """The kind of photo that was named, whole or by its first word; None where none was."""
    if chosen.kind is None:
        return None
    if not run.kinds:
        raise ArgumentsError(f"{run.name} does not tell kinds of photo apart: leave out --kind.")
    for kind in run.kinds:
        if chosen.kind in (kind, kind.split()[0]):
            return kind
    raise ArgumentsError(
        f"{run.name} does not know the kind {chosen.kind}. Kinds: {', '.join(run.kinds)}."
    )


def _progress(steps, title):
    """Iterate with a bar on the error stream, where that is a terminal."""
    bar = Console(stderr=True)
    return track(steps, title, console=bar, disable=not bar.is_terminal)


def _photos(given):
    """The files meant: those named, and those with a photo's suffix below the folders named."""
    files = []
    for path in given:
        if path.is_dir():
            below = [
                file
                for file in sorted(path.rglob("*"))
                if file.suffix.lower() in SUFFIXES and file.is_file()
            ]
            if not below:
                raise ArgumentsError(f"The folder {path} holds no JPEG, PNG, WebP or HEIC.")
            files += below
        elif path.exists():
            files.append(path)
        else:
            raise ArgumentsError(f"There is no photo or folder {path}.")
    return list(dict.fromkeys(files))


def _bytes(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise PhotoError(f"This file cannot be opened: {error.strerror}.") from error


def _open_csv(path):
    if path is None:
        return open(sys.stdout.fileno(), "w", closefd=False, encoding="utf-8", newline="")
    try:
        return open(path, "w", encoding="utf-8", newline="")
    except OSError as error:
        raise ArgumentsError(f"{path} cannot be written: {error.strerror}.") from error


if __name__ == "__main__":
    sys.exit(main())
