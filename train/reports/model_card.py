"""The model card of a run: README.md beside its weights, in the form of the Hugging Face Hub.

Written from the run folder alone; every figure is recomputed from its files. Form:
https://huggingface.co/docs/hub/model-cards.
"""

import json
import math
import re

from model.evaluation import conformal, external, localisation, metrics, operating_points, subgroups
from model.evaluation.bootstrap import NUM_RESAMPLES
from model.evaluation.sentences import heatmap_faults, not_recorded
from model.evaluation.subgroups import FEW
from model.heatmaps.methods import METHODS
from model.lesions import describe, malignant_codes

FILE = "README.md"
LICENCES = {"CC BY-NC 4.0": "cc-by-nc-4.0", "CC0 1.0": "cc0-1.0", "MIT": "mit"}


def write(run):
    """Write the card into the run's folder; returns its path."""
    path = run.path / FILE
    path.write_text(model_card(run), "utf-8")
    return path


def model_card(run):
    """The whole card as Markdown.

    Args:
        run: `model.run.Run`.
    """
    test = run.test_photos
    found = metrics.evaluate(test, run.diagnoses)
    chapters = [
        _front_matter(run, found),
        f"# {run.title}\n\n{run.card['summary']}",
        _use(run, test),
        _data(run),
        _figures(run, found),
        _calibration(run, test, found),
        _operating_points(run, test),
        _groups(run, test),
        _elsewhere(run),
        _heatmaps(run),
        _training(run),
    ]
    return "\n\n".join(chapter for chapter in chapters if chapter) + "\n"


def _front_matter(run, found):
    """What the Hub reads; JSON strings are YAML strings, too."""
    data = run.card["data"]
    lines = [
        "---",
        f"license: {LICENCES.get(data['licence'], 'other')}",
        "library_name: keras",
        "pipeline_tag: image-classification",
        f"tags: [{'drawings' if run.is_rendered else 'dermatoscopy, skin-lesion'}, "
        "not-a-medical-device]",
        "model-index:",
        f"  - name: {json.dumps(run.name)}",
        "    results:",
        "      - task: {type: image-classification}",
        f"        dataset: {{name: {json.dumps(data['name'])}, type: {_slug(data['name'])}, "
        "split: test}",
        "        metrics:",
    ]
    lines += [
        f"          - {{type: {key}, value: {found.summary[key].value:.4f}}}"
        for key in metrics.METRICS
        if not math.isnan(found.summary[key].value)
    ]
    return "\n".join([*lines, "---"])


def _slug(name):
    """The source of the photos as one word, such as ham10000."""
    return re.sub(r"[^a-z0-9]+", "-", re.split("[,(]", name)[0].strip().lower())


def _use(run, test):
    limits = "\n".join(f"- {limit}" for limit in run.card["limits"])
    sentences = [
        "**Not for** diagnosis, triage or reassurance, of anyone, by anyone.",
        *_missed(run, test),
    ]
    return f"## Use\n\n{run.card['use']}\n\n{' '.join(sentences)}\n\n{limits}"


def _missed(run, test):
    """The plainest reason, counted: what even its most sensitive threshold misses."""
    points = operating_points.thresholds(run, test)
    point = operating_points.most_sensitive_malignant(points, run.diagnoses)
    missed = round((1 - point.sensitivity.value) * point.num_of) if point else 0
    if missed:
        yield (
            f"Even its most sensitive threshold misses {missed} of the {point.num_of:,} test "
            "photos of malignant lesions."
        )


def _data(run):
    data = run.card["data"]
    rows = [
        f"| {describe(code).name} (`{code}`) | "
        + " | ".join(f"{counts.get(split, 0):,}" for split in ("train", "validation", "test"))
        + " |"
        for code, counts in data["counts"].items()
    ]
    left_out = "".join(
        f"\n- left out: {row['num_photos']} x {row['diagnosis']} ({row['reason']})"
        for row in data.get("left_out", [])
    )
    return (
        f"## Data\n\n{data['name']}; licence {data['licence']}. {data['num_photos']:,} photos in "
        f"{data['num_lesions']:,} groups of lesion mates and copies. Protocol: "
        f"{run.card['protocol']}.\n\n| diagnosis | train | validation | test |\n"
        "| --- | --- | --- | --- |\n" + "\n".join(rows) + left_out
    )


