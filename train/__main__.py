"""`python -m train`: list and train recipes, import networks, audit and download data, report."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from model.run.schema import PROTOCOLS
from train.importing import command as import_command

SHIPPED = Path(__file__).resolve().parent.parent / "assets" / "runs"
REPORT = SHIPPED.parent.parent / "docs" / "reproduction.md"
QUICK = SHIPPED.parent.parent / "build" / "quick"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (2 for what the user must change)."""
    chosen = _parser().parse_args(arguments)
    return chosen.do(chosen)


def _parser():
    parser = argparse.ArgumentParser("python -m train", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser(
        "list", help="list the recipes with their training time and result"
    )
    listing.set_defaults(do=_list)
    run = commands.add_parser("run", help="train a recipe and write its run folder")
    run.add_argument("recipe", metavar="RECIPE")
    run.add_argument("--data", type=Path, metavar="DIR", help="the unpacked data set")
    run.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of runs (default: assets/runs)"
    )
    run.add_argument("--quick", action="store_true", help="a short trial, about two minutes")
    run.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default=PROTOCOLS[0],
        help="honest (default) keeps a lesion on one side of the split; as-published splits by "
        "image, as the usual notebooks do, and leaks",
    )
    run.add_argument(
        "--folds",
        type=int,
        metavar="K",
        help="number of folds; 1 for a single split (default: the recipe's)",
    )
    run.add_argument(
        "--results-only", action="store_true", help="keep the results but not the network"
    )
    run.add_argument(
        "--lesions",
        type=Path,
        metavar="CSV",
        help="table with image_id and lesion_id, for data without lesion ids",
    )
    run.add_argument(
        "--fit-only",
        action="store_true",
        help="stop when the networks are trained; the same command without it goes on from there, "
        "on another machine, too",
    )
    _add_external(run, "; lentigo_second and lentigo_third also train on some of them")
    run.set_defaults(do=_run)
    external = commands.add_parser(
        "external", help="measure a trained run on photos of other data sets"
    )
    external.add_argument("name", metavar="RUN")
    external.add_argument(
        "--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs"
    )
    _add_external(external, "")
    external.set_defaults(do=_external)
    audit = commands.add_parser(
        "audit",
        help="find copies, contradictory labels and leaks, in photos or in lists of them",
    )
    audit.add_argument("--data", type=Path, metavar="DIR", help="photos")
    audit.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="instead of photos: image_id, split (or the test photos alone, with --train), and "
        "where they are known diagnosis and p_<diagnosis>",
    )
    audit.add_argument("--train", type=Path, metavar="FILE", help="ids of the training photos")
    audit.add_argument(
        "--metadata", type=Path, metavar="CSV", help="image_id and lesion_id of the data set"
    )
    audit.add_argument(
        "--certificate", type=Path, metavar="HTML", help="write what was found as one file"
    )
    audit.add_argument("--lesions", type=Path, metavar="CSV", help="as for run")
    audit.add_argument(
        "--labels",
        type=Path,
        metavar="CSV",
        help="table with image_id and diagnoses, to check the folders against",
    )
    audit.add_argument("--csv", type=Path, metavar="FILE", help="one row per photo")
    audit.set_defaults(do=_audit)
    report = commands.add_parser(
        "report", help="write docs/reproduction.md and the model cards from the run folders"
    )
    report.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    report.add_argument("--to", type=Path, default=REPORT, metavar="FILE")
    report.set_defaults(do=_report)
    explain = commands.add_parser(
        "explain-report",
        help="measure how well the heat maps of the runs find the lesion and show what mattered",
    )
    explain.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="data set with lesion masks"
    )
    explain.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    explain.add_argument(
        "--run", action="append", metavar="NAME", help="default: all with a network"
    )
    explain.add_argument("--methods", nargs="+", metavar="M", help="default: all")
    explain.add_argument(
        "--slow-photos",
        type=int,
        default=300,
        metavar="N",
        help="photos for saliency and fast Score-CAM (default: 300); Score-CAM gets a tenth of "
        "them, Grad-CAM++ and Layer-CAM five times as many",
    )
    explain.add_argument(
        "--covering-photos",
        type=int,
        default=300,
        metavar="N",
        help="photos for the covering test (default: 300)",
    )
    explain.add_argument(
        "--only",
        choices=("masks", "covering"),
        help="measure against the lesion masks, or put the covering test, alone; default: both",
    )
    explain.set_defaults(do=_explain_report)
    quality = commands.add_parser(
        "quality-report",
        help="measure blur, light and other qualities of the runs' photos, and turn them",
    )
    quality.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="data set of the runs"
    )
    quality.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    quality.add_argument(
        "--run", action="append", metavar="NAME", help="default: all with a network"
    )
    quality.set_defaults(do=_quality_report)
    importing = commands.add_parser(
        "import", help="make a run folder of a network or of predictions from elsewhere"
    )
    import_command.add_arguments(importing)
    importing.set_defaults(do=_import)
    download = commands.add_parser("download", help="fetch a data set from its publisher")
    download.add_argument(
        "name", metavar="NAME", help="ham10000, isic2018, isic2018_test or pad_ufes"
    )
    download.add_argument("--to", type=Path, required=True, metavar="DIR")
    download.set_defaults(do=_download)
    return parser


