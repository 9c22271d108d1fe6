"""Claims and what each rests on: an interval of a difference, or an exact count.

`Evidence` gets the shipped runs by name and says whether they still carry the claim.
"""

from collections.abc import Callable, Mapping

from model.evaluation import (
    bootstrap,
    covering_rates,
    heatmap_metrics,
    localisation,
    map_baselines,
    metrics,
    photo_faults,
    protocol_gap,
    randomisation,
    signs,
    skin_tone,
    train_test_overlap,
)
from model.heatmaps.baselines import BASELINES
from model.heatmaps.methods import METHODS
from model.run import Run
from tests.claims.evidence import (
    area_gap,
    is_shown,
    may_be_chance,
    mean,
    official,
    on_same_photos,
    phones,
    recall_gap,
    too_likely,
)
from tests.conftest import ROOT

Runs = Mapping[str, Run]
Evidence = Callable[[Runs], bool]
EDITIONS = ("lentigo", "lentigo_second", "lentigo_third")
MALIGNANT = ["akiec", "bcc", "mel"]
BOUND: dict[str, dict[str, Evidence]] = {}


def claims(document: str, *quotes: str) -> Callable[[Evidence], Evidence]:
    """Bind sentences of a document, quoted in part, to their evidence."""

    def bind(evidence: Evidence) -> Evidence:
        for quote in quotes:
            BOUND.setdefault(document, {})[quote] = evidence
        return evidence

    return bind


def document(name: str) -> str:
    """A document in one line."""
    return " ".join((ROOT / name).read_text("utf-8").split())


@claims("README.md", "with no lesion id and no copy that the audit finds in two parts")
def honest_splits_are_clean(runs: Runs) -> bool:
    honest = [run for run in runs.values() if not run.as_published and run.is_measured]
    return all(
        train_test_overlap.leakage(run.predictions).num_seen_in_training == 0 for run in honest
    )


@claims("README.md", "Test photos of the data set that a network was trained on can flatter it")
@claims("README.md", "what the other networks lose or gain may be chance")
@claims("docs/training.md", "A test part of its own data set can flatter a network.")
@claims("pages/training/weak_spots.py", "A test part of its own data set can flatter a network.")
@claims("train/reports/model_card.md.jinja", "A test part of its own data set can flatter a")
def own_test_photos_flatter_two_networks(runs: Runs) -> bool:
    losses = {}
    for name, run in runs.items():
        if run.has_network and run.external is not None and not run.is_rendered:
            own, elsewhere = run.test_photos, official(run)
            shared = set(own["diagnosis"]) & set(elsewhere["diagnosis"])
            own, elsewhere = (rows[rows["diagnosis"].isin(shared)] for rows in (own, elsewhere))
            losses[name] = recall_gap((run, own), (run, elsewhere), is_paired=False)
    nine = [losses.pop("isic9_dropout_rebalanced"), losses.pop("isic9_rebalanced")]
    said = f"the two `isic9` networks lose {nine[0]} and {nine[1]} of balanced accuracy"
    return (
        said in document("README.md")
        and all(map(is_shown, nine))
        and all(map(may_be_chance, losses.values()))
    )


@claims("README.md", "so those figures may still be too high")
def a_third_has_no_lesion_id(runs: Runs) -> bool:
    rows = runs["isic9_rebalanced"].predictions
    return 0.3 < rows["lesion_id"].str.startswith("group_").mean() < 0.37


@claims("README.md", "On dermatoscopic photos it is no better than `lentigo`:")
@claims("README.md", "the same balanced accuracy on the official test, and a lower AUC")
@claims("docs/experiments.md", "Phone photos gained much, dermatoscopic photos from elsewhere")
def the_second_edition_gained_on_phone_photos_only(runs: Runs) -> bool:
    second, first = runs["lentigo_second"], runs["lentigo"]
    dermatoscopic = recall_gap((second, official(second)), (first, official(first)))
    by_phone = on_same_photos(phones(second), phones(first))
    return (
        may_be_chance(dermatoscopic)
        and abs(dermatoscopic.value) < 0.005
        and area_gap(official(second), official(first), MALIGNANT).high < 0
        and recall_gap((second, by_phone[0]), (first, by_phone[1])).low > 0.2
    )


@claims("README.md", "It mistakes more than a third of the melanomas there")
def a_third_of_the_melanomas_is_mistaken(runs: Runs) -> bool:
    rows = official(runs["lentigo_second"]).query("diagnosis == 'mel'")
    answers = rows[runs["lentigo_second"].probability_columns].idxmax(axis=1)
    return 1 / 3 < (answers != "p_mel").mean() < 0.4


