"""The model card of a run: README.md beside its weights, in the form of the Hugging Face Hub.

Written from the run folder alone; every figure is recomputed from its files. Form:
https://huggingface.co/docs/hub/model-cards.
"""

import json
import math
import re
from pathlib import Path

import jinja2
import pandas as pd

from model.evaluation import (
    bootstrap,
    conformal,
    covering_rates,
    external_results,
    findings,
    heatmap_metrics,
    localisation,
    malignancy,
    map_baselines,
    metrics,
    neighbour_vote,
    net_benefit,
    operating_points,
    randomisation,
    seed_spread,
    signs,
    skin_tone,
    subgroups,
    tables,
)
from model.evaluation.bootstrap import NUM_RESAMPLES
from model.evaluation.checklist import checklist
from model.evaluation.run_sentences import (
    against_baselines,
    heatmap_faults,
    ledger_sentences,
    not_recorded,
    recall_gaps,
    seed_sentences,
    skin_tone_sentences,
)
from model.heatmaps import covering
from model.heatmaps.baselines import ABOUT, BASELINES
from model.heatmaps.methods import METHODS
from model.heatmaps.metrics import MAP_METRICS
from model.lesions import describe
from model.prediction.prediction import STABLE_WITHIN
from model.run import IMPORTED, SPLITS, Run
from train.data import duplicates
from train.reports import guidelines

FILE = "README.md"
TEMPLATE = Path(__file__).with_suffix(".md.jinja")
SHOWN_FIRST = "grad_cam"  # the map that comes with every answer
LICENCES = {"CC BY-NC 4.0": "cc-by-nc-4.0", "CC0 1.0": "cc0-1.0", "MIT": "mit"}


def write(run: Run) -> Path:
    """Write the card into the run's folder; returns its path."""
    path = run.path / FILE
    path.write_text(model_card(run), "utf-8")
    return path