def _add_external(parser, and_trained):
    parser.add_argument(
        "--isic2018-test",
        type=Path,
        metavar="DIR",
        help="folder of the official ISIC 2018 Task 3 test: dermatoscopic photos, never used in "
        "training",
    )
    parser.add_argument(
        "--phone-photos",
        type=Path,
        metavar="DIR",
        help=f"folder of PAD-UFES-20: phone photos of lesions{and_trained}",
    )
    parser.add_argument(
        "--not-lesions",
        type=Path,
        metavar="DIR",
        help="folder of pictures without lesions, to test whether the network flags them; never "
        "used in training",
    )


def _list(_):
    from train.progress import console
    from train.recipes import RECIPES

    for recipe in RECIPES.values():
        console.print(f"{recipe.name}: {recipe.title}", style="bold")
        console.print(f"  {recipe.command}\n  {recipe.minutes}; {recipe.expected}")
    return 0


def _run(chosen):
    from model.run import RunError
    from train.build import BuildError, BuildOptions, build
    from train.data import external_photos
    from train.data.readers import DataError
    from train.networks.efficientnet_lite import BackboneError
    from train.progress import console
    from train.recipes import RECIPES

    recipe = RECIPES.get(chosen.recipe)
    if recipe is None:
        return _refuse(f"There is no recipe {chosen.recipe!r}. Recipes: {', '.join(RECIPES)}.")
    if chosen.data is None and recipe.layout != "rendered":
        return _refuse(f"{recipe.name} needs photos: give their folder with --data DIR.")
    if chosen.folds is not None and chosen.folds < 1:
        return _refuse(f"--folds must be 1 or more, not {chosen.folds}.")
    if chosen.quick:
        recipe = recipe.quickly()
    out = chosen.out or (QUICK if chosen.quick else SHIPPED)
    try:
        run = build(
            recipe,
            chosen.data,
            out,
            BuildOptions(
                protocol=chosen.protocol,
                num_folds=chosen.folds or recipe.folds,
                lesions=chosen.lesions,
                with_network=not chosen.results_only,
                external_photos=external_photos.read(
                    chosen.phone_photos, chosen.not_lesions, chosen.isic2018_test
                ),
                fit_only=chosen.fit_only,
            ),
        )
    except (DataError, BuildError, BackboneError, RunError) as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _refuse("Stopped. Run the same command to go on after the last finished epoch.", 130)
    console.print(
        "Trained. The same command without --fit-only writes the run folder."
        if run is None
        else f"Written: {run.path}"
    )
    return 0


def _external(chosen):
    from model.run import RunError, find
    from train.data import external_photos
    from train.data.readers import DataError
    from train.progress import console
    from train.reports import external_figures

    try:
        run = find(chosen.name, [chosen.runs])
        photos = external_photos.read(chosen.phone_photos, chosen.not_lesions, chosen.isic2018_test)
        if photos.empty:
            return _refuse(
                "Name at least one folder: --isic2018-test, --phone-photos or --not-lesions."
            )
        run = external_figures.measure(run, photos)
    except (DataError, RunError) as error:
        return _refuse(str(error))
    console.print(external_figures.table(run).to_string(index=False))
    console.print(f"Written: {run.path}")
    return 0


