"""`python -m train neighbours`: real files, a network whose features are the mean colours."""

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation.neighbour_vote import neighbour_vote
from model.network.compiled import CompiledNetwork
from model.prediction.neighbours import Neighbours, lesion_of
from model.run import ledger
from model.run.arrays import BY_FREQUENCY
from tests import toys
from tests.conftest import DATA, ROOT
from train.__main__ import main
from train.data import duplicates
from train.fitting import neighbours as fitting
from train.reports import cases, model_card, neighbours

COLOURS = {"bcc": (200, 20, 20), "mel": (20, 200, 20), "nv": (20, 20, 200)}
RUNS = ROOT / "assets" / "runs"
SHIPPED = [
    name for name in ("ham7_cnn", "lentigo", "lentigo_second", "demo") if (RUNS / name).is_dir()
]


@pytest.fixture
def data(tmp_path):
    """Each photo in a colour of its diagnosis, a little different from lesion to lesion."""
    for row in toys.predictions().itertuples():
        folder = tmp_path / "data" / row.diagnosis
        folder.mkdir(parents=True, exist_ok=True)
        shade = int(row.lesion_id.split("_")[1])
        photo = toys.flat(np.add(COLOURS[row.diagnosis], shade), 64, 64)
        (folder / f"{row.image_id}.png").write_bytes(toys.encoded(photo))
    return tmp_path / "data"


def command(data, runs, name="toy"):
    return main(["neighbours", name, "--data", str(data), "--runs", str(runs)])


def test_the_command_gathers_training_photos_and_asks_them(data, tmp_path, capsys):
    toy = toys.write(tmp_path / "runs")
    assert command(data, toy.path.parent) == 0
    written = run.read(toy.path)
    arrays, table = written.neighbour_arrays, written.neighbour_votes
    assert set(arrays["image_ids"]) == {f"train_{row}" for row in range(30)}
    assert arrays["values"].shape == (30, 3)
    assert arrays["values"].dtype == np.float16
    assert table["split"].value_counts().to_dict() == {"validation": 30, "test": 30}
    # The nearest photos have the same colour, and so the diagnosis.
    diagnosis = written.predictions.set_index("image_id")["diagnosis"]
    nearest = table["nearest"].str.split().str[0]
    assert (diagnosis.loc[nearest].to_numpy() == diagnosis.loc[table["image_id"]].to_numpy()).all()
    found = neighbour_vote(written)
    assert found.balanced_accuracy[1].value == 1
    assert found.num_voting == 1  # of equally good numbers the smallest
    # Photos of a colour that no lesion shares are measured in the unit of validation photos.
    points = Neighbours.from_arrays(arrays)
    assert points.nearest(points.projected(np.array([[0.8, 0.1, 0.1]]))[0])[1][0] > 0
    printed = capsys.readouterr().out
    assert "the vote of the nearest training lesion has a balanced accuracy of 1.00" in printed
    assert list(toy.path.parent.glob(".*")) == []
    card = (toy.path / model_card.FILE).read_text("utf-8")
    assert "## Similar cases" in card
    assert str(found.precision) in card


def test_the_report_writes_the_page_where_neighbours_were_measured(data, tmp_path):
    toy = toys.write(tmp_path / "runs")
    arguments = ["report", "--runs", str(toy.path.parent)]
    to = ["--to", str(tmp_path / "reproduction.md")]
    assert main([*arguments, *to]) == 0
    assert not (tmp_path / cases.FILE).exists()
    assert command(data, toy.path.parent) == 0
    assert main([*arguments, *to]) == 0
    page = (tmp_path / cases.FILE).read_text("utf-8")
    found = neighbour_vote(run.read(toy.path))
    assert "| `toy` | 30 |" in " ".join(page.split())
    assert str(found.balanced_accuracy[0]) in page
    assert str(found.malignant_area[2]) in page


def test_choice_and_reading_stand_in_the_ledger(data, tmp_path):
    toy = toys.write(tmp_path / "runs")
    command(data, toy.path.parent)
    kept = ledger.read(toy.path)
    assert not kept.fault
    choice, reading = kept.entries[-2:]
    assert (choice.event, choice.what) == ("choice", "vote of the nearest lesions")
    assert (choice.photos, choice.num_photos) == ("validation part", 30)
    assert choice.result == "1 lesions, votes alike"
    assert (reading.event, reading.what) == ("reading", "neighbours.csv")
    assert (reading.photos, reading.num_photos) == ("test part", 30)
    assert reading.sha256 == run.read(toy.path).card["files"]["neighbours.csv"]


