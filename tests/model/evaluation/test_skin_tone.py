"""What is made of the skin tones in a run's photos."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import run_sentences, skin_tone, subgroups
from model.evaluation.bootstrap import Estimate
from model.evaluation.skin_tone import Agreement, Verdict
from model.run import writer
from tests import toys


def recorded(folder, angles_of, skin_types, predictions=None):
    """A toy run with 60 phone photos of 30 people, and the angle of each of its photos.

    Args:
        angles_of: from a Fitzpatrick type to an angle.
    """
    truth = [toys.CODES[row % 3] for row in range(60)]
    external = pd.DataFrame(
        {
            "kind": "phone photo",
            "source": "elsewhere",
            "image_id": [f"phone_{row}" for row in range(60)],
            "person_id": [f"person_{row // 2}" for row in range(60)],
            "diagnosis": truth,
            "skin_type": skin_types,
            "novelty": 0.5,
        }
    )
    for code in toys.CODES:
        external[f"p_{code}"] = [0.8 if code == true else 0.1 for true in truth]
    toy_run = toys.write(folder, with_network=False, external=external, rows=predictions)
    own = toy_run.test_photos["image_id"]
    table = pd.DataFrame(
        {
            "image_id": [*own, *external["image_id"]],
            "ita": [60.0, 50.0, *(len(own) - 2) * [np.nan], *map(angles_of, skin_types)],
            "share": 0.5,
        }
    )
    return writer.add_table(toy_run, run.SKIN_TONE, table)


TYPES = [1 + row // 2 % 5 for row in range(60)]


def test_an_angle_that_falls_with_every_type_agrees_perfectly(tmp_path):
    agreement = skin_tone.agreement(recorded(tmp_path, lambda kind: 60.0 - 10 * kind, TYPES))
    assert agreement.correlation.value == pytest.approx(-1)
    assert (agreement.num_photos, agreement.num_people) == (60, 30)
    assert agreement.verdict is Verdict.FAIR


def test_an_angle_that_has_nothing_to_do_with_types_is_not_believed(tmp_path):
    draw = np.random.default_rng(1)
    toy_run = recorded(tmp_path, lambda kind: draw.normal(40, 10), TYPES)
    assert skin_tone.agreement(toy_run).verdict is Verdict.NONE
    (first, *_) = run_sentences.skin_tone_sentences(toy_run)
    assert "not shown to say anything about skin type" in first


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.9, -0.51, Verdict.FAIR),
        (-0.9, -0.5, Verdict.WEAK),
        (-0.3, -0.01, Verdict.WEAK),
        (-0.3, 0.0, Verdict.NONE),
        (-0.1, 0.2, Verdict.NONE),
        (0.01, 0.2, Verdict.WRONG),
    ],
)
def test_the_interval_decides_what_an_agreement_is_worth(low, high, verdict):
    assert Agreement(Estimate((low + high) / 2, low, high), 60, 30).verdict is verdict


def test_photos_without_a_type_or_an_angle_do_not_count(tmp_path):
    types = [None if row < 6 else kind for row, kind in enumerate(TYPES)]
    toy_run = recorded(
        tmp_path, lambda kind: np.nan if kind == 1 else 60.0 - 10 * (kind or 1), types
    )
    agreement = skin_tone.agreement(toy_run)
    assert agreement.num_photos == sum(kind not in (None, 1) for kind in types)


def test_too_few_photos_or_one_type_alone_say_nothing(tmp_path):
    assert skin_tone.agreement(recorded(tmp_path, float, 60 * [2])) is None
    few = [kind if row < subgroups.FEW - 1 else None for row, kind in enumerate(TYPES)]
    toy_run = recorded(tmp_path, lambda kind: 10.0 * (kind or 0), few)
    assert skin_tone.agreement(toy_run) is None
    assert "not held against recorded skin types" in run_sentences.skin_tone_sentences(toy_run)[0]


def test_figures_are_by_tone_and_those_without_a_tone_are_left_out(tmp_path):
    # Every phone photo is answered rightly.
    toy_run = recorded(tmp_path, lambda kind: -20.0 if kind == 5 else 60.0, TYPES)
    own, phones = skin_tone.by_source(toy_run)
    assert (own.title, own.num_photos, own.num_measured, own.num_darker) == (
        "own test photos",
        30,
        2,
        0,
    )
    assert [group.name for group in own.groups] == ["very light", "light"]
    assert (phones.title, phones.num_measured, phones.num_darker) == (
        "phone photos, elsewhere",
        60,
        TYPES.count(5),
    )
    assert [(group.name, group.num_photos) for group in phones.groups] == [
        ("very light", 60 - TYPES.count(5)),
        ("brown", TYPES.count(5)),
    ]
    brown = phones.groups[1]
    assert brown.recall.value == 1.0
    assert brown.num_targets == sum(kind == 5 and row % 3 < 2 for row, kind in enumerate(TYPES))
    assert not phones.tells_of_darker_skin  # fewer than 20 malignant ones
    said = run_sentences.skin_tone_sentences(toy_run)
    assert (
        "Own test photos: 2 of 30 could be measured, and 0 of these show brown or dark" in said[1]
    )
    assert "No two groups hold enough malignant lesions to compare." in said[1]
    assert said[-1].startswith("So next to nothing is known")


def test_enough_malignant_lesions_on_darker_skin_tell_something(tmp_path):
    toy_run = recorded(tmp_path, lambda kind: -40.0 if kind > 2 else 60.0, TYPES)
    phones = skin_tone.by_source(toy_run)[1]
    assert phones.tells_of_darker_skin
    assert not run_sentences.skin_tone_sentences(toy_run)[-1].startswith("So next to nothing")


@pytest.mark.parametrize(
    ("low", "high", "ending"),
    [
        (-0.1, 0.3, "0.10 (-0.10 to 0.30) less, which may be chance."),
        (0.05, 0.15, "0.10 (0.05-0.15) less (exploratory)."),
    ],
)
def test_a_difference_between_tones_is_said_with_its_interval(monkeypatch, low, high, ending):
    gap = subgroups.RecallGap("", "dark", 25, 0.8, 40, 0.9, Estimate(0.1, low, high))
    result = skin_tone.ToneResult("phone photos", 70, 65, 30, (), (gap,))
    monkeypatch.setattr(skin_tone, "by_source", lambda of: [result])
    monkeypatch.setattr(skin_tone, "agreement", lambda of: None)
    said = run_sentences.skin_tone_sentences(None)[1]
    assert said == (
        "Phone photos: 65 of 70 could be measured, and 30 of these show brown or dark skin. "
        "Malignant lesions on dark skin are recognised in 0.80 of 25 photos, on other skin in 0.90 "
        f"of 40: {ending}"
    )


def test_a_run_whose_photos_nobody_measured_says_nothing(tmp_path):
    toy_run = toys.write(tmp_path, with_network=False)
    assert toy_run.skin_tone is None
    assert skin_tone.by_source(toy_run) == []
    assert skin_tone.agreement(toy_run) is None
    assert run_sentences.skin_tone_sentences(toy_run) == []


def test_tones_are_cut_where_the_literature_cuts_them():
    angles = pd.Series([55.1, 55, 41.1, 41, 28.1, 28, 10.1, 10, -29.9, -30, np.nan])
    assert list(subgroups.named("ita", angles)) == [
        "very light",
        "light",
        "light",
        "intermediate",
        "intermediate",
        "tan",
        "tan",
        "brown",
        "brown",
        "dark",
        "not recorded",
    ]