def _figures(run, found):
    lines = [
        "## Figures",
        "",
        f"{found.num_photos:,} test photos of {found.num_lesions:,} lesions"
        + (" (first fold, whose network this is)" if len(run.folds) > 1 else "")
        + f"; in brackets 95 % intervals, from resampling lesions {NUM_RESAMPLES:,} times.",
        "",
        "| figure | value |",
        "| --- | --- |",
        *(f"| {name} | {found.summary[key]} |" for key, name in metrics.METRICS.items()),
        "",
        "| diagnosis | photos | recall | precision | specificity | AUC |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for code, row in found.per_diagnosis.iterrows():
        cells = [_estimate(row, key) for key in ("recall", "precision", "specificity", "auc")]
        lines.append(
            f"| {describe(code).name} (`{code}`) | {row['num_photos']:,.0f} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines)


def _estimate(row, key):
    return str(metrics.Estimate(row[key], row[f"{key}_low"], row[f"{key}_high"]))


def _calibration(run, test, found):
    coverage = conformal.coverage(run, test)
    text = (
        f"## Calibration\n\nTemperature {run.calibration['temperature']:.3f}, fitted on validation "
        f"photos; calibration error (ECE, 15 bins) {found.summary['ece']}."
    )
    if coverage is None:
        return text
    rows = "\n".join(
        f"| {describe(code).name} (`{code}`) | {number:,} | {share} |"
        for code, (number, share) in coverage.by_diagnosis.items()
    )
    return (
        f"{text} Split conformal sets at {coverage.target:.2f}: they hold the truth for "
        f"{coverage.share} of the test photos, with {coverage.mean_size:.2f} diagnoses on average."
        f" Coverage of each diagnosis, which nobody promised:\n\n"
        f"| diagnosis | photos | coverage |\n| --- | --- | --- |\n{rows}"
    )


def _operating_points(run, test):
    points = operating_points.thresholds(run, test)
    if not points:
        return ""
    rows = "\n".join(
        f"| {' + '.join(one.of)} | {one.target_sensitivity:.2f} | {one.value:.4f} | "
        f"{one.sensitivity} of {one.num_of:,} | {one.specificity} of {one.num_others:,} |"
        for one in points
    )
    return (
        "## Operating points\n\nThresholds chosen on validation photos; what they reach on test "
        "photos.\n\n| sum of | wanted sensitivity | threshold | sensitivity | specificity |\n"
        f"| --- | --- | --- | --- | --- |\n{rows}"
    )


def _groups(run, rows):
    targets = malignant_codes(run.diagnoses) or run.diagnoses[:1]
    found = subgroups.groups(rows, run.diagnoses, targets)
    said = f"## Where it is weak\n\n{not_recorded(run)}"
    return f"{said}\n\n{_group_table(found, targets)}" if found else said


def _group_table(found, targets):
    rows = "\n".join(
        f"| {one.characteristic} | {one.name} | {one.num_photos:,} | {one.num_diagnoses} | "
        f"{one.balanced_accuracy} | {one.recall} of {one.num_targets:,}"
        f"{' *' if one.is_small else ''} |"
        for one in found
    )
    return (
        "Balanced accuracy is the mean recall of the diagnoses that a group shows, so groups of "
        f"different diagnoses do not compare. Recall: the share of photos of {', '.join(targets)} "
        "that got one of these answers, with Wilson's interval; a star where there are fewer than "
        f"{FEW}.\n\n"
        "| characteristic | group | photos | diagnoses | balanced accuracy | recall |\n"
        f"| --- | --- | --- | --- | --- | --- |\n{rows}"
    )


def _elsewhere(run):
    kinds = external.kinds(run)
    if not kinds:
        return ""
    flagged = external.flagged_on_test(run)
    lines = [
        "## On photos from elsewhere",
        "",
        "None of them took part in the training. AUROC: the chance that the novelty score of such "
        "a photo lies above that of a test photo; flagged: called unlike the training photos"
        + (f" (of its own test photos {flagged})" if flagged else "")
        + "; balanced accuracy: over the diagnoses they show, and over the same ones of its own "
        "test photos.",
        "",
        "| kind | photos | people or pictures | AUROC | flagged | balanced accuracy | at home |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in kinds:
        there, on_own_test_photos = one.balanced_accuracy or "-", one.on_own_test_photos or "-"
        lines.append(
            f"| {one.kind} | {one.num_photos:,} | {one.num_people:,} | {one.area} | {one.flagged} "
            f"| {there} | {on_own_test_photos} |"
        )
    for one in kinds:
        if one.by_skin_type:
            targets = malignant_codes(run.diagnoses)
            lines += ["", _group_table(one.by_skin_type, targets)]
    return "\n".join(lines)


def _heatmaps(run):
    table = run.localisation
    if table is None:
        return ""
    lines = [
        "## Heat maps against lesion masks",
        "",
        "On test photos, maps of the diagnosis answered. Pointing: share of photos whose strongest "
        "place lies inside the lesion; energy: how many times as much of the map lies inside as "
        "the lesion's share of the photo would give; overlap: intersection over union at each "
        "photo's best level. After each the same figure of whoever always marks the centre.",
        "",
        "| photos | method | n | pointing | centre | energy | centre | overlap | centre |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {title} | {METHODS[one.method].title} | {one.num_photos:,} | {one.pointing} | "
        f"{one.centre_pointing:.2f} | {one.energy} | {one.centre_energy:.2f} | {one.iou} | "
        f"{one.centre_iou:.2f} |"
        for subset, title in localisation.SUBSETS.items()
        for one in localisation.accuracy_by_method(table, subset)
    ]
    for name in localisation.methods_of(table):
        after = localisation.shuffled(table, name)
        faults = heatmap_faults(table, name)
        lines += ["", f"{METHODS[name].title}:"]
        if after:
            lines[-1] += (
                f" with the network's weights shuffled its maps correlate {after.correlation} with "
                f"these (n = {after.num_photos})."
            )
        lines[-1] += f" **Fails:** {'; '.join(faults)}." if faults else " Passes every check."
    return "\n".join(lines)


def _training(run):
    settings = run.card["settings"]
    history = run.history[run.history["fold"] == run.folds[0]]
    versions = ", ".join(f"{name} {number}" for name, number in run.card["versions"].items())
    parameters = settings.get("num_parameters")
    return (
        f"## Training\n\n    {run.command}\n\n"
        + (f"{parameters:,} parameters. " if parameters else "")
        + f"{len(history)} epochs in {history['seconds'].sum() / 60:.1f} minutes, epoch "
        f"{run.kept_epoch(run.folds[0])} kept. Seed {run.card['seed']}; code "
        f"{run.card['revision']}; {versions}. Settings and the sha256 of every file stand in "
        "`card.json`."
    )
