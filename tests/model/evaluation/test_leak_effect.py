"""What a leak adds, by hand."""

from dataclasses import replace

import pytest

from model.evaluation.leak_effect import GROUPS, effect, effects, sentence, table
from tests.model.evaluation.injections import injected

_, THROUGH_PHOTOS, THROUGH_COPIES, NOT_LEAKING = GROUPS


def test_the_effect_compares_each_photo_with_itself():
    toy = injected(dose_0_seed_1="+-----", dose_100_seed_1="++++--")
    found = effect(toy, 1.0)
    assert (found.num_photos, found.without, found.with_leak) == (6, 1 / 6, 4 / 6)
    assert found.difference.value == pytest.approx(0.5)
    assert found.by_seed == (pytest.approx(0.5),)
    assert effect(toy, 1.0, NOT_LEAKING) is None
    through_photos = effect(toy, 1.0, THROUGH_PHOTOS)
    assert (through_photos.num_photos, through_photos.difference.value) == (3, pytest.approx(2 / 3))
    assert effect(toy, 1.0, THROUGH_COPIES).difference.value == pytest.approx(1 / 3)


def test_at_a_smaller_dose_some_photos_leak_and_others_do_not():
    toy = injected(dose_0_seed_1="------", dose_50_seed_1="+-++--")
    assert effect(toy, 0.5).num_photos == 3  # a, c and d, whose ranks are below 0.5
    assert effect(toy, 0.5).difference.value == 1
    others = effect(toy, 0.5, NOT_LEAKING)
    assert (others.num_photos, others.difference.value) == (3, 0)


def test_seeds_are_averaged_and_resampled():
    toy = injected(
        dose_0_seed_1="------",
        dose_100_seed_1="++++++",
        dose_0_seed_2="------",
        dose_100_seed_2="------",
    )
    found = effect(toy, 1.0)
    assert found.by_seed == (1, 0)
    assert found.difference.value == 0.5
    # All photos agree within a seed, so that what is left to chance is which seeds there were.
    assert (found.difference.low, found.difference.high) == (0, 1)
    assert found.difference.direction == 0


@pytest.mark.parametrize(
    ("without", "with_leak", "direction"),
    [("------", "+++++-", 1), ("++++++", "-----+", -1), ("+-+-+-", "-+-+-+", 0)],
)
def test_the_direction_is_stated_where_the_interval_allows(without, with_leak, direction):
    toy = injected(dose_0_seed_1=without, dose_100_seed_1=with_leak)
    assert effect(toy, 1.0).difference.direction == direction


def test_balanced_accuracy_counts_every_diagnosis_alike():
    toy = injected(dose_0_seed_1="------", dose_100_seed_1="+-----")
    truth = toy.probe.assign(diagnosis=["nv", "nv", "mel", "mel", "mel", "mel"])
    found = effect(replace(toy, probe=truth), 1.0)
    # Answered "mel" without the leak: all four melanomas, no nevus; one of two nevi with it.
    assert (found.without, found.with_leak) == (4 / 6, 5 / 6)
    assert found.balanced.value == pytest.approx((0.5 + 0) / 2)


def test_a_sentence_says_how_many_and_states_an_effect_only_where_one_is_shown():
    shown = effect(injected(dose_0_seed_1="+-----", dose_100_seed_1="+++++-"), 1.0)
    assert shown.difference.direction == 1
    assert sentence(shown).startswith(
        "Of the 6 photos that leak, 1 training of each kind: accuracy 0.17 without the leak, 0.83 "
        "with it, difference 0.67 (0.33-1.00); balanced accuracy, difference 0.67 (0.33-1.00). So "
        "the leak lifts the accuracy and the balanced accuracy."
    )
    assert "No effect is shown" not in sentence(shown)
    none = effect(injected(dose_0_seed_1="+-----", dose_100_seed_1="-+----"), 1.0, NOT_LEAKING)
    assert none is None
    none = effect(injected(dose_0_seed_1="+-----", dose_50_seed_1="-+----"), 0.5, NOT_LEAKING)
    assert sentence(none).endswith(" No effect is shown.")


def test_the_table_lists_the_largest_dose_first_and_every_group_there_is():
    toy = injected(dose_0_seed_1="------", dose_50_seed_1="+-++--", dose_100_seed_1="++++++")
    assert [(found.dose, group.name) for group, found in effects(toy)] == [
        (1.0, "photos that leak"),
        (1.0, "photos that leak through another photo of their lesion or a copy"),
        (1.0, "photos that leak through a changed copy of themselves"),
        (0.5, "photos that leak"),
        (0.5, "photos that leak through another photo of their lesion or a copy"),
        (0.5, "photos that leak through a changed copy of themselves"),
        (0.5, "photos that do not leak"),
    ]
    rows = table([(toy, {(group, found.dose): found for group, found in effects(toy)})])
    assert rows["Number of photos"].tolist() == [6, 3, 3, 3, 2, 1, 3]
    assert rows["Difference"].tolist() == [1, 1, 1, 1, 1, 1, 0]
    assert rows["Of each seed"].iloc[0] == "+1.000"