@claims("README.md", "and no figure of it holds for phone photos")
def the_first_edition_knows_no_phone_photos(runs: Runs) -> bool:
    run, part = runs["lentigo"], phones(runs["lentigo"])
    own, elsewhere = run.test_photos, part
    shared = set(elsewhere["diagnosis"])
    loss = recall_gap((run, own[own["diagnosis"].isin(shared)]), (run, elsewhere), is_paired=False)
    return "phone photo" not in run.kinds and loss.low > 0.2


@claims(
    "README.md",
    "`lentigo_third` ranks the photos of the official test better than `lentigo_second`:",
    "its AUC for melanoma is higher by",
)
@claims("docs/experiments.md", "the third edition ranks melanomas better by")
def the_third_edition_ranks_better(runs: Runs) -> bool:
    rows = [official(runs[name]) for name in ("lentigo_third", "lentigo_second")]
    return all(is_shown(area_gap(*rows, codes)) for codes in (["mel"], MALIGNANT))


@claims("README.md", "its balanced accuracy differs by")
@claims("docs/experiments.md", "Balanced accuracy is lower by 0.026, which may be chance")
@claims("docs/experiments.md", "Phone photos are alike within their intervals.")
def the_third_edition_answers_as_well(runs: Runs) -> bool:
    third, second = runs["lentigo_third"], runs["lentigo_second"]
    gap = recall_gap((third, official(third)), (second, official(second)))
    by_phone = recall_gap((third, phones(third)), (second, phones(second)))
    return (
        may_be_chance(gap)
        and may_be_chance(by_phone)
        and f"its balanced accuracy differs by {gap}" in document("README.md")
        and f"lower by {-gap.value:.3f}" in document("docs/experiments.md")
    )


@claims("README.md", "Its heat maps find fewer of the lesions that are not in the middle:")
def the_third_edition_s_maps_find_fewer_lesions(runs: Runs) -> bool:
    found = [_off_centre(runs[name]) for name in ("lentigo_second", "lentigo_third")]
    both = on_same_photos(*found)
    return is_shown(mean(both[0]["grad_cam_hit"] - both[1]["grad_cam_hit"], both[0]["lesion_id"]))


def _off_centre(run):
    assert run.localisation is not None
    table = run.localisation
    rows = table[(table["version"] == localisation.WHOLE) & (table["centred"] == 0)]
    return rows.set_index("image_id")


@claims("README.md", "give their answer is off by 0.02 to 0.03 on average;")
def answers_are_nearly_as_probable_as_right(runs: Runs) -> bool:
    errors = [
        metrics.evaluate(runs[name].test_photos, runs[name].diagnoses).summary["ece"]
        for name in EDITIONS
    ]
    by_phone = [
        metrics.evaluate(phones(runs[name]), runs[name].diagnoses).summary["ece"]
        for name in EDITIONS[1:]
    ]
    said = " and ".join(f"{error.value:.2f}" for error in by_phone)
    return (
        {f"{error.value:.2f}" for error in errors} == {"0.02", "0.03"}
        and all(error.high <= 0.055 for error in errors)
        and f"on phone photos by {said} (the last two)" in document("README.md")
    )


@claims("README.md", "all three make melanoma too likely and nevus not likely enough")
def melanoma_is_too_likely(runs: Runs) -> bool:
    editions = [runs[name] for name in EDITIONS]
    return all(
        is_shown(too_likely(run, run.test_photos, "mel"))
        and too_likely(run, run.test_photos, "nv").high < 0
        for run in editions
    )


@claims("docs/heat_maps.md", "no map of its shuffled network passes, and its own pass more often")
@claims("docs/heat_maps.md", "own maps are not shown to pass more often than maps")
@claims("docs/heat_maps.md", "On `lentigo`, a pass says something:")
def a_pass_of_the_covering_test_tells_on_one_edition(runs: Runs) -> bool:
    first, *others = (_rates(runs[name]) for name in EDITIONS)
    second, third = (rates.lead for rates in others)
    text = document("docs/heat_maps.md")
    return (
        first.tells
        and first.shuffled.better.value == 0
        and f"its own pass more often, by {first.lead}" in text
        and not any(rates.tells or rates.is_fooled for rates in others)
        and f"(differences {second} and {third})" in text
    )


