"""Compare, Atlas: a card per group, whose sentences follow the intervals."""

import pytest

from model import run
from model.evaluation.atlas_sentences import sentences
from model.evaluation.strategy_atlas import atlas
from pages.compare import atlas as view
from tests import toys
from tests.model.evaluation import atlases
from tests.pages.driver import texts, visit


@pytest.fixture
def measured(tmp_path, monkeypatch):
    runs = tmp_path / "runs"
    toys.write(runs, "plain")
    of = atlases.write(runs, "toy")
    monkeypatch.setattr(run, "default_folders", lambda: [runs])
    return of


def test_each_group_has_a_card_with_its_sentences_and_photos(measured):
    app = visit("compare", view="Atlas", run="toy")
    assert not app.exception
    shown = texts(app)
    found = atlas(measured)
    for cluster in found.clusters:
        for sentence in sentences(cluster):
            assert sentence in shown
        assert f"Photos: {', '.join(cluster.typical(view.NUM_TYPICAL))}." in shown
    assert "Group 1: 80 photos" in shown
    assert "No heat map: 5 photos" in shown
    assert "With LENTIGO_DATA set" in shown
    # Without maps there is no mean to be near to.
    assert "each of another lesion; where there is no heat map, the first ones by name." in shown
    assert len(app.get("plotly_chart")) == 1 + len(found.clusters)
    assert app.selectbox(key="compare_atlas_run").options == ["Toy toy"]


def test_where_every_photo_has_a_map_all_named_are_near_the_mean(tmp_path, monkeypatch):
    atlases.write(tmp_path / "runs", groups=[group for group in atlases.GROUPS if group[0]])
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path / "runs"])
    shown = texts(visit("compare", view="Atlas"))
    assert "nearest to the mean of their group, each of another lesion. On a mean map" in shown


def test_without_an_atlas_the_command_is_named():
    app = visit("compare", view="Atlas")
    assert not app.exception
    assert "python -m train atlas RUN --data DIR" in app.info[0].value


def test_photos_are_shown_where_the_data_set_is(measured, tmp_path, monkeypatch):
    data = tmp_path / "data"
    data.mkdir()
    (data / "photo_0.png").write_bytes(toys.encoded(toys.flat((200, 100, 100))))
    without = len(visit("compare", view="Atlas").get("image"))
    monkeypatch.setenv("LENTIGO_DATA", str(data))
    app = visit("compare", view="Atlas")
    assert not app.exception
    assert "With LENTIGO_DATA set" not in texts(app)
    assert without >= 3  # the mean maps
    assert len(app.get("image")) == without + 1


def test_points_and_bars_are_those_of_the_groups(measured):
    found = atlas(measured)
    figure = view.figure(found)
    assert [len(trace.x) for trace in figure.data] == [80, 50, 25]
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == 3
    chart = view.mix(found.clusters[1], ["bcc", "mel", "nv"])
    bars = {trace.name: list(trace.x) for trace in chart.data}
    assert bars == {
        "bcc": [0, 0],
        "mel": [pytest.approx(0.6), pytest.approx(39 / 50)],
        "nv": [pytest.approx(0.4), pytest.approx(11 / 50)],
    }
    assert len(view.table(found)) == 160
    assert (
        view.mean_map(found.clusters[1])[-1, -1].sum()
        > view.mean_map(found.clusters[1])[0, 0].sum()
    )
