"""Reports by the book: complete lists, links that lead somewhere, counts from the files."""

import csv
import re
from collections import Counter

import pytest

from model import run
from model.evaluation.bootstrap import Estimate
from model.evaluation.net_benefit import NetBenefit
from model.evaluation.reference_standard import Reference
from tests import toys
from tests.conftest import ROOT
from train.__main__ import main
from train.reports import guidelines, reporting
from train.reports.guidelines import GUIDELINES, Status

BY_NAME = {guideline.name: guideline for guideline in GUIDELINES}
# The numbers of the items; 3a-c stands for 3a, 3b and 3c.
NUMBERS = {
    "CLEAR Derm": "1-25",
    "CLAIM 2024": "1-44",
    "TRIPOD+AI": "1-2 3a-c 4-4 5a-b 6a-c 7-7 8a-c 9a-c 10-11 12a-g 13-17 18a-f 19-19 20a-c 21-22 "
    "23a-b 24-26 27a-c",
    "STARD-AI": "1-14 15a-d 16a-c 17a-b 18-25 26a-b 27-39 40a-b",
}


def numbers(ranges):
    found = []
    for first, last in (part.split("-") for part in ranges.split()):
        if last.isdigit():
            found += [str(number) for number in range(int(first), int(last) + 1)]
        else:
            found += [first[:-1] + chr(code) for code in range(ord(first[-1]), ord(last) + 1)]
    return found


@pytest.mark.parametrize("name", NUMBERS)
def test_every_item_of_a_guideline_is_there_once_and_in_order(name):
    items = BY_NAME[name].items
    assert [item.number for item in items] == numbers(NUMBERS[name])
    assert all(item.asks and item.where for item in items)
    assert sum(BY_NAME[name].counts().values()) == len(items)


def test_the_totals_are_counted_from_the_tables():
    statuses = Counter()
    for path in (ROOT / "train" / "reports" / "guidelines").glob("*.csv"):
        with open(path, newline="", encoding="utf-8") as file:
            statuses.update(row["status"] for row in csv.DictReader(file))
    assert guidelines.total() == statuses
    assert set(statuses) == {status.value for status in Status}  # none is too good to be used


def test_no_table_of_items_holds_a_figure_that_somebody_typed():
    for guideline in GUIDELINES:
        for item in guideline.items:
            without_names = re.sub(
                r"\[[^]]*\]\[\w*\]|`[^`]*`|ISIC 2018|HAM10000|PAD-UFES-20|sha256|95 %|CLAIM 2024|"
                r"EfficientNet-Lite0|As 16|Lite0",
                "",
                item.where,
            )
            assert not re.search(r"\d", without_names), (guideline.name, item)


def anchors(path):
    """The anchors that GitHub gives the headings of a document."""
    titles = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", ["reporting.md", "datasheets.md", "skin_tone.md"])
def test_every_link_leads_somewhere(name):
    path = ROOT / "docs" / name
    text = path.read_text("utf-8")
    defined = dict(re.findall(r"^\[(\w+)\]: (\S+)$", text, re.M))
    used = {
        (label if target == "" else target).lower()
        for label, target in re.findall(r"\[([^][]+)\]\[(\w*)\]", text)
    }
    assert used == set(defined)
    for target in [*defined.values(), *re.findall(r"\]\(([^)\s]+)\)", text)]:
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        other = (path.parent / file).resolve() if file else path
        assert other.is_file(), target
        assert not anchor or anchor in anchors(other), target


@pytest.fixture
def confirmed(tmp_path):
    """A toy run whose benign lesions are half of them confirmed by histology."""
    rows = toys.predictions()
    rows["confirmed_by"] = "histo"
    benign = rows.index[rows["diagnosis"] == "nv"]
    rows.loc[benign[::2], "confirmed_by"] = "consensus"
    rows["sex"] = ["male" if row % 2 else "female" for row in range(len(rows))]
    rows["age"] = 50.0
    rows.loc[rows.index[:4], "age"] = float("nan")
    external = toys.external().assign(source="elsewhere", split="test")
    return toys.write(tmp_path, rows=rows, external=external)


