"""Planted strategies are found as groups, without a look at diagnoses."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.prediction.classifier import Classifier
from tests import toys
from tests.model.evaluation import atlases
from train.__main__ import main
from train.reports import atlas_page, strategy_atlas
from train.reports.strategy_atlas import (
    AtlasError,
    by_size,
    coarse_map,
    dark_corners,
    eigenvalues,
    grouped,
    measure,
    neighbour_graph,
    num_clusters,
    spectral_clusters,
)

PER_SPLIT = 60
CORNERS = {0: (slice(0, 20), slice(0, 20)), 1: (slice(44, 64), slice(44, 64))}


def spots(centres, number, seed=0):
    """(centres x number, 64) maps of sum 1: spots in a grid of 8 x 8, near one of the centres."""
    draw = np.random.default_rng(seed)
    rows, columns = np.mgrid[:8, :8]
    maps = []
    for row, column in centres:
        for shift in draw.normal(0, 0.4, (number, 2)):
            distance = (rows - row - shift[0]) ** 2 + (columns - column - shift[1]) ** 2
            spot = np.exp(-distance / 3)
            maps.append(spot.ravel() / spot.sum())
    return np.array(maps)


@pytest.mark.parametrize("centres", [[(1, 1), (6, 6)], [(1, 1), (6, 6), (1, 6), (4, 2)]])
def test_the_eigengap_finds_as_many_groups_as_were_planted(centres):
    maps = spots(centres, 40)
    values = eigenvalues(neighbour_graph(maps))
    assert num_clusters(values) == len(centres)
    clusters = spectral_clusters(maps).reshape(len(centres), 40)
    assert all(len(set(of)) == 1 for of in clusters)
    assert len(set(clusters[:, 0])) == len(centres)


def test_the_graph_joins_all_maps():
    maps = spots([(0, 0), (7, 7)], 30)
    assert eigenvalues(neighbour_graph(maps))[1] > 1e-9
    graph = neighbour_graph(maps)
    assert (graph == graph.T).all()
    assert set(np.unique(graph)) <= {0, 0.5, 1}


def test_groups_are_numbered_by_size_and_empty_maps_are_no_group(monkeypatch):
    found = np.repeat([0, 1], [20, 40])
    monkeypatch.setattr(strategy_atlas, "spectral_clusters", lambda own: found)
    maps = np.vstack([spots([(1, 1)], 20), np.zeros((3, 64)), spots([(6, 6)], 40)])
    table = grouped(maps)
    assert table["cluster"].tolist() == [2] * 20 + [0] * 3 + [1] * 40
    assert table.loc[table["cluster"] == 0, ["x", "y", "distance"]].isna().all(axis=None)
    assert np.isfinite(table.loc[table["cluster"] > 0, ["x", "y"]]).all(axis=None)
    cells = table.filter(like="cell_")
    assert cells.shape == (63, 64)
    assert cells.sum(axis=1)[0] == pytest.approx(1000, abs=20)
    own = maps[:20]
    assert table["distance"][5] == pytest.approx(np.linalg.norm(own[5] - own.mean(axis=0)))
    assert by_size(np.array([5, 5, 2, 2, 2, 9])).tolist() == [2, 2, 1, 1, 1, 3]
    pd.testing.assert_frame_equal(table, grouped(maps))


def test_too_few_maps_are_no_atlas():
    with pytest.raises(AtlasError, match="29 of 39 photos have a heat map; 30 are needed"):
        grouped(np.vstack([spots([(1, 1)], 29), np.zeros((10, 64))]))


def test_a_coarse_map_says_where_and_not_how_much():
    raw = np.zeros((16, 16), np.float32)
    raw[:2, 2:4] = 7
    raw[8, 8] = -5
    coarse = coarse_map(raw)
    assert coarse.shape == (8, 8)
    assert coarse[0, 1] == pytest.approx(1)
    assert coarse.sum() == pytest.approx(1)
    assert coarse_map(3 * raw) == pytest.approx(coarse)
    assert coarse_map(np.ones((6, 6))) == pytest.approx(np.full((6, 6), 1 / 36))
    for empty in (np.zeros((9, 9)), -raw[:8, :8], np.full((9, 9), np.nan)):
        assert not coarse_map(empty).any()


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Photos of grey with red in one corner or the other; the last three have no red. The answer
    is what red means, wrongly so for all photos of the second corner."""
    runs, data = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("data")
    rows = toys.predictions(per_split=PER_SPLIT)
    tested = rows["split"] == "test"
    rows.loc[tested, ["p_bcc", "p_mel", "p_nv"]] = [0.8, 0.1, 0.1]
    corner = np.arange(PER_SPLIT) % 2
    rows.loc[tested, "diagnosis"] = np.where(corner, "nv", "bcc")
    toys.write(runs, "toy", rows=rows)
    draw = np.random.default_rng(3)
    names = rows.loc[rows["split"] != "train", "image_id"]
    for name in names:
        number = int(name.split("_")[1])
        photo = np.zeros((64, 64, 3), np.uint8)
        if number < PER_SPLIT - 3:
            photo[CORNERS[corner[number]]] = draw.integers(150, 255), 0, 0
        (data / f"{name}.png").write_bytes(toys.encoded(photo))
    facts = {"dx": "bcc", "dx_type": "histo", "age": 50.0, "sex": "male", "localization": "back"}
    pd.DataFrame({"lesion_id": names, "image_id": names, **facts}).to_csv(
        data / "HAM10000_metadata.csv", index=False
    )
    return runs, data