def _audit_lists(chosen):
    from train.data import list_audit
    from train.data.readers import DataError
    from train.progress import console
    from train.reports import leak_certificate

    try:
        audit = list_audit.audit_lists(
            list_audit.read_lists(chosen.predictions, chosen.train),
            list_audit.read_metadata(chosen.metadata),
        )
    except DataError as error:
        return _refuse(str(error))
    console.print("\n".join([leak_certificate.verdict(audit), *leak_certificate.sentences(audit)]))
    if chosen.certificate is not None:
        files = [path for path in (chosen.predictions, chosen.train, chosen.metadata) if path]
        train = f" --train {chosen.train.name}" if chosen.train else ""
        command = (
            f"python -m train audit --predictions {chosen.predictions.name}{train} --metadata "
            f"{chosen.metadata.name} --certificate {chosen.certificate.name}"
        )
        try:
            leak_certificate.write(audit, chosen.certificate, files, command)
        except OSError as error:
            return _refuse(f"{chosen.certificate} cannot be written: {error.strerror}.")
        console.print(f"Written: {chosen.certificate}")
    return 0


def _audit(chosen):
    if (chosen.data is None) == (chosen.predictions is None):
        return _refuse("Give one thing to audit: photos with --data, or lists with --predictions.")
    if chosen.predictions is not None:
        if chosen.metadata is None:
            return _refuse(
                "Give the metadata of the data set with --metadata, such as HAM10000_metadata.csv: "
                "it says which lesion each photo shows."
            )
        return _audit_lists(chosen)
    from train.data import duplicates, readers
    from train.data.audit import audit
    from train.progress import console, track

    try:
        table = readers.read(chosen.data, readers.layout_of(chosen.data))
        if chosen.lesions is not None:
            table = readers.with_lesions(table, chosen.lesions)
        labels = None if chosen.labels is None else readers.read_labels(chosen.labels)
    except readers.DataError as error:
        return _refuse(str(error))
    table = duplicates.fingerprint(
        table, lambda photos: track(photos, "Reading the photos", total=len(table))
    )
    report = audit(table, labels)
    for sentence, count in report.findings.items():
        console.print(f"{count:7d} {sentence}")
    if not report.contradictions.empty:
        console.print("\nCopies under different diagnoses:")
        kinds = report.kinds_of_contradictions()
        for (kind, first, second), count in zip(kinds.index.tolist(), kinds, strict=True):
            console.print(f"{count:7d} {kind}: {first} and {second}")
    if not report.mislabelled.empty:
        console.print("\nPhotos with another diagnosis in a table of labels:")
        counts = report.mislabelled.groupby(["diagnosis", "table", "says"]).size()
        for (folder, table_name, label), count in zip(counts.index.tolist(), counts, strict=True):
            console.print(f"{count:7d} in {folder}: {label} by {table_name}")
    console.print(f"\n{report.balance}")
    if chosen.csv is not None:
        # The file keeps the older names of its columns.
        older = {"duplicate_group": "picture", "high_res_path": "sharper_path"}
        report.photos.rename(columns=older).to_csv(chosen.csv, index=False)
        console.print(f"Written: {chosen.csv}")
    return 0


def _report(chosen):
    from model.run import read_all
    from train.progress import console
    from train.reports import model_card
    from train.reports.reproduction import report

    runs, refused = read_all([chosen.runs])
    if refused or not runs:
        return _refuse(next(iter(refused.values()), f"There is no run in {chosen.runs}."))
    chosen.to.write_text(report(runs.values()), "utf-8")
    console.print(f"Written: {chosen.to}")
    for run in runs.values():
        if run.has_network:
            console.print(f"Written: {model_card.write(run)}")
    return 0