def test_after_a_stop_it_looks_at_no_photo_twice(data, tmp_path, monkeypatch, capsys):
    from train.reports import kept_features

    toy = toys.write(tmp_path / "runs")
    monkeypatch.setattr(kept_features, "NUM_AT_ONCE", 20)
    seen, real = [], CompiledNetwork.__call__

    def stopping(network, photos, *others):
        seen.append(len(photos))
        if len(seen) == 3:
            raise KeyboardInterrupt
        return real(network, photos, *others)

    monkeypatch.setattr(CompiledNetwork, "__call__", stopping)
    assert command(data, toy.path.parent) == 130
    assert "goes on where this one ended" in capsys.readouterr().err
    assert run.read(toy.path).neighbour_arrays is None
    assert command(data, toy.path.parent) == 0
    assert seen == [20, 20, 20, 20, 20, 10]  # the third was asked again
    assert len(run.read(toy.path).neighbour_votes) == 60


def test_features_of_another_network_are_not_taken_up(data, tmp_path):
    from model.prediction.classifier import Classifier
    from train.reports.kept_features import KeptFeatures

    toy = toys.write(tmp_path / "runs")
    photos = neighbours.photos_of(toy, data)
    kept = KeptFeatures(Classifier(toy), photos)
    kept.read()
    assert KeptFeatures(Classifier(toy), photos).folder.joinpath("0.npy").exists()
    assert not KeptFeatures(Classifier(toy), photos[1:]).folder.joinpath("0.npy").exists()
    kept.read()
    toy.card["files"][run.NETWORK] = "another"
    assert not KeptFeatures(Classifier(toy), photos).folder.joinpath("0.npy").exists()


def test_photos_that_are_missing_are_counted(data, tmp_path, capsys):
    toy = toys.write(tmp_path / "runs")
    next((data / "nv").iterdir()).unlink()
    assert command(data, toy.path.parent) == 2
    assert "toy: 1 of its 90 photos are not in" in capsys.readouterr().err
    only_others = toys.predictions()
    only_others = only_others[only_others["split"] != "train"]
    toys.write(tmp_path / "runs", "other", rows=only_others)
    assert command(data, toy.path.parent, "other") == 2
    assert "does not say which photos it was trained on" in capsys.readouterr().err


def test_a_lesion_under_two_ids_is_one(data, tmp_path, monkeypatch):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("image_a,image_b\ntest_3,train_8\n")
    monkeypatch.setattr(duplicates, "SAME_LESION", pairs)
    toy = toys.write(tmp_path / "runs")
    command(data, toy.path.parent)
    written = run.read(toy.path)
    # test_3 is of the lesion test_1, train_8 of train_4: one lesion, by the first of both ids.
    assert {lesion_of(written, name) for name in ("test_2", "test_3", "train_8", "train_9")} == {
        "test_1"
    }
    nearest = written.neighbour_votes.set_index("image_id")["nearest"].str.split()
    for name in ("test_2", "test_3"):
        assert not {"train_8", "train_9"} & set(nearest[name])
    assert any({"train_8", "train_9"} & set(own) for own in nearest)  # of other photos


def test_the_validation_photos_choose_how_many_vote():
    # One dimension. Each validation photo of mel lies by one nv, and then by two of mel.
    places = {"train": [0.0, 1.0, 1.1, 9.0, 9.1, 9.2, 9.3], "validation": [0.1, 9.15]}
    diagnoses = {"train": ["nv", "mel", "mel", "nv", "nv", "nv", "nv"], "validation": ["mel", "nv"]}
    photos = pd.DataFrame(
        {
            "split": split,
            "image_id": f"{split}_{number}",
            "lesion_id": f"{split}_{number}",
            "diagnosis": diagnoses[split][number],
            "confirmed_by": "",
        }
        for split in places
        for number in range(len(places[split]))
    )
    features = np.array([[place, 0.0] for split in places for place in places[split]], np.float32)
    arrays = fitting.fit_neighbours(features, photos, ["mel", "nv"])
    assert int(arrays["num_voting"]) == 3
    assert str(arrays["weighting"]) == "alike"
    # 0.1 and 0.05 to their nearest.
    assert float(arrays["unit"]) == pytest.approx(0.075, abs=0.002)


def test_rare_diagnoses_can_be_given_as_much_weight(monkeypatch):
    """By two of mel lie three of nv, of which there are many more: only weights find the mel."""
    monkeypatch.setattr(fitting, "NUMBERS_VOTING", (5,))
    places = [0.0, 0.1, 0.2, 0.3, 0.4, *np.arange(9, 10, 0.1), 0.15, 9.5]
    photos = pd.DataFrame(
        {
            "split": 15 * ["train"] + 2 * ["validation"],
            "image_id": [f"p{number}" for number in range(17)],
            "lesion_id": [f"l{number}" for number in range(17)],
            "diagnosis": ["mel", "mel", *13 * ["nv"], "mel", "nv"],
            "confirmed_by": "",
        }
    )
    features = np.stack([places, np.zeros(17)], axis=1).astype(np.float32)
    arrays = fitting.fit_neighbours(features, photos, ["mel", "nv"])
    assert str(arrays["weighting"]) == BY_FREQUENCY
    table = fitting.vote_table(arrays, features, photos, ["mel", "nv"])
    assert table["p_mel"].tolist() == pytest.approx([1 / (1 + 3 / 13), 0])


