"""`python -m model`: classify photos and draw heat maps from the command line."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import joblib
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    track,
)

from model import run as runs
from model.heatmaps.methods import METHODS
from model.network.tensorflow_startup import load_tensorflow, use_one_thread_per_operation
from model.photo.crop import crop, parse
from model.photo.decode import PhotoError, decode
from model.prediction.mix import MixName, NamedMix, mixes, read_at
from model.scoring import in_threads, on_ray, table
from model.scoring.photos import PhotosError, find
from model.scoring.ray_start import RayError
from model.scoring.scorer import Scorer, Task

BOX = "LEFT,TOP,RIGHT,BOTTOM"
KIND_HELP = "of photo, such as phone; default: what the network takes it for"


class ArgumentsError(ValueError):
    """Something the user must change; the message is one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (2 for what the user must change)."""
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.do(chosen)
    except (ArgumentsError, PhotosError, runs.RunError, table.TableError, RayError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2


def _parser():
    parser = argparse.ArgumentParser("python -m model", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predict = commands.add_parser("predict", help="classify photos: one CSV row per photo")
    predict.add_argument("photos", nargs="+", type=Path, metavar="PHOTO_OR_FOLDER")
    predict.add_argument("--run", required=True, metavar="NAME")
    predict.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="default: standard output. Stopped, the same command goes on where it was",
    )
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
    predict.add_argument(
        "--ray",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="score with Ray: on this machine, or on the cluster at ADDRESS (docs/scale.md)",
    )
    predict.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="batches at a time (default: one for each processor)",
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
    if chosen.workers is not None and chosen.workers < 1:
        raise ArgumentsError("--workers takes a number from 1.")
    photos = find(chosen.photos)
    task = Task(run, _box(chosen), _kind(chosen, run))
    run.require_network()
    with _table(chosen, task, photos) as rows, _bar(rows.num_done, len(photos)) as advance:
        remaining = photos[rows.num_done :]
        scored = _scored(chosen, task, remaining)
        try:
            with closing(scored):
                for batch in scored:
                    rows.write(batch)
                    advance(len(batch))
        except KeyboardInterrupt:
            goes_on = "" if _is_streamed(chosen.csv) else " The same command goes on from there."
            print(f"Stopped.{goes_on}", file=sys.stderr)
            raise SystemExit(130) from None
    return 0


def _scored(chosen, task, photos):
    """The rows of each batch, in order."""
    if not photos:  # stopped after the last of them
        return
    if chosen.ray is not None:
        yield from on_ray.score(task, photos, chosen.ray, chosen.workers)
        return
    use_one_thread_per_operation()
    load_tensorflow()
    yield from in_threads.score(Scorer(task), photos, chosen.workers or joblib.cpu_count())


def _table(chosen, task, photos):
    """Where the rows go."""
    if _is_streamed(chosen.csv):
        target = sys.stdout.fileno() if chosen.csv is None else chosen.csv
        return table.streamed(target, task.columns)
    named = any(not path.is_absolute() for path in chosen.photos)
    command = {
        "run": task.run.name,
        "run digest": task.run.digest,
        "mix": chosen.mix,
        "malignant of 100": None
        if chosen.malignant_of_100 is None
        else str(chosen.malignant_of_100),
        "frame": chosen.frame,
        "kind": task.kind,
        "folder": str(Path.cwd()) if named else None,
    }
    return table.opened(chosen.csv, task.columns, command, photos)


def _is_streamed(path):
    """Whether rows go to standard output, or to a pipe or device: what can't be taken up again."""
    return path is None or (path.exists() and not path.is_file())


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


@contextmanager
def _bar(num_done, num_photos):
    """A bar with the time left, on the error stream where that is a terminal; takes how many photos
    more are done."""
    columns = (
        TextColumn("Classifying"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=num_photos, completed=num_done)
        yield lambda count: progress.advance(bar, count)


def _bytes(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise PhotoError(f"This file cannot be opened: {error.strerror}.") from error


if __name__ == "__main__":
    sys.exit(main())
