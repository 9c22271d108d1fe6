"""`repeat`: how much of a run's figures is due to the seed of its training."""

from pathlib import Path

from train.commands.shared import SHIPPED, Commands, add_external_photos, refuse

REPEATED = SHIPPED.parent.parent / "build" / "repeats"


def add(commands: Commands) -> None:
    """Add it to the commands of a parser."""
    again = commands.add_parser(
        "repeat",
        help="train the recipe of a run again with another seed, on the same split, and add what "
        "that says about the test photos to the run",
    )
    again.add_argument("name", metavar="RUN")
    again.add_argument("--seed", type=int, required=True, metavar="N")
    again.add_argument("--data", type=Path, metavar="DIR", help="the unpacked data set")
    again.add_argument("--lesions", type=Path, metavar="CSV", help="as for run")
    add_external_photos(again, ", as for run")
    again.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    again.add_argument(
        "--out",
        type=Path,
        default=REPEATED,
        metavar="DIR",
        help="folder for the run of this seed (default: build/repeats)",
    )
    again.set_defaults(do=_repeat)


def _repeat(chosen):
    from model.run import RunError, find
    from model.run.ledger import LedgerError
    from train.build import BuildError, BuildOptions
    from train.data import external_photos
    from train.data.readers import DataError
    from train.progress import console
    from train.repeat import RepeatError, recipe_of, repeat

    try:
        run = find(chosen.name, [chosen.runs])
        recipe = recipe_of(run, chosen.seed)
        options = BuildOptions(
            protocol=run.card["protocol"],
            num_folds=run.card["settings"].get("folds", 1),
            lesions=chosen.lesions,
            with_network=run.has_network,
            external_photos=external_photos.read(
                chosen.phone_photos, chosen.not_lesions, chosen.isic2018_test
            ),
        )
        run = repeat(run, recipe, chosen.data, chosen.out / f"seed_{chosen.seed}", options)
    except (BuildError, DataError, LedgerError, RepeatError, RunError) as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse("Stopped. Run the same command to go on after the last finished epoch.", 130)
    console.print(f"Written: {run.path}")
    return 0