@pytest.mark.parametrize("name", SHIPPED)
def test_no_lesion_that_ships_is_a_similar_case_of_itself(name):
    shipped = run.read(RUNS / name)
    if shipped.neighbour_arrays is None:
        pytest.skip("without neighbours")
    rows = shipped.predictions
    rows = rows[(rows["fold"] == shipped.folds[0]) & (rows["copy_of"] == "")]
    # By the predictions and the table of pairs, not by the ids in the files that are tested.
    lesion = pd.Series(duplicates.lesions(rows), rows["image_id"])
    table = shipped.neighbour_votes
    assert set(table.loc[table["split"] == "test", "image_id"]) == set(
        shipped.test_photos["image_id"]
    )
    named = table.assign(nearest=table["nearest"].str.split()).explode("nearest")
    own, others = lesion.loc[named["image_id"]], lesion.loc[named["nearest"]]
    assert not (own.to_numpy() == others.to_numpy()).any()
    # One photo for each lesion, all of the training part.
    num_lesions = pd.Series(others.to_numpy()).groupby(named["image_id"].to_numpy()).nunique()
    assert (num_lesions == 5).all()
    part = rows.set_index("image_id")["split"]
    assert set(part.loc[named["nearest"]]) == {"train"}
    assert set(shipped.neighbour_arrays["image_ids"]) == set(part.index[part == "train"])
    # Photos that share a lesion share its id here, so that the app leaves out the same.
    ids = pd.Series(
        [lesion_of(shipped, image_id) for image_id in rows["image_id"][:60]], lesion.iloc[:60]
    )
    assert ids.groupby(level=0).nunique().eq(1).all()
    assert (shipped.path / run.NEIGHBOURS).stat().st_size < 3e6


def test_some_lesions_that_ship_have_two_ids_across_parts():
    """Else the test above would prove nothing for them."""
    shipped = run.read(RUNS / "lentigo")
    rows = shipped.predictions[shipped.predictions["copy_of"] == ""]
    lesion, part = duplicates.lesions(rows), rows["split"].to_numpy()
    met = np.isin(lesion, lesion[part == "train"]) & (part == "test")
    assert met.sum() == 14


def test_the_page_is_what_the_runs_say():
    runs, refused = run.read_all([RUNS])
    assert refused == {}
    assert cases.measured(runs)
    assert (ROOT / "docs" / cases.FILE).read_text("utf-8") == cases.cases(runs)


def test_the_demo_is_on_no_page_about_lesions():
    runs, _ = run.read_all([RUNS])
    assert runs["demo"].neighbour_votes is not None
    assert "demo" not in cases.measured(runs)
    assert "lentigo" in cases.measured(runs)


def test_the_drawings_of_the_demo_are_those_it_learned_from():
    """Drawn anew from their ids, they have the features that are stored."""
    from model.photo.decode import decode
    from model.prediction.classifier import Classifier, feature_network

    shipped = run.read(RUNS / "demo")
    classifier = Classifier(shipped)
    photos = neighbours.photos_of(shipped, None)
    assert len(photos) == (shipped.predictions["copy_of"] == "").sum()
    training = photos[photos["split"] == "train"].iloc[::40]
    pixels = [classifier.prepare(decode(path.read_bytes())) for path in training["path"]]
    found = Neighbours.from_arrays(shipped.neighbour_arrays)
    points = found.projected(feature_network(classifier)(np.stack(pixels)).features)
    kept = np.stack([found.values[found.image_ids == name][0] for name in training["image_id"]])
    assert points == pytest.approx(kept, abs=5e-3 * float(np.abs(kept).max()))
    with_photos = run.read(RUNS / "ham7_cnn")
    with pytest.raises(neighbours.NeighboursError, match="name their folder with --data"):
        neighbours.photos_of(with_photos, None)


@pytest.mark.data
def test_the_features_that_ship_are_those_of_the_network():
    from model.photo.decode import decode
    from model.prediction.classifier import Classifier, feature_network

    shipped = run.read(RUNS / "ham7_cnn")
    classifier = Classifier(shipped)
    photos = neighbours.photos_of(shipped, DATA / "ham10000").set_index("image_id")
    found = Neighbours.from_arrays(shipped.neighbour_arrays)
    test = shipped.neighbour_votes.query("split == 'test'").iloc[:8]
    pixels = [
        classifier.prepare(decode(photos["path"][name].read_bytes())) for name in test["image_id"]
    ]
    points = found.projected(feature_network(classifier)(np.stack(pixels)).features)
    for row, point in zip(test.itertuples(), points, strict=True):
        rows, _ = found.nearest(point, row.lesion_id)
        assert " ".join(found.image_ids[rows[:5]]) == row.nearest
        shares = found.vote(rows, shipped.diagnoses)
        stored = [getattr(row, f"p_{code}") for code in shipped.diagnoses]
        assert shares == pytest.approx(stored, abs=1e-5)
