"""`neighbours`, the training photos that a run compares a photo with; `lay-over`, how often two
photos of a lesion can be laid over each other."""

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
        "--data",
        type=Path,
        metavar="DIR",
        help="data set that it was trained on; a run of drawings draws them anew without it",
    )
    neighbours.add_argument(
        "--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs"
    )
    neighbours.set_defaults(do=_neighbours)
    laid_over = commands.add_parser(
        "lay-over",
        help="measure how often two photos of one lesion, and of two, can be laid over each other",
    )
    laid_over.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="data set with lesion ids"
    )
    laid_over.set_defaults(do=_lay_over)


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


def _lay_over(chosen):
    from model.evaluation.laid_over import FILE, rates, rates_sentence
    from train.data.readers import DataError, layout_of, read
    from train.progress import console, track
    from train.reports import laid_over

    try:
        pairs = laid_over.pairs_of(read(chosen.data, layout_of(chosen.data)))
    except DataError as error:
        return refuse(str(error))
    if pairs.empty or not pairs["is_same_lesion"].any():
        return refuse(f"{chosen.data} has no lesion with several photos.")
    table = laid_over.measure(pairs, track)
    FILE.parent.mkdir(exist_ok=True)
    table.to_csv(FILE, index=False, float_format="%.3f")
    console.print(rates_sentence(rates(FILE)))
    return 0
