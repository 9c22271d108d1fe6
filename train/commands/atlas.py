"""`atlas`: the test photos of runs in groups, by where the network looked."""

from pathlib import Path

from train.commands.shared import SHIPPED, Commands, refuse

PAGE = SHIPPED.parent.parent / "docs" / "atlas.md"


def add(commands: Commands) -> None:
    """Add it to the commands of a parser."""
    atlas = commands.add_parser(
        "atlas",
        help="group the test photos of runs by their heat maps, and write docs/atlas.md from the "
        "run folders",
    )
    atlas.add_argument("names", nargs="*", metavar="RUN", help="none: write the page alone")
    atlas.add_argument("--data", type=Path, metavar="DIR", help="data set of the runs")
    atlas.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    atlas.add_argument(
        "--photos", type=int, metavar="N", help="so many test photos, drawn by a seed; default: all"
    )
    atlas.add_argument("--to", type=Path, default=PAGE, metavar="FILE")
    atlas.set_defaults(do=_atlas)


def _atlas(chosen):
    from model.run import RunError, find, read_all
    from train.data.readers import DataError
    from train.progress import console

    if chosen.names and chosen.data is None:
        return refuse("Give the data set of the runs with --data.")
    try:
        for run in [find(name, [chosen.runs]) for name in chosen.names]:
            console.print("\n".join(_measured(run, chosen)))
    except KeyboardInterrupt:
        return refuse("Stopped. The same command goes on where this one ended.", 130)
    except (DataError, RunError, ValueError) as error:
        return refuse(str(error))
    from train.reports import atlas_page

    runs, refused = read_all([chosen.runs])
    if refused:
        return refuse(next(iter(refused.values())))
    chosen.to.write_text(atlas_page.page(runs.values()), "utf-8")
    console.print(f"Written: {chosen.to}")
    return 0


def _measured(run, chosen):
    """Measure one run; returns what was found, as lines."""
    from model.evaluation.atlas_sentences import overview, sentences, title
    from model.evaluation.strategy_atlas import atlas
    from model.network.tensorflow_startup import load_tensorflow
    from model.run import ATLAS
    from model.run.writer import add_table
    from train.progress import track
    from train.reports import ledger_entries, model_card, photo_quality
    from train.reports.kept_rows import KeptRows

    load_tensorflow()
    from model.prediction.classifier import Classifier
    from train.reports import strategy_atlas

    ledger_entries.refuse_broken(run.path)
    photos = photo_quality.photos_of(run, chosen.data)
    photos = photos[photos["split"] == "test"].set_index("image_id")
    kept = KeptRows(run, ATLAS)
    table = strategy_atlas.measure(Classifier(run), photos, chosen.photos, track, kept)
    run = add_table(run, ATLAS, table)
    ledger_entries.record_reading(run, ATLAS, table)
    kept.remove()
    model_card.write(run)
    found = atlas(run)
    return [
        f"{run.name}: {overview(found)}",
        *(f"  {title(cluster)}: {' '.join(sentences(cluster))}" for cluster in found.clusters),
    ]