def model_card(run: Run) -> str:
    """The whole card as Markdown."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["json"] = json.dumps  # JSON strings are YAML strings, too
    text = environment.from_string(TEMPLATE.read_text("utf-8")).render(
        run=run,
        card=run.card,
        data={"left_out": None, "phone_photos": None} | dict(run.card["data"]),
        num_resamples=NUM_RESAMPLES,
        checklist=checklist(run),
        ledger_sentences=ledger_sentences(run) if run.ledger else [],
        **_front_matter(run),
        **(_figures(run) | _subgroups(run) | _external(run) if run.is_measured else {"missed": 0}),
        **_heatmaps(run),
        **_randomisation(run),
        **_heatmap_metrics(run),
        **_covering(run),
        **_signs(run),
        sides=_sides(run),
        neighbours=_neighbours(run),
        **_repeats(run),
        skin_tone=skin_tone_sentences(run),
        by_tone=[
            (result.title, _subgroup_table(run, result.groups))
            for result in skin_tone.by_source(run)
        ],
        by_the_book=guidelines.total() if run.name == guidelines.RUN else None,
        **_training(run),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def _markdown(table: pd.DataFrame, index: bool = False) -> str:
    """The table as Markdown, counts with separators."""
    text = table.map(lambda cell: f"{cell:,}" if isinstance(cell, int) else cell)
    return text.to_markdown(index=index, tablefmt="github", disable_numparse=True)


def _front_matter(run):
    name = run.card["data"]["name"]
    source = re.split("[,(]", name)[0].strip().lower()  # one word, such as ham10000
    return {
        "licence": LICENCES.get(run.card["data"]["licence"], "other"),
        "data_type": re.sub(r"[^a-z0-9]+", "-", source),
    }


def _figures(run):
    test = metrics.evaluate(run.test_photos, run.diagnoses)
    coverage = conformal.coverage(run, run.test_photos)
    points = operating_points.thresholds(run, run.test_photos)
    malignant = operating_points.most_sensitive_malignant(points, run.malignant)
    per_diagnosis = tables.per_diagnosis(test)[
        ["Photos", "Recall", "Precision", "Specificity", "AUC"]
    ]
    phone = run.card["data"].get("phone_photos")
    let_through = _let_through(run)
    return {
        "test": test,
        "metrics": {
            key: test.summary[key].value
            for key in metrics.METRICS
            if not math.isnan(test.summary[key].value)
        },
        "counts": _counts(run.card["data"]["counts"]),
        "phone_counts": _counts(phone["counts"]) if phone else "",
        "num_let_through": len(let_through[run.folds[0]]),
        "num_let_through_in_all": len(set().union(*let_through.values())),
        "summary": _markdown(
            pd.DataFrame(
                {"Figure": heading, "Value": tables.figure(test.summary[key])}
                for key, heading in metrics.METRICS.items()
            )
        ),
        "per_diagnosis": _markdown(per_diagnosis, index=True),
        "coverage": coverage,
        "coverage_table": _markdown(tables.coverage(coverage)) if coverage else "",
        "operating_points": _markdown(tables.operating_points(points)) if points else "",
        "net_benefit": _markdown(
            tables.net_benefit(
                net_benefit.net_benefit(run.test_photos, run.malignant, malignant.value)
            )
        )
        if malignant
        else "",
        "malignancy": _markdown(tables.malignancy(malignancy.malignancy(run))),
        "prevalence": malignancy.EXAMPLE_PREVALENCE,
        # The plainest reason not to rely on it: what even its most sensitive threshold misses.
        "missed": round((1 - malignant.sensitivity.value) * malignant.num_of) if malignant else 0,
        "num_malignant": malignant.num_of if malignant else 0,
    }


def _counts(by_diagnosis):
    counts = pd.DataFrame.from_dict(by_diagnosis, orient="index")
    counts = counts.reindex(columns=SPLITS, fill_value=0)
    counts.index = pd.Index(map(tables.diagnosis, counts.index), name="Diagnosis")
    return _markdown(counts, index=True)


def _let_through(run):
    """By fold, the test photos that show the lesion of a training photo only under another lesion
    id, so that the split did not know."""
    first = run.predictions[run.predictions["fold"] == run.folds[0]]
    photos = first[first["copy_of"] == ""]  # every fold after it names only some
    photos = photos.reset_index(drop=True)
    # As series: NumPy compares text with text, each with each.
    lesion_ids, lesions = photos["lesion_id"], pd.Series(duplicates.lesions(photos))
    through = {}
    for fold in run.folds:
        rows = run.predictions[run.predictions["fold"] == fold].set_index("image_id")
        split = rows["split"].reindex(photos["image_id"]).fillna("train").to_numpy()
        is_training = split == "train"
        is_met = lesions.isin(lesions[is_training])
        is_known = lesion_ids.isin(lesion_ids[is_training])
        through[fold] = set(photos["image_id"][(split == "test") & is_met & ~is_known])
    return through


def _sides(run):
    """How often large and small files of test photos are malignant; None where they do not differ
    in size, or the training took the smallest file of each photo (`Recipe.lowest_resolution`)."""
    is_known = run.card["protocol"] != IMPORTED and run.quality is not None
    if not is_known or not run.malignant or run.card["settings"].get("alike"):
        return None
    rows = run.test_photos.merge(run.quality[run.quality["split"] == "test"], on="image_id")
    is_large = (rows["side"] == rows["side"].max()).to_numpy()
    if min(is_large.sum(), (~is_large).sum()) < subgroups.FEW:
        return None
    malignant = rows["diagnosis"].isin(run.malignant).to_numpy()
    return {
        "largest": int(rows["side"].max()),
        "num_large": int(is_large.sum()),
        "num_photos": len(rows),
        "large": malignant[is_large].mean(),
        "small": malignant[~is_large].mean(),
        "difference": bootstrap.share_difference(malignant, rows["lesion_id"], is_large),
    }


def _neighbours(run):
    """What the nearest training lesions alone would say; empty where nobody measured it."""
    found = neighbour_vote.neighbour_vote(run)
    if found is None:
        return []
    return [
        neighbour_vote.chosen(found),
        neighbour_vote.worth(found),
        *neighbour_vote.areas(found),
        neighbour_vote.precision(found),
        *neighbour_vote.agreement(found),
    ]


def _subgroups(run):
    targets = run.malignant or run.diagnoses[:1]
    measured = subgroups.subgroups(run.test_photos, run.diagnoses, targets)
    return {
        "not_recorded": not_recorded(run),
        "recall_gaps": recall_gaps(
            subgroups.recall_gaps(run.test_photos, run.diagnoses, targets),
            ", ".join(describe(code).in_text for code in targets),
        ),
        "subgroups": _subgroup_table(run, measured) if measured else "",
        "about_subgroups": (
            "Balanced accuracy is the mean recall of the diagnoses that a group shows, so groups "
            "that show different diagnoses cannot be compared. Recall: the share of the cases, "
            f"photos of {', '.join(targets)}, that got one of these answers, with Wilson's "
            f"interval by lesion; fewer than {subgroups.FEW} are too few to tell."
        ),
    }


def _subgroup_table(run, measured):
    return _markdown(tables.subgroups(measured, len(run.diagnoses)))


def _external(run):
    results = external_results.by_source(run)
    results_with_own = [*results, external_results.own(run)]
    differences = tables.source_differences(results)
    return {
        "test_parts": _markdown(tables.test_parts(results_with_own)) if results else "",
        "source_differences": _markdown(differences) if len(differences) else "",
        "unusual": _markdown(tables.unusual(results_with_own)) if results else "",
        "calibration": _markdown(tables.calibration(results_with_own)),
        "calibrated": [
            findings.calibrated(result.title, result.diagnosed.calibration)
            for result in results_with_own
            if result.diagnosed
        ],
        "by_skin_type": [
            "\n\n".join(
                filter(
                    None,
                    [
                        recall_gaps(result.skin_type_gaps, "any malignant diagnosis"),
                        _subgroup_table(run, result.by_skin_type),
                    ],
                )
            )
            for result in results
            if result.by_skin_type
        ],
    }


def _heatmaps(run):
    table = run.localisation
    if table is None:
        return {"heatmaps": "", "checks": [], "without_network": ""}
    measured = {
        subset: localisation.accuracy_by_method(table, subset) for subset in localisation.SUBSETS
    }
    columns = tables.heatmap_accuracy(measured).drop(
        columns=["Empty maps", "Lesion's share of the photo"]
    )
    compared = _against_baselines(run)
    return {
        "heatmaps": _markdown(columns),
        "centre_spread": "" if run.map_baselines is None else _centre_spread(run.map_baselines),
        "against": against_baselines(
            [row for row in compared.get("all", ()) if row.method == SHOWN_FIRST]
        ),
        "without_network": _markdown(tables.map_baselines(compared)) if compared else "",
        "about_baselines": {BASELINES[name].lower(): about for name, about in ABOUT.items()},
        "checks": [
            {
                "title": METHODS[method].title,
                "shuffling": (
                    localisation.shuffled(table, method) if run.randomisation is None else None
                ),
                "faults": heatmap_faults(table, method, run.randomisation),
            }
            for method in localisation.methods_of(table)
        ],
    }


def _randomisation(run):
    table = run.randomisation
    if table is None:
        return {"randomisation": ""}
    shuffled = [
        randomisation.all_shuffled(table, method) for method in randomisation.methods_of(table)
    ]
    return {
        "num_shuffled": table["seed"].nunique(),
        "randomisation": _markdown(tables.patterns_kept(shuffled)),
    }


def _against_baselines(run):
    """`Comparison`s by subset, of all photos and of those whose lesion is off the centre."""
    if run.map_baselines is None:
        return {}
    table = run.localisation
    return {
        subset: [
            comparison
            for method in localisation.methods_of(table)
            for comparison in map_baselines.comparisons(table, run.map_baselines, method, subset)
        ]
        for subset in ("all", "off_centre")
    }


def _centre_spread(table):
    spread = table["centre_spread"].iloc[0]
    return "" if math.isnan(spread) else f"{spread:.2f}"


def _heatmap_metrics(run):
    if run.heatmap_metrics is None:
        return {"metrics_of_maps": ""}
    means = heatmap_metrics.means(run.heatmap_metrics)
    return {
        "metrics_of_maps": _markdown(tables.heatmap_metrics(means)),
        "metrics_against_chance": _markdown(tables.metrics_against_chance(means)),
        "map_metrics": MAP_METRICS.values(),
        "num_metric_photos": run.heatmap_metrics["image_id"].nunique(),
    }


def _covering(run):
    if run.covering_test is None:
        return {"covering": ""}
    return {
        "areas": covering,
        "covering": _markdown(
            pd.DataFrame(
                {
                    "Heat maps": covering_rates.MAPS[rate.map],
                    "Photos": rate.num_maps,
                    "Judged": rate.num_judged,
                    "Better than chance": tables.figure(rate.better),
                }
                for rate in covering_rates.rates(run.covering_test).by_map
            )
        ),
    }


def _repeats(run):
    spreads = seed_spread.by_source(run)
    return {
        "trained_again": seed_sentences(run, spreads),
        "seed_spread": _markdown(tables.seed_spread(spreads, run.card["seed"])) if spreads else "",
    }


def _signs(run):
    measured = [
        (kind or "photo", signs.costs(run, kind)) for kind in (run.kinds if run.kinds else (None,))
    ]
    return {
        "signs": [(kind, _markdown(tables.sign_costs(costs))) for kind, costs in measured if costs],
        "few": subgroups.FEW,
        "stable_within": STABLE_WITHIN,
    }


def _training(run):
    history = run.history[run.history["fold"] == run.folds[0]]
    imported = run.card.get("imported")
    return {
        "imported": imported,
        "trials": _markdown(tables.trials(imported["trials"])) if imported else "",
        "num_parameters": run.card["settings"].get("num_parameters"),
        "num_epochs": len(history),
        "minutes": history["seconds"].sum() / 60,
        "versions": ", ".join(f"{name} {number}" for name, number in run.card["versions"].items()),
    }