def test_parts_are_counted_by_what_they_are_for(confirmed):
    parts = reporting.parts_of(confirmed)
    assert [(part.title, len(part.rows), part.units) for part in parts] == [
        ("toys, train", 30, "lesions"),
        ("toys, validation", 30, "lesions"),
        ("toys, test", 30, "lesions"),
        ("elsewhere, test", 6, "people"),  # the pictures without a lesion are no part
    ]
    table = reporting.characteristics(parts, confirmed.malignant)
    assert list(table["Malignant"]) == [*3 * ["20 (67 %)"], "4 (67 %)"]
    assert list(table["Female"]) == [*3 * ["15 (50 %)"], "-"]
    assert table["Age, median (quartiles)"][0] == "50 (50-50)"
    missing = reporting.missing(parts)
    assert list(missing["Age"]) == ["4 of 30", "0 of 30", "0 of 30", "all"]
    assert list(missing["Body site"]) == 4 * ["all"]


def test_photos_at_the_threshold_add_up(confirmed):
    part = reporting.parts_of(confirmed)[2]
    at = reporting.at_threshold(confirmed, part)
    above = (part.rows["p_bcc"] + part.rows["p_mel"] >= 0.2).to_numpy()
    malignant = part.rows["diagnosis"].isin(["bcc", "mel"]).to_numpy()
    assert (at.found, at.missed) == ((malignant & above).sum(), (malignant & ~above).sum())
    assert (at.alarms, at.cleared) == ((~malignant & above).sum(), (~malignant & ~above).sum())
    assert 0 < at.cleared < 10
    by_histology = reporting.at_threshold(confirmed, part, Reference.HISTOLOGY)
    assert (by_histology.point.num_of, by_histology.point.num_others) == (20, 5)
    assert reporting.at_threshold(confirmed, reporting.parts_of(confirmed)[0]) is None


def test_tables_show_how_the_truth_is_known_and_what_was_answered(confirmed):
    table = reporting.confirmation(confirmed).set_index("Diagnosis")
    nevus = table.loc["Melanocytic nevus (nv)"]
    assert (nevus["Photos"], nevus["histopathology"], nevus["expert consensus"]) == (10, 5, 5)
    assert list(table["Malignant"]) == ["yes", "yes", ""]
    references = reporting.by_reference(confirmed)
    assert list(references["Others"]) == ["10", "5"]
    crosstab = reporting.crosstab(confirmed).set_index("Diagnosis")
    answers = confirmed.test_photos[confirmed.probability_columns].idxmax(axis=1).str[2:]
    right = (answers == confirmed.test_photos["diagnosis"]).sum()
    assert sum(crosstab.to_numpy().diagonal()) == right
    assert crosstab.to_numpy().sum() == 30


def test_the_sentence_about_net_benefit_follows_from_the_intervals():
    def point(act_from, low, high):
        nothing = Estimate(0.0, 0.0, 0.0)
        return NetBenefit(act_from, nothing, nothing, Estimate((low + high) / 2, low, high))

    curve = [point(0.02, -0.1, -0.01), point(0.05, -0.1, 0.1), point(0.1, 0.01, 0.1)]
    assert reporting.net_benefit_sentence("Toys", curve) == (
        "Toys: for those who act from 10 % (better); from 2 % (worse); from 5 % (no difference "
        "shown)."
    )
    assert reporting.net_benefit_sentence("Toys", curve[2:]).endswith("from 10 % (better).")


def test_the_command_writes_the_page_where_its_run_is(tmp_path, monkeypatch):
    monkeypatch.setattr(reporting, "RUN", "toy")
    runs = tmp_path / "runs"
    settings = {"monitor": "val_loss", "command": "python -m train run toy", "num_parameters": 9}
    external = toys.external().assign(source="elsewhere")
    toys.write(runs, "toy", external=external, settings=settings)
    target = tmp_path / "docs" / "reproduction.md"
    target.parent.mkdir()
    assert main(["report", "--runs", str(runs), "--to", str(target)]) == 0
    text = (target.parent / "reporting.md").read_text("utf-8")
    assert "train: 30 photos of 15 lesions" in text
    assert "4 pictures without a lesion" in text
    assert "9 parameters" in text
    toy_run = run.read(runs / "toy")
    assert text == reporting.reporting(toy_run)
    # Without that run the page is not touched.
    monkeypatch.setattr(reporting, "RUN", "another")
    (target.parent / "reporting.md").unlink()
    assert main(["report", "--runs", str(runs), "--to", str(target)]) == 0
    assert not (target.parent / "reporting.md").exists()


def test_the_page_is_about_the_run_that_opens_the_app():
    from pages.shared.choices import FLAGSHIPS

    assert FLAGSHIPS[0] == reporting.RUN
