"""`external`, `report`, `explain-report`, `quality-report`, `ledger`: what is measured of runs."""

from pathlib import Path

from train.commands.shared import SHIPPED, Commands, add_external_photos, refuse, wanted_runs

REPORT = SHIPPED.parent.parent / "docs" / "reproduction.md"


def add(commands: Commands) -> None:
    """Add them to the commands of a parser."""
    external = commands.add_parser(
        "external", help="measure a trained run on photos of other data sets"
    )
    external.add_argument("name", metavar="RUN")
    external.add_argument(
        "--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs"
    )
    add_external_photos(external, "")
    external.set_defaults(do=_external)
    report = commands.add_parser(
        "report",
        help="write docs/reproduction.md, reporting.md and shortcuts.md beside it and the model "
        "cards from the run folders",
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
        "them, Grad-CAM every photo, the other methods five times as many",
    )
    explain.add_argument(
        "--covering-photos",
        type=int,
        default=300,
        metavar="N",
        help="photos for the covering test (default: 300)",
    )
    explain.add_argument(
        "--randomisation-photos",
        type=int,
        default=20,
        metavar="N",
        help="photos for the randomisation check, each with a shuffled network of its own "
        "(default: 20)",
    )
    explain.add_argument(
        "--metric-photos",
        type=int,
        default=40,
        metavar="N",
        help="photos for the metrics of the field (default: 40)",
    )
    explain.add_argument(
        "--only",
        choices=("masks", "baselines", "covering", "metrics", "randomisation"),
        help="measure against the lesion masks, measure maps that need no network, put the "
        "covering test, measure the metrics of the field, or shuffle the network's weights, alone; "
        "default: all",
    )
    explain.set_defaults(do=_explain_report)
    quality = commands.add_parser(
        "quality-report",
        help="measure blur, light and other qualities of the runs' photos, turn them, and put the "
        "stress test to some",
    )
    quality.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="data set of the runs"
    )
    quality.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    quality.add_argument(
        "--run", action="append", metavar="NAME", help="default: all with a network"
    )
    quality.add_argument(
        "--stress-photos",
        type=int,
        default=200,
        metavar="N",
        help="test photos of each source for the stress test (default: 200)",
    )
    quality.add_argument(
        "--only",
        choices=("quality", "turning", "stress"),
        help="measure one of these alone; default: all",
    )
    add_external_photos(quality, "")
    quality.set_defaults(do=_quality_report)
    ledger = commands.add_parser(
        "ledger", help="check and print the ledger of a run: its choices and its readings"
    )
    ledger.add_argument("name", metavar="RUN")
    ledger.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    ledger.add_argument(
        "--begin", action="store_true", help="begin one, for a run that was trained without"
    )
    ledger.add_argument(
        "--hash", metavar="H", help="published earlier: the ledger must hold a line with this hash"
    )
    ledger.set_defaults(do=_ledger)


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
            return refuse(
                "Name at least one folder: --isic2018-test, --phone-photos or --not-lesions."
            )
        run = external_figures.measure(run, photos)
    except (DataError, RunError) as error:
        return refuse(str(error))
    console.print(external_figures.table(run).to_string(index=False))
    console.print(f"Written: {run.path}")
    return 0