@claims("docs/heat_maps.md", "Most own maps of all three do not pass:")
def most_own_maps_do_not_pass(runs: Runs) -> bool:
    return all(_rates(runs[name]).own.better.high < 0.5 for name in EDITIONS)


def _rates(run):
    return covering_rates.rates(run.covering_test)


@claims(
    "docs/heat_maps.md",
    "With the output layer alone shuffled, the difference is above 0 for every method and run but",
    "With every layer shuffled, none of the measured methods of the three editions",
    "Fast Score-CAM of the three other small networks does keep one",
    "so does Grad-CAM++ of `isic9_dropout_rebalanced`",
)
def shuffling_leaves_a_pattern_of_the_photo_to_few(runs: Runs) -> bool:
    tables = {
        name: run.randomisation for name, run in runs.items() if run.randomisation is not None
    }
    steps = {
        (name, method): randomisation.by_depth(table, method)
        for name, table in tables.items()
        for method in randomisation.methods_of(table)
    }
    small = ("isic_binary_cnn", "isic9_dropout_rebalanced", "isic9_rebalanced")
    kept = {place for place, of in steps.items() if of[-1].is_kept}
    unseen = {place for place, of in steps.items() if not is_shown(of[0].difference)}
    return (
        {*EDITIONS, "ham7_cnn", *small} == set(tables)
        and kept
        == {
            *((name, "score_cam_fast") for name in small),
            ("isic9_dropout_rebalanced", "grad_cam_plus_plus"),
        }
        and unseen == {("lentigo_third", "finer_cam")}
    )


@claims("docs/photo_quality.md", "No fault of the photo costs it right answers that were shown")
def turning_costs_more_than_faults(runs: Runs) -> bool:
    run = runs["lentigo_second"]
    faults = [photo_faults.effect(run, fault).costs for fault in photo_faults.FAULTS]
    return signs.turning_costs(run).is_shown and not any(costs.is_shown for costs in faults)


@claims("docs/teaching.md", "yet it gains almost nothing")
def ham7_gains_almost_nothing(runs: Runs) -> bool:
    leaking, honest = runs["ham7_cnn--as-published"], runs["ham7_cnn"]
    gap = protocol_gap.paired_gap(leaking, honest)
    seen = train_test_overlap.leakage(leaking.predictions)
    assert gap is not None
    return gap.difference.high < 0.02 and 0.3 < seen.share < 0.37


@claims("pages/compare/leak_meter.py", "Lesions photographed more than once are more often malig")
@claims("train/reports/reproduction.py", "more than once are more often malignant")
def several_photos_mean_more_often_malignant(runs: Runs) -> bool:
    rows = runs["ham7_cnn"].predictions.query("split == 'test'")  # of all folds: all photos
    lesions = rows.groupby("lesion_id")["diagnosis"].agg(["size", "first"])
    is_malignant = lesions["first"].isin(MALIGNANT).to_numpy(float)
    several = (lesions["size"] > 1).to_numpy()
    ids = lesions.index.to_numpy()
    return is_shown(bootstrap.share_difference(is_malignant, ids, ~several))


@claims("docs/heat_maps.md", "**A dark blob has more energy on the lesion than Grad-CAM**")
def a_dark_blob_has_more_energy(runs: Runs) -> bool:
    return all(
        of["energy", "dark_blob"] == "worse" for of in _against_baselines(runs, "all").values()
    )


@claims("docs/heat_maps.md", "**every method is shown to be better than random maps**")
def every_method_beats_random_maps(runs: Runs) -> bool:
    verdicts = {
        (row.method, row.metric): row.verdict
        for row in heatmap_metrics.means(_metrics(runs))
        if row.metric in ("road", "infidelity") and row.against_random is not None
    }
    return {"centre", "dark_blob"} <= {of for of, _ in verdicts} and {*verdicts.values()} == {
        "better"
    }


@claims("docs/heat_maps.md", "No method is shown to be better than a dark blob in ROAD or Infid")
def no_method_beats_a_dark_blob(runs: Runs) -> bool:
    by_method = {of: rows.set_index("image_id") for of, rows in _metrics(runs).groupby("method")}
    blob = by_method["dark_blob"]
    return not any(
        mean(rows[metric] - blob[metric], rows["lesion_id"]).high < 0
        for of, rows in by_method.items()
        if of in METHODS
        for metric in ("road", "infidelity")
    )