def _explain_report(chosen):
    from model.heatmaps.methods import METHODS
    from model.network.tensorflow_startup import load_tensorflow
    from model.run import RunError
    from train.data.readers import DataError
    from train.progress import console, track

    unknown = sorted(set(chosen.methods or ()) - set(METHODS))
    if unknown:
        return _refuse(f"There is no method {unknown[0]!r}. Methods: {', '.join(METHODS)}.")
    try:
        wanted = _wanted(chosen)
    except RunError as error:
        return _refuse(str(error))
    load_tensorflow()
    from model.prediction.classifier import Classifier
    from model.run import COVERING, LOCALISATION
    from model.run.writer import add_table
    from train.reports import covering_test, heatmap_accuracy, model_card
    from train.reports.kept_rows import KeptRows

    methods = chosen.methods or list(METHODS)
    try:
        photos = heatmap_accuracy.lesions_of(chosen.data)
    except (DataError, heatmap_accuracy.ReportError) as error:
        return _refuse(str(error))
    for run in wanted:
        lines = []
        try:
            classifier = Classifier(run)
            if chosen.only != "covering":
                kept = KeptRows(run, LOCALISATION, methods=methods, slow=chosen.slow_photos)
                table = heatmap_accuracy.measure(
                    classifier, photos, methods, chosen.slow_photos, track, kept
                )
                run = add_table(run, LOCALISATION, table)
                kept.remove()
                lines += [f"{run.name}: {len(table):,} photos and crops measured."]
                lines += [heatmap_accuracy.text(table)]
            if chosen.only != "masks":
                kept = KeptRows(run, COVERING)
                table = covering_test.measure(
                    classifier, photos, chosen.covering_photos, track, kept
                )
                run = add_table(run, COVERING, table)
                kept.remove()
                lines += [covering_test.text(table)]
        except (RunError, heatmap_accuracy.ReportError) as error:
            if chosen.run:
                return _refuse(str(error))
            console.print(str(error))
            continue
        except KeyboardInterrupt:
            return _refuse("Stopped. The same command goes on where this one ended.", 130)
        model_card.write(run)
        console.print("\n".join(lines))
    return 0


def _quality_report(chosen):
    from model.prediction.classifier import Classifier
    from model.run import QUALITY, TURNING, RunError
    from model.run.writer import add_table
    from train.data.readers import DataError
    from train.progress import console, track
    from train.reports import photo_quality

    try:
        wanted = _wanted(chosen)
    except RunError as error:
        return _refuse(str(error))
    for run in wanted:
        size = run.card["input"]
        try:
            photos = photo_quality.photos_of(run, chosen.data)
            table = photo_quality.measured(photos, size["height"], size["width"], track)
            run = add_table(run, QUALITY, table)
            if run.has_network and run.num_views > 1:
                table = photo_quality.turned(Classifier(run), photos, track)
                run = add_table(run, TURNING, table)
        except DataError as error:
            return _refuse(str(error))
        except (RunError, photo_quality.QualityError) as error:
            if chosen.run:
                return _refuse(str(error))
            console.print(str(error))
            continue
        console.print(photo_quality.text(run))
    return 0


def _wanted(chosen):
    """The runs that were named, or all that have a network; raises RunError."""
    from model.run import RunError, read_all

    runs, _ = read_all([chosen.runs])
    wanted = chosen.run or [name for name, run in runs.items() if run.has_network]
    unknown = sorted(set(wanted) - set(runs))
    if unknown or not wanted:
        raise RunError(
            f"There is no run {unknown[0] if unknown else ''!r} in {chosen.runs}. "
            f"Runs there: {', '.join(runs) or 'none'}."
        )
    return [runs[name] for name in wanted]


def _import(chosen):
    from train.importing import ImportRefusedError
    from train.progress import console

    try:
        run = import_command.run(chosen)
    except ImportRefusedError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _refuse("Stopped. Nothing was written.", 130)
    console.print("\n".join(import_command.summary(run)), markup=False)
    return 0


def _download(chosen):
    from train.data.download import SOURCES, DownloadError, download
    from train.progress import console

    if chosen.name not in SOURCES:
        return _refuse(f"There is no data set {chosen.name!r}. Known: {', '.join(SOURCES)}.")
    console.print(SOURCES[chosen.name].licence)
    try:
        download(SOURCES[chosen.name], chosen.to)
    except DownloadError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _refuse("Stopped. Run the same command to download the files that are missing.", 130)
    console.print(f"Pass {chosen.to} as {SOURCES[chosen.name].option}.")
    return 0


def _refuse(sentence, status=2):
    print(sentence, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