def _report(chosen):
    from model.evaluation import injection, lesion_outlines
    from model.run import read_all
    from train.progress import console
    from train.reports import (
        atlas_page,
        cases,
        leaks,
        model_card,
        outline_page,
        reporting,
        shortcuts,
    )
    from train.reports.reproduction import report

    runs, refused = read_all([chosen.runs])
    if refused or not runs:
        return refuse(next(iter(refused.values()), f"There is no run in {chosen.runs}."))
    pages = {
        chosen.to.name: report(runs.values()),
        shortcuts.FILE: shortcuts.page(runs.values()),
        atlas_page.FILE: atlas_page.page(runs.values()),
    }
    if reporting.RUN in runs:
        pages[reporting.FILE] = reporting.reporting(runs[reporting.RUN])
    if leaks.EXAMPLE in runs:
        injections = injection.read_all(chosen.runs.parent / "injections")
        pages[leaks.FILE] = leaks.leaks(runs, injections)
    if cases.measured(runs):
        pages[cases.FILE] = cases.cases(runs)
    outline = chosen.runs.parent / lesion_outlines.FOLDER.name
    if outline.is_dir():
        try:
            pages[outline_page.FILE] = outline_page.page(lesion_outlines.read(outline))
        except lesion_outlines.OutlineError as error:
            return refuse(str(error))
    for name, text in pages.items():
        chosen.to.with_name(name).write_text(text, "utf-8")
        console.print(f"Written: {chosen.to.with_name(name)}")
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
        return refuse(f"There is no method {unknown[0]!r}. Methods: {', '.join(METHODS)}.")
    try:
        wanted = wanted_runs(chosen)
    except RunError as error:
        return refuse(str(error))
    load_tensorflow()
    from model.heatmaps.covering import NUM_EACH, Chance
    from model.prediction.classifier import Classifier
    from model.run import COVERING, HEATMAP_METRICS, LOCALISATION, MAP_BASELINES, RANDOMISATION
    from model.run.writer import add_table
    from train.reports import (
        covering_test,
        heatmap_accuracy,
        heatmap_metrics,
        ledger_entries,
        map_baselines,
        model_card,
        randomisation,
    )
    from train.reports.kept_rows import KeptRows

    methods = chosen.methods or list(METHODS)
    try:
        photos = heatmap_accuracy.lesions_of(chosen.data)
    except (DataError, heatmap_accuracy.ReportError) as error:
        return refuse(str(error))
    for run in wanted:
        lines = []
        try:
            ledger_entries.refuse_broken(run.path)
            classifier = Classifier(run)
            if chosen.only in (None, "masks"):
                kept = KeptRows(run, LOCALISATION, methods=methods, slow=chosen.slow_photos)
                table = heatmap_accuracy.measure(
                    classifier, photos, methods, chosen.slow_photos, track, kept
                )
                run = add_table(run, LOCALISATION, table)
                ledger_entries.record_reading(run, LOCALISATION, table)
                kept.remove()
                lines += [f"{run.name}: {len(table):,} photos and crops measured."]
                lines += [heatmap_accuracy.text(table)]
            if chosen.only in (None, "baselines"):
                table = map_baselines.measure(run, photos, track)
                run = add_table(run, MAP_BASELINES, table)
                ledger_entries.record_reading(run, MAP_BASELINES, table)
                lines += [map_baselines.text(table)]
            if chosen.only in (None, "metrics"):
                fast = [name for name in methods if METHODS[name].measured_share >= 1]
                number = chosen.metric_photos
                kept = KeptRows(run, HEATMAP_METRICS, methods=fast)
                table = heatmap_metrics.measure(classifier, photos, fast, number, track, kept)
                run = add_table(run, HEATMAP_METRICS, table)
                ledger_entries.record_reading(run, HEATMAP_METRICS, table)
                kept.remove()
                lines += [heatmap_metrics.text(table)]
            if chosen.only in (None, "covering"):
                kept = KeptRows(run, COVERING, areas=[*Chance], each=NUM_EACH)
                table = covering_test.measure(
                    classifier, photos, chosen.covering_photos, track, kept
                )
                run = add_table(run, COVERING, table)
                ledger_entries.record_reading(run, COVERING, table)
                kept.remove()
                lines += [covering_test.text(table)]
            if chosen.only in (None, "randomisation"):
                num_photos = chosen.randomisation_photos
                kept = KeptRows(run, RANDOMISATION, methods=methods, photos=num_photos)
                table = randomisation.measure(classifier, photos, methods, num_photos, track, kept)
                run = add_table(run, RANDOMISATION, table)
                ledger_entries.record_reading(run, RANDOMISATION, table)
                kept.remove()
                lines += [randomisation.text(table)]
        except (RunError, heatmap_accuracy.ReportError) as error:
            if chosen.run:
                return refuse(str(error))
            console.print(str(error))
            continue
        except KeyboardInterrupt:
            return refuse("Stopped. The same command goes on where this one ended.", 130)
        model_card.write(run)
        console.print("\n".join(lines))
    return 0


