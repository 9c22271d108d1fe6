"""`outline`: the network that finds a lesion's outline, and what is measured inside it."""

from pathlib import Path

from train.commands.shared import SHIPPED, Commands, add_external_photos, refuse
from train.commands.training import QUICK

OUTLINE = SHIPPED.parent / "outline"


def add(commands: Commands) -> None:
    """Add it to the commands of a parser."""
    outline = commands.add_parser(
        "outline",
        help="train the network that outlines lesions, and measure it, asymmetry, border and "
        "colours on every photo (about 20 minutes on 2 cores)",
    )
    outline.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="data set with lesion masks; without it, photos of other data sets are measured with "
        "the outline that is there",
    )
    outline.add_argument(
        "--out", type=Path, metavar="DIR", help="folder to write (default: assets/outline)"
    )
    outline.add_argument(
        "--quick", action="store_true", help="a short trial on few photos, about two minutes"
    )
    add_external_photos(outline, "")
    outline.set_defaults(do=_outline)


def _outline(chosen):
    from model.evaluation.lesion_outlines import OutlineError
    from train.data import external_photos
    from train.data.readers import DataError
    from train.outline import make, measure_elsewhere, report
    from train.progress import console
    from train.reports.heatmap_accuracy import ReportError

    out = chosen.out or (QUICK / "outline" if chosen.quick else OUTLINE)
    try:
        elsewhere = external_photos.read(
            chosen.phone_photos, chosen.not_lesions, chosen.isic2018_test
        )
        if chosen.data is not None:
            outlines = make(chosen.data, out, elsewhere, chosen.quick)
        elif elsewhere.empty:
            return refuse("Give the folder of a data set with lesion masks: --data DIR.")
        else:
            outlines = measure_elsewhere(out, elsewhere)
    except (DataError, ReportError, OutlineError) as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse("Stopped. The same command goes on where this one ended.", 130)
    report(outlines)
    console.print(f"Written: {outlines.path}")
    return 0
