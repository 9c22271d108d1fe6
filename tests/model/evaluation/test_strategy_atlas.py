"""Groups of an atlas against the rest: counts and differences by hand, verdicts by intervals."""

import numpy as np
import pytest

from model.evaluation.atlas_sentences import overview, sentences, title
from model.evaluation.bootstrap import Estimate
from model.evaluation.strategy_atlas import Draws, atlas, corrected
from tests.model.evaluation import atlases


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return atlas(atlases.write(tmp_path_factory.mktemp("runs")))


def by_number(found):
    return {cluster.number: cluster for cluster in found.clusters}


def test_groups_are_counted_and_the_one_without_maps_comes_last(found):
    assert [(cluster.number, cluster.num_photos) for cluster in found.clusters] == [
        (1, 80),
        (2, 50),
        (3, 25),
        (0, 5),
    ]
    assert (found.num_photos, found.num_tested) == (160, 160)
    assert (found.num_groups, found.num_compared) == (3, 3)
    assert found.level == pytest.approx(1 - 0.05 / 6)
    assert found.clusters[1].mix("diagnosis") == {"mel": 30, "nv": 20}
    assert found.clusters[1].mix("answer") == {"mel": 27 + 12, "nv": 8 + 3}


def test_errors_are_held_against_the_rest_and_against_the_same_diagnoses(found):
    second = by_number(found)[2]
    assert second.errors.value == pytest.approx(15 / 50)
    assert second.malignant.value == pytest.approx(30 / 50)
    assert second.rest.value == pytest.approx(16 / 110)
    assert second.difference.value == pytest.approx(15 / 50 - 16 / 110)
    # The rest errs on 3 of 30 melanomas and on 13 of 80 nevi.
    expected = (30 * 3 / 30 + 20 * 13 / 80) / 50
    assert second.matched.value == pytest.approx(15 / 50 - expected)
    assert second.difference.low < second.difference.value < second.difference.high


def test_a_verdict_follows_the_interval(found):
    clusters = by_number(found)
    assert clusters[1].is_less_often_wrong
    assert not clusters[1].is_more_often_wrong
    assert not clusters[3].is_less_often_wrong
    assert not clusters[3].is_more_often_wrong
    assert clusters[0].difference is None  # five photos
    assert not clusters[0].properties
    assert Estimate(-0.1, -0.2, -0.01).direction == -1
    assert Estimate(-0.1, -0.2, -0.004).direction == 0  # printed as 0


def test_what_stands_out_is_measured(found):
    clusters = by_number(found)
    corners = clusters[3].standing_out[0]
    assert (corners.key, corners.here, corners.elsewhere) == (
        "dark_corners",
        pytest.approx(0.9),
        pytest.approx(0.1),
    )
    heat = clusters[1].standing_out[0]
    assert (heat.key, heat.here) == ("on_lesion", pytest.approx(0, abs=0.02))
    assert heat.difference.value < -1


def test_where_the_heat_leaves_the_lesion_without_more_errors_is_the_place_to_look(found):
    clusters = by_number(found)
    assert clusters[1].is_suspect
    assert not any(clusters[number].is_suspect for number in (2, 3, 0))
    assert any("look here first" in sentence for sentence in sentences(clusters[1]))


def test_more_errors_there_are_an_error_and_no_suspicion(tmp_path):
    groups = ((1, "nv", 60, 40), (2, "nv", 60, 5))
    first, second = atlas(atlases.write(tmp_path, groups=groups)).clusters
    assert first.leaves_the_lesion
    assert first.is_more_often_wrong
    assert not first.is_suspect
    assert second.is_less_often_wrong


def test_typical_photos_are_the_nearest_and_of_different_lesions(found):
    first = by_number(found)[1]
    assert first.typical(3) == ["photo_0", "photo_1", "photo_2"]
    first.rows.loc[first.rows["image_id"] == "photo_1", "lesion_id"] = "photo_0"
    assert first.typical(3) == ["photo_0", "photo_2", "photo_3"]