@claims(
    "docs/heat_maps.md",
    "are nearly the same whatever diagnosis they are asked about",
    "Those of Grad-CAM are not:",
)
def most_methods_draw_the_same_whatever_they_are_asked(runs: Runs) -> bool:
    means = {
        row.method: row.mean
        for row in heatmap_metrics.means(_metrics(runs))
        if row.metric == "random_logit"
    }
    same = ("grad_cam_plus_plus", "layer_cam", "score_cam_fast", "smooth_grad")
    return all(means[method].low > 0.8 for method in same) and means["grad_cam"].high < 0.5


def _metrics(runs):
    table = runs["lentigo_second"].heatmap_metrics
    assert table is not None
    return table


@claims(
    "docs/heat_maps.md",
    "Only the heat maps of `lentigo_second` point into the lesion more often than all three, and",
    "overlap it more than all three.",
)
@claims(
    "docs/heat_maps.md",
    "Those of `lentigo` point more often than a dark blob;",
    "no difference from the other two is shown",
)
@claims("docs/heat_maps.md", "point into the lesion less often than the centre does")
def the_second_edition_points_best(runs: Runs) -> bool:
    verdicts = _against_baselines(runs, "all")
    pairs = [(measure, name) for measure in ("pointing", "iou") for name in BASELINES]
    beats_all = {
        name for name, of in verdicts.items() if all(of[pair] == "better" for pair in pairs)
    }
    first = verdicts["lentigo"]
    less_often = {name for name, of in verdicts.items() if of["pointing", "centre"] == "worse"}
    return (
        beats_all == {"lentigo_second"}
        and first["pointing", "dark_blob"] == "better"
        and {first["pointing", name] for name in ("centre", "mean_mask")} == {"not shown"}
        and less_often == verdicts.keys() - {"lentigo", "lentigo_second"}
    )


@claims(
    "docs/heat_maps.md",
    "no network's heat maps are shown to find it more often than a dark blob does",
    "Those of `lentigo_third` and `ham7_cnn` find it less often;",
    "for the others no difference is shown",
)
@claims("docs/heat_maps.md", "one needs no network for it")
def off_the_centre_none_beats_a_dark_blob(runs: Runs) -> bool:
    verdicts = {
        name: of["pointing", "dark_blob"]
        for name, of in _against_baselines(runs, "off_centre").items()
    }
    less_often = {"lentigo_third", "ham7_cnn"}
    return all(
        verdict == ("worse" if name in less_often else "not shown")
        for name, verdict in verdicts.items()
    )


def _against_baselines(runs, subset):
    """Verdicts on Grad-CAM by run, and by measure and baseline."""
    measured = {name: run for name, run in runs.items() if run.map_baselines is not None}
    assert measured
    return {
        name: {
            (row.measure, row.baseline): row.verdict
            for row in map_baselines.comparisons(
                run.localisation, run.map_baselines, "grad_cam", subset
            )
        }
        for name, run in measured.items()
    }


@claims("docs/datasheets.md", "so the sharp copies are less often malignant")
def sharp_copies_are_less_often_malignant(runs: Runs) -> bool:
    run = runs["ham7_cnn"]
    assert run.quality is not None
    rows = run.test_photos.merge(run.quality.query("split == 'test'"), on="image_id")
    is_sharp = (rows["side"] == rows["side"].max()).to_numpy()
    is_malignant = rows["diagnosis"].isin(MALIGNANT).to_numpy()
    gap = bootstrap.share_difference(is_malignant, rows["lesion_id"], is_sharp)
    return is_shown(gap) and several_photos_mean_more_often_malignant(runs)


@claims(
    "docs/skin_tone.md",
    "Today it is: none shown.",
    "About two in five of the dermatoscopic photos have no angle at all",
)
def skin_tone_in_photos_does_not_follow_recorded_types(runs: Runs) -> bool:
    for name in ("lentigo_second", "lentigo_third"):
        run = runs[name]
        agreement = skin_tone.agreement(run)
        assert agreement is not None
        assert run.skin_tone is not None
        ids = {*run.test_photos["image_id"], *official(run).index}
        rows = run.skin_tone[run.skin_tone["image_id"].isin(ids)]
        missing = rows[rows["ita"].isna()]
        shows_skin = missing["share"] >= 0.05  # so it is the colour that is at fault
        if (
            agreement.verdict is not skin_tone.Verdict.NONE
            or not 0.35 < len(missing) / len(rows) < 0.45
            or shows_skin.mean() < 0.5
        ):
            return False
    return True
