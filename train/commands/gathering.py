"""`neighbours`: the training photos that a run compares a photo with."""

from pathlib import Path

from train.commands.shared import SHIPPED, Commands, refuse


def add(commands: Commands) -> None:
    """Add it to the commands of a parser."""
    neighbours = commands.add_parser(
        "neighbours",
        help="gather the training photos that a run compares a photo with, and measure what the "
        "nearest alone would say",
    )
    neighbours.add_argument("name", metavar="RUN")
    neighbours.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="data set that it was trained on"
    )
    neighbours.add_argument(
        "--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs"
    )
    neighbours.set_defaults(do=_neighbours)


def _neighbours(chosen):
    from model.network.tensorflow_startup import load_tensorflow
    from model.run import NEIGHBOUR_VOTES, RunError, find
    from model.run.writer import add_neighbours
    from train.data.readers import DataError
    from train.progress import console, track
    from train.reports import ledger_entries, model_card, neighbours

    try:
        run = find(chosen.name, [chosen.runs])
        ledger_entries.refuse_broken(run.path)
        photos = neighbours.photos_of(run, chosen.data)
        load_tensorflow()
        from model.prediction.classifier import Classifier
        from train.reports.kept_features import KeptFeatures

        classifier = Classifier(run)
        kept = KeptFeatures(classifier, photos)
        arrays, table = neighbours.measure(classifier.run.diagnoses, photos, kept.read(track))
        run = add_neighbours(run, arrays, table)
        of_validation = table.loc[table["split"] == "validation", "image_id"]
        ledger_entries.record(run, ledger_entries.neighbours_choice(arrays, of_validation))
        ledger_entries.record_reading(run, NEIGHBOUR_VOTES, table)
        kept.remove()
    except (DataError, RunError, neighbours.NeighboursError) as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse("Stopped. The same command goes on where this one ended.", 130)
    model_card.write(run)
    console.print(neighbours.text(run))
    return 0