def test_mean_maps_are_of_the_photos_of_the_group(found):
    second = by_number(found)[2]
    assert second.mean_map.tolist() == [[0, 0], [0, 1]]
    assert second.edge == 1  # of two by two places all are outermost
    assert np.isnan(by_number(found)[0].edge)


def test_sentences_say_no_more_than_the_intervals(found):
    clusters = by_number(found)
    assert sentences(clusters[1])[0].startswith("Wrong on 8 of 80 photos, 0.10 (")
    assert "wrong less often here" in sentences(clusters[1])[0]
    assert "no difference is shown" in sentences(clusters[3])[0]
    assert "which may be chance" in sentences(clusters[3])[1]
    assert "compared with nothing" in sentences(clusters[0])[0]
    assert title(clusters[0]) == "No heat map"
    assert overview(found).startswith(
        "All 160 test photos, in 3 groups by the heat map of the answer, and 5 without a map. 3 "
        "groups are compared with the rest in two ways, so each difference in errors has a 99.2 % "
        "interval by lesion: all of these hold with 95 %."
    )


def test_properties_have_a_level_of_their_own(tmp_path):
    """There are as many differences as groups that are compared, of each property that varies."""
    of = atlases.write(tmp_path)
    of.__dict__["localisation"] = None  # which leaves black corners
    measured = atlas(of)
    third = by_number(measured)[3]
    assert [one.level for one in third.properties] == [corrected(3)]
    assert measured.level == corrected(2 * 3)
    assert sentences(third)[-1].startswith(
        "What stands out, by 98.3 % intervals (mean here, mean elsewhere): black corners 0.90, 0.10"
    )


def test_a_draw_of_the_test_photos_is_called_one(tmp_path):
    of = atlases.write(tmp_path)
    of.__dict__["atlas"] = of.atlas.head(100)
    assert overview(atlas(of)).startswith("100 of 160 test photos, chosen by a seed, in 2 groups")


def test_where_the_diagnoses_explain_the_errors_it_is_said(tmp_path):
    # Nevi are hard everywhere; group 2 has nothing else.
    groups = ((1, "mel", 100, 0), (1, "nv", 40, 20), (2, "nv", 80, 40))
    _, second = atlas(atlases.write(tmp_path, groups=groups)).clusters
    assert second.is_more_often_wrong
    assert second.matched.value == pytest.approx(0, abs=1e-6)
    assert "the diagnoses may be all there is to it" in sentences(second)[1]


def test_a_diagnosis_that_the_rest_has_none_of_is_left_out():
    members = np.array([True] * 4 + [False] * 4)
    diagnoses = np.array(["mel", "mel", "nv", "nv", "nv", "nv", "nv", "nv"])
    is_wrong = np.array([True, True, True, False, False, False, False, True])
    draws = Draws([f"lesion_{index}" for index in range(8)])
    matched = draws.matched_difference(is_wrong, diagnoses, members, 0.95)
    assert matched.value == pytest.approx(1 / 2 - 1 / 4)
    only = np.array(["mel"] * 4 + ["nv"] * 4)
    assert draws.matched_difference(is_wrong, only, members, 0.95) is None


def test_lesions_are_drawn_whole_and_a_higher_level_is_wider():
    members = np.arange(120) < 60
    values = np.arange(120) % 3 == 0
    alone = Draws([f"lesion_{index}" for index in range(120)])
    pairs = Draws([f"lesion_{index // 6}" for index in range(120)])
    narrow = alone.difference(values | members & (np.arange(120) % 12 < 6), members, 0.95)
    same = alone.difference(values | members & (np.arange(120) % 12 < 6), members, 0.99)
    wide = pairs.difference(values | members & (np.arange(120) % 12 < 6), members, 0.95)
    assert narrow.value == same.value == wide.value
    assert same.high - same.low > narrow.high - narrow.low
    assert wide.high - wide.low > narrow.high - narrow.low
    assert corrected(1) == 0.95
    assert corrected(5) == pytest.approx(0.99)
    assert corrected(0) == 0.95
