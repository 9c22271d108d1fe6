"""What pages and reports say, word by word."""

from types import SimpleNamespace

import pytest

from model.evaluation import run_sentences
from model.evaluation.bootstrap import Estimate
from model.evaluation.protocol_gap import Pair, PairedGap, Side
from model.evaluation.train_test_overlap import Leakage
from tests.model.evaluation.test_localisation import rows

UNSEEN = Leakage(30, 0, 0, 0, 0, 0)


def figure(value):
    return Estimate(value, value, value)


def side(test=0.5, validation=None, diagnoses=("mel", "nv"), leakage=UNSEEN, **shares):
    """A side of a pair with these accuracies."""
    test, validation = (
        None if value is None else SimpleNamespace(accuracy=figure(value))
        for value in (test, validation)
    )
    named = ("accuracy_seen", "accuracy_unseen", "accuracy_without_copies")
    run = SimpleNamespace(diagnoses=diagnoses)
    return Side(run, test, validation, leakage, **{name: shares.get(name) for name in named})


def explained(as_published, honest=None, accuracy=None, compared_with="test"):
    published = accuracy and {"accuracy": accuracy, "compared_with": compared_with, "said": ""}
    return run_sentences.gap_explanation(Pair("toy", "Toy", published, as_published, honest))


@pytest.mark.parametrize(
    ("leakage", "said"),
    [
        (Leakage(1, 0, 0, 0, 0, 0), "Training had seen none of 1 test photo."),
        (
            Leakage(2000, 1000, 0, 0, 0, 0),
            "Training had seen none of 2,000 test photos, 1,000 of them augmented copies.",
        ),
        (
            Leakage(4000, 0, 0, 0, 1000, 0),
            "Of 4,000 test photos training had seen 1,000 (25 %): 1,000 as another photo of the "
            "same lesion.",
        ),
        (
            Leakage(4, 0, 1, 2, 0, 1),
            "Of 4 test photos training had seen 3 (75 %): 1 as an augmented copy and 2 as an exact "
            "or near copy; 1 under another diagnosis.",
        ),
        (
            Leakage(10, 0, 1, 2, 3, 0),
            "Of 10 test photos training had seen 6 (60 %): 1 as an augmented copy, 2 as an exact "
            "or near copy and 3 as another photo of the same lesion.",
        ),
    ],
)
def test_what_training_had_seen_is_counted_by_kind(leakage, said):
    assert run_sentences.leakage_sentence(leakage) == said


@pytest.mark.parametrize(
    ("as_published", "honest", "said"),
    [
        (0.9, 0.5, "differ by +0.40 (as published less honest)"),
        (0.4, 0.5, "differ by -0.10 (as published less honest)"),
    ],
)
def test_the_difference_between_two_test_parts_is_no_effect_of_the_leak(as_published, honest, said):
    assert explained(side(as_published), side(honest)) == (
        "No photo was tested by both models, so the leak's effect cannot be told from the "
        f"difference between the test photos. The test accuracies {said}, but those are of "
        "different test photos. Training had seen none of 30 test photos."
    )


def test_the_gap_on_the_same_photos_comes_first():
    gap = PairedGap(1, 1, 0, figure(1), figure(0), Estimate(1, 1, 1))
    pair = Pair("toy", "Toy", None, side(0.9), side(0.5), gap)
    assert run_sentences.gap_explanation(pair).startswith(
        "On the 1 photo that both networks were tested on, the leaking split adds +1.00 (+1.00 to "
        "+1.00) to the accuracy; its training had met 0 of them. The test accuracies differ by"
    )


def test_a_side_that_is_not_here_is_said():
    assert explained(None, side()) == "There is no as-published model here."
    assert explained(side()).startswith(
        "There is no honest model here to compare it with. Training"
    )


@pytest.mark.parametrize(
    ("accuracy", "compared_with", "said"),
    [
        (
            0.8,
            "test",
            "On test photos, split as published, it reaches 0.90 (0.90-0.90), 0.10 above",
        ),
        (
            0.8,
            "validation",
            "On validation photos, split as published, it reaches 0.70 (0.70-0.70)",
        ),
        (0.95, "test", "it reaches 0.90 (0.90-0.90), 0.05 below the published figure. The"),
        (0.904, "test", "it reaches 0.90 (0.90-0.90), as published. There is no"),
    ],
)
def test_the_published_figure_is_held_against_its_own_part(accuracy, compared_with, said):
    assert said in explained(side(0.9, 0.7), None, accuracy, compared_with)


def test_without_a_published_figure_or_its_part_none_is_held_against_it():
    for said in (
        explained(side()),
        explained(side(), None, 0.8, "validation"),
        run_sentences.gap_explanation(Pair("toy", "Toy", {"accuracy": None}, side(), None)),
    ):
        assert said == (
            "There is no honest model here to compare it with. Training had seen none of 30 test "
            "photos."
        )


def test_what_made_the_gap_is_told_where_it_is_known():
    seen, unseen, without = figure(0.9), figure(0.5), figure(0.6)
    both = side(accuracy_seen=seen, accuracy_unseen=unseen, accuracy_without_copies=without)
    assert explained(both, side()).endswith(
        "Its accuracy is 0.90 (0.90-0.90) on the photos it had seen and 0.50 (0.50-0.50) on the "
        "others. Without the augmented copies it is 0.60 (0.60-0.60)."
    )
    for one in ({"accuracy_seen": seen}, {"accuracy_unseen": unseen}):
        assert "photos it had seen" not in explained(side(**one), side())


def test_the_diagnoses_that_the_honest_run_lost_are_named():
    said = explained(side(diagnoses=("mel", "nv", "df", "bcc")), side())
    assert said.endswith(
        "The honest model knows 2 diagnoses: too few photos of basal cell carcinoma and "
        "dermatofibroma are left after cleaning."
    )
    assert "knows" not in explained(side(), side(diagnoses=("mel", "nv", "df")))


def test_each_failed_check_is_said_with_its_figure():
    table = rows([0] * 10, [0.2] * 10, [0] * 10, grad_cam_shuffled=0.5)
    shuffled, chance, off_centre = run_sentences.heatmap_faults(table, "grad_cam")
    assert "keep their pattern" in shuffled
    assert "(absolute rank correlation 0.50 (-))" in shuffled
    assert (
        chance
        == "its maps mark the lesion no more than a random map would (1.00 (-) times as much)"
    )
    assert off_centre.startswith("where the lesion is off the centre, the maximum of its maps lies")
    assert " than a random point (0.20; difference -0.20 (" in off_centre


@pytest.mark.parametrize(
    ("rendered", "name", "said"),
    [
        (True, "HAM10000", "Its pictures are drawings, not photos of patients."),
        (False, "HAM10000, cleaned", "HAM10000 shows almost only light skin"),
        (False, "own", "No figure covers what its data does not record"),
    ],
)
def test_what_the_data_does_not_record_depends_on_the_data(rendered, name, said):
    run = SimpleNamespace(is_rendered=rendered, card={"data": {"name": name}})
    assert run_sentences.not_recorded(run).startswith(said)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (0.001, "under 1 %"),
        (0.005, "under 1 %"),  # one of 200
        (0.006, "1 %"),
        (0.877, "88 %"),
        (0.994, "99 %"),
        (0.995, "over 99 %"),
        (0.999, "over 99 %"),
        (1, "100 %"),
    ],
)
def test_a_little_is_never_nothing_and_most_never_all(share, said):
    assert run_sentences.percent(share) == said
