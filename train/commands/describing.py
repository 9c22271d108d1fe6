"""`skin-report`: the colour of the skin in the photos that a run was tested on."""

from pathlib import Path

from train.commands.shared import SHIPPED, Commands, refuse, wanted_runs


def add(commands: Commands) -> None:
    """Add it to the commands of a parser."""
    skin = commands.add_parser(
        "skin-report", help="estimate the skin tone in the photos that the runs were tested on"
    )
    skin.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="data set of the runs, with lesion masks where it has them",
    )
    skin.add_argument(
        "--isic2018-test",
        type=Path,
        metavar="DIR",
        help="folder of the official ISIC 2018 Task 3 test",
    )
    skin.add_argument(
        "--phone-photos",
        type=Path,
        metavar="DIR",
        help="folder of PAD-UFES-20; its Fitzpatrick types show how far to believe the estimate",
    )
    skin.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    skin.add_argument("--run", action="append", metavar="NAME", help="default: all with a network")
    skin.set_defaults(do=_skin_report)


def _skin_report(chosen):
    from model.evaluation.run_sentences import skin_tone_sentences
    from model.run import SKIN_TONE, RunError
    from model.run.writer import add_table
    from train.data import external_photos
    from train.data.readers import DataError
    from train.progress import console, track
    from train.reports import ledger_entries, model_card, skin_tone
    from train.reports.kept_rows import KeptRows

    try:
        wanted = wanted_runs(chosen)
        external = external_photos.read(chosen.phone_photos, isic_test=chosen.isic2018_test)
    except (DataError, RunError) as error:
        return refuse(str(error))
    for run in wanted:
        try:
            ledger_entries.refuse_broken(run.path)
            photos = skin_tone.photos_of(run, chosen.data, external)
            kept = KeptRows(run, SKIN_TONE)
            table = skin_tone.with_earlier(run, skin_tone.measured(photos, track, kept))
            run = add_table(run, SKIN_TONE, table)
            ledger_entries.record_reading(run, SKIN_TONE, skin_tone.with_parts(run, table))
            kept.remove()
        except (DataError, RunError) as error:
            if chosen.run:
                return refuse(str(error))
            console.print(str(error))
            continue
        except KeyboardInterrupt:
            return refuse("Stopped. The same command goes on where this one ended.", 130)
        if run.has_network:
            model_card.write(run)
        console.print(f"{run.name}: {len(table):,} photos measured.")
        console.print(" ".join(skin_tone_sentences(run)))
    return 0