def photos_of(planted):
    _, data = planted
    return pd.DataFrame({"path": {path.stem: path for path in data.glob("*.png")}})


def test_photos_are_grouped_by_where_the_network_looks(planted):
    classifier = Classifier(run.read(planted[0] / "toy"))
    table = measure(classifier, photos_of(planted)).set_index("image_id")
    number = table.index.str.split("_").str[1].astype(int).to_numpy()
    empty = number >= PER_SPLIT - 3
    assert (table["cluster"][empty] == 0).all()
    assert table["cluster"][~empty].nunique() == 2
    for corner in (0, 1):
        assert table["cluster"][~empty & (number % 2 == corner)].nunique() == 1
    assert len(table) == PER_SPLIT


def test_fewer_photos_are_drawn_always_the_same_and_what_is_kept_is_not_measured_again(planted):
    classifier = Classifier(run.read(planted[0] / "toy"))
    kept = {}
    table = measure(classifier, photos_of(planted), 40, kept=kept)
    assert len(table) == len(kept) == 40
    assert table["image_id"].is_monotonic_increasing
    files = photos_of(planted).assign(path="nowhere")
    pd.testing.assert_frame_equal(table, measure(classifier, files, 40, kept=kept))


def test_black_corners_are_measured(planted):
    classifier = Classifier(run.read(planted[0] / "toy"))
    assert dark_corners(toys.flat((200, 200, 200)), classifier) == 0
    assert dark_corners(toys.flat((5, 5, 5)), classifier) == 1
    half = toys.flat((200, 200, 200), 64, 64)
    half[:, :32] = 0
    assert dark_corners(half, classifier) == pytest.approx(0.5, abs=0.1)


def test_the_command_writes_table_ledger_and_page_and_goes_on_after_a_stop(
    planted, tmp_path, monkeypatch, capsys
):
    runs, data = planted
    page = tmp_path / "atlas.md"
    ask = ["atlas", "toy", "--data", str(data), "--runs", str(runs), "--to", str(page)]

    def stops(rows, title):
        yield from rows[:2]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("train.progress.track", stops)
        assert main(ask) == 130
    assert len((runs / ".toy.atlas.csv.jsonl").read_bytes().splitlines()) == 1 + 2
    assert main(ask) == 0
    said = capsys.readouterr().out
    assert "All 60 test photos, in 2 groups" in said
    assert not (runs / ".toy.atlas.csv.jsonl").exists()
    of = run.read(runs / "toy")
    assert len(of.atlas) == PER_SPLIT
    last = of.ledger.entries[-1]
    assert (last.event, last.what, last.num_photos) == ("reading", "atlas.csv", PER_SPLIT)
    assert last.sha256 == of.card["files"]["atlas.csv"]
    assert page.read_text("utf-8") == atlas_page.page([of])
    page.unlink()
    assert main(["atlas", "--runs", str(runs), "--to", str(page)]) == 0  # the page alone
    assert page.read_text("utf-8") == atlas_page.page([of])


def test_the_command_says_what_it_lacks(planted, tmp_path, capsys):
    runs, _ = planted
    assert main(["atlas", "toy", "--runs", str(runs)]) == 2
    assert "Give the data set of the runs with --data" in capsys.readouterr().err
    assert main(["atlas", "none", "--data", str(tmp_path), "--runs", str(runs)]) == 2
    assert "There is no run named 'none'" in capsys.readouterr().err


def test_the_page_has_a_row_and_a_paragraph_for_each_group(tmp_path):
    page = atlas_page.page([atlases.write(tmp_path)])
    assert "| Group 2 | 50 | mel 60 %, nv 40 % | 0.60 (" in page
    assert "- **No heat map.** Wrong on 5 of 5 photos, 1.00 (" in page
    assert f"at most {strategy_atlas.SIDE} x {strategy_atlas.SIDE} places" in page
    assert "\n\n## `toy`\n\nAll 160 test photos" in page
