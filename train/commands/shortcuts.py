"""`shortcuts`: what networks make of things beside the lesion, and what is told without one."""

from pathlib import Path

from train.commands.shared import SHIPPED, Commands, refuse, wanted_runs

PARTS = ("planted", "masked")
QUICK = SHIPPED.parent.parent / "build" / "quick" / "shortcuts"


def add(commands: Commands) -> None:
    """Add it to the commands of a parser."""
    shortcuts = commands.add_parser(
        "shortcuts",
        help="draw rulers, ink, hair and the like on test photos and measure what that changes; "
        "train a small network without the lesion and measure what it still tells",
    )
    shortcuts.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="data set of the runs"
    )
    shortcuts.add_argument(
        "--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs"
    )
    shortcuts.add_argument(
        "--run", action="append", metavar="NAME", help="default: all with a network"
    )
    shortcuts.add_argument(
        "--photos",
        type=int,
        default=200,
        metavar="N",
        help="test photos to draw on (default: 200)",
    )
    shortcuts.add_argument(
        "--only",
        choices=PARTS,
        help="draw on test photos (planted), or train with part of each photo masked, alone; "
        "default: both",
    )
    shortcuts.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="folder for the results of training (default: assets/shortcuts)",
    )
    shortcuts.add_argument(
        "--quick", action="store_true", help="a short trial of the training, in build/quick"
    )
    shortcuts.set_defaults(do=_shortcuts)


def _shortcuts(chosen):
    from model.evaluation.without_lesion import ResultsError
    from model.run import RunError
    from train.data.readers import DataError
    from train.reports.heatmap_accuracy import ReportError

    try:
        if chosen.only in (None, "planted"):
            _planted(chosen)
        if chosen.only in (None, "masked"):
            _masked(chosen)
    except KeyboardInterrupt:
        return refuse("Stopped. The same command goes on where this one ended.", 130)
    except (DataError, ReportError, ResultsError, RunError) as error:
        return refuse(str(error))
    return 0


def _planted(chosen):
    from model.network.tensorflow_startup import load_tensorflow

    wanted = wanted_runs(chosen)
    load_tensorflow()
    from model.prediction.classifier import Classifier
    from model.run import PLANTED, RunError
    from model.run.writer import add_table
    from train.progress import console, track
    from train.reports import ledger_entries, model_card, photo_quality, planted
    from train.reports.kept_rows import KeptRows

    for run in wanted:
        if run.is_rendered or not run.malignant:
            console.print(f"{run.name}: left out, it knows no malignant lesions of real skin.")
            continue
        try:
            ledger_entries.refuse_broken(run.path)
            photos = photo_quality.photos_of(run, chosen.data)
            kept = KeptRows(run, PLANTED, seed=planted.SEED)
            table = planted.measure(Classifier(run), photos, chosen.photos, track, kept)
            run = add_table(run, PLANTED, table)
            ledger_entries.record_reading(run, PLANTED, table)
            kept.remove()
        except photo_quality.QualityError as error:
            if chosen.run:
                raise RunError(str(error)) from error
            console.print(str(error))
            continue
        model_card.write(run)
        console.print(planted.text(run))


def _masked(chosen):
    from model.evaluation import shortcut_tables, without_lesion
    from model.network.tensorflow_startup import load_tensorflow
    from model.run import find
    from train.progress import console, track

    run = find(without_lesion.RUN, [chosen.runs])
    load_tensorflow()
    from train.reports import without_lesion as training

    parts = training.parts_of(run, chosen.data)
    recipe = training.recipe()
    folder = chosen.to or without_lesion.FOLDER
    if chosen.quick:
        recipe, parts = recipe.quickly(), training.few(parts)
        folder = chosen.to or QUICK
    table = training.measure(run, parts, folder, recipe, track)
    figures = shortcut_tables.without_lesion(without_lesion.results(table))
    console.print(figures.to_string(index=False))
    console.print(f"Written: {folder / without_lesion.FILE}")