def _ledger(chosen):
    from model.evaluation.run_sentences import ledger_sentences
    from model.run import RunError, find
    from model.run.ledger import is_of
    from train.progress import console
    from train.reports import ledger_entries

    try:
        run = find(chosen.name, [chosen.runs])
        if chosen.begin:
            if run.ledger is not None:
                return refuse(f"{run.name} has a ledger already.")
            ledger_entries.record(run)
            run = find(chosen.name, [chosen.runs])
    except RunError as error:
        return refuse(str(error))
    kept = run.ledger
    for number, entry in enumerate(kept.entries if kept else (), 1):
        photos = f"{entry.photos} ({entry.num_photos:,})" if entry.photos else ""
        parts = (entry.time, entry.event, entry.what, photos, entry.result, entry.sha256[:12])
        line = "  ".join(filter(None, parts))
        console.print(f"{number:4d}  {line}", markup=False, soft_wrap=True)
    console.print("\n".join(ledger_sentences(run)))
    if kept is None:
        return 1
    console.print(f"Last hash: {kept.last_hash}", soft_wrap=True)
    if chosen.hash and chosen.hash not in kept.hashes:
        console.print("No line has the hash that was published: lines were lost or written anew.")
        return 1
    return 1 if kept.fault or not is_of(kept, run) else 0


def _quality_report(chosen):
    from model.prediction.classifier import Classifier
    from model.run import QUALITY, STRESS, TURNING, RunError
    from model.run.writer import add_table
    from train.data import external_photos
    from train.data.readers import DataError
    from train.progress import console, track
    from train.reports import ledger_entries, model_card, photo_quality, stress_report
    from train.reports.kept_rows import KeptRows

    try:
        wanted = wanted_runs(chosen)
        external = external_photos.read(
            chosen.phone_photos, chosen.not_lesions, chosen.isic2018_test
        )
    except (DataError, RunError) as error:
        return refuse(str(error))
    for run in wanted:
        size = run.card["input"]
        try:
            ledger_entries.refuse_broken(run.path)
            photos = photo_quality.photos_of(run, chosen.data, external)
            if chosen.only in (None, "quality"):
                table = photo_quality.measured(photos, size["height"], size["width"], track)
                run = add_table(run, QUALITY, table)
                ledger_entries.record(run, ledger_entries.quality_choice(table))
                ledger_entries.record_reading(run, QUALITY, table)
            if chosen.only in (None, "turning") and run.has_network and run.num_views > 1:
                table = photo_quality.turned(Classifier(run), photos, track)
                run = add_table(run, TURNING, table)
                ledger_entries.record_reading(run, TURNING, table)
            if chosen.only in (None, "stress") and run.has_network:
                kept = KeptRows(run, STRESS)
                table = stress_report.measure(
                    Classifier(run), photos, chosen.stress_photos, track, kept
                )
                run = add_table(run, STRESS, table)
                ledger_entries.record_reading(run, STRESS, table)
                kept.remove()
        except KeyboardInterrupt:
            return refuse("Stopped. The same command goes on where this one ended.", 130)
        except DataError as error:
            return refuse(str(error))
        except (RunError, photo_quality.QualityError) as error:
            if chosen.run:
                return refuse(str(error))
            console.print(str(error))
            continue
        if run.has_network:
            model_card.write(run)
        console.print(photo_quality.text(run))
    return 0
