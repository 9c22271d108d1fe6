"""The run folder: what is written reads back, and what was touched is refused alone."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from model import run
from model.run import RunError, files, schema, writer
from tests import toys


@pytest.fixture
def toy(tmp_path):
    """A results-only run that a test may damage."""
    return toys.write(tmp_path, with_network=False).path


def rewrite_card(folder, **changes):
    card = json.loads((folder / run.CARD).read_text())
    (folder / run.CARD).write_text(json.dumps(card | changes))


def replace_file(folder, name, text):
    """Change a file and its hash, as a careful forger would."""
    (folder / name).write_text(text)
    card = json.loads((folder / run.CARD).read_text())
    card["files"][name] = run.sha256(folder / name)
    (folder / run.CARD).write_text(json.dumps(card))


def test_what_is_written_reads_back(toy_runs):
    toy_run = run.read(toy_runs / "toy")
    assert toy_run.name == "toy"
    assert toy_run.diagnoses == ["bcc", "mel", "nv"]
    assert toy_run.has_network
    assert not toy_run.as_published
    assert set(toy_run.card["files"]) == {
        "history.csv",
        "predictions.csv",
        "calibration.json",
        "novelty.npz",
        "model.keras",
    }
    assert list(toy_run.history.columns) == list(run.HISTORY_COLUMNS)
    assert np.allclose(toy_run.history["val_loss"], [1.0, 0.6, 0.9])
    written = toys.predictions()
    assert np.allclose(
        toy_run.predictions[toy_run.probability_columns],
        written[toy_run.probability_columns],
        atol=1e-6,
    )
    assert list(toy_run.predictions["lesion_id"]) == list(written["lesion_id"])
    assert toy_run.novelty["mean"].shape == (3,)


def test_a_results_only_run_is_a_full_run_without_a_network(toy_runs):
    toy_run = run.read(toy_runs / "toy_results")
    assert not toy_run.has_network
    assert len(toy_run.predictions) == 90
    assert toy_run.command == "python -m train run toy"


def test_the_kept_epoch_is_the_one_its_monitor_prefers(toy_runs):
    toy_run = run.read(toy_runs / "toy")
    assert toy_run.folds == [0]
    assert toy_run.kept_epoch(0) == 2
    assert run.best_epoch(toy_run.history, "val_accuracy") == 2
    tied = pd.DataFrame({"epoch": [1, 2, 3], "val_loss": [0.5, 0.4, 0.4]})
    assert run.best_epoch(tied, "val_loss") == 2


def test_reading_runs_never_imports_tensorflow(toy_runs):
    code = (
        "import sys; from model import lesions, run; from model.evaluation import metrics; "
        "from model.heatmaps import overlay; from model.photo import decode; "
        "from model.prediction import novelty, prediction; "
        f"runs, refused = run.read_all([{str(toy_runs)!r}]); "
        "assert len(runs) == 2 and not refused; "
        "loaded = {name.partition('.')[0] for name in sys.modules}; "
        "assert not loaded & {'tensorflow', 'keras', 'streamlit', 'train'}, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", [run.HISTORY, run.PREDICTIONS, run.CALIBRATION, run.NOVELTY])
def test_a_changed_file_is_refused(toy, name):
    data = (toy / name).read_bytes()
    (toy / name).write_bytes(data + b" ")
    with pytest.raises(RunError, match=f"{name} is not the file the card was written for"):
        run.read(toy)


@pytest.mark.parametrize("name", [run.HISTORY, run.PREDICTIONS, run.CALIBRATION, run.NOVELTY])
def test_a_missing_file_is_refused(toy, name):
    (toy / name).unlink()
    with pytest.raises(RunError, match=f"{name} is missing"):
        run.read(toy)


def test_a_skin_tone_that_the_card_does_not_list_is_refused(toy):
    (toy / run.SKIN_TONE).write_text("image_id,ita,share\na,40,0.5\n")
    with pytest.raises(RunError, match=r"skin_tone\.csv is there but the card does not list it"):
        run.read(toy)


def test_a_network_that_the_card_does_not_list_is_refused(toy):
    (toy / run.NETWORK).write_bytes(b"someone's weights")
    with pytest.raises(RunError, match=r"model.keras is there but the card does not list it"):
        run.read(toy)


@pytest.mark.parametrize("key", sorted(schema.CARD["required"]))
def test_a_card_without_a_key_is_refused_by_name(toy, key):
    card = json.loads((toy / run.CARD).read_text())
    del card[key]
    (toy / run.CARD).write_text(json.dumps(card))
    with pytest.raises(RunError, match=f"card.json is not a card .*'{key}' is a required property"):
        run.read(toy)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "other"}, "Give the folder that name"),
        (
            {"protocol": "hopeful"},
            r"protocol: 'hopeful' is not one of \['honest', 'as-published', 'imported'\]",
        ),
        ({"diagnoses": ["mel"]}, r"diagnoses: \['mel'\] is too short"),
        ({"diagnoses": ["mel", "mel", "nv"]}, "diagnoses: .* has non-unique elements"),
        ({"diagnoses": ["mel", 3, "nv"]}, r"diagnoses\[1\]: 3 is not of type 'string'"),
        ({"diagnoses": ["mel", "nv", "df"]}, r"lacks the columns p_df"),
        ({"diagnoses": ["mel", "nv"]}, "not a diagnosis of the run"),
        (
            {"input": {"height": 16, "width": 0, "range": [0, 255]}},
            "input.width: 0 is less than the minimum of 8",
        ),
        ({"input": {"height": 16, "width": 16}}, "input: 'range' is a required property"),
        ({"data": {"name": "toys"}}, "data: 'licence' is a required property"),
        ({"limits": [3]}, r"limits\[0\]: 3 is not of type 'string'"),
        ({"settings": {"monitor": "luck"}}, "settings.monitor: 'luck' is not one of"),
        ({"files": {}}, r"does not list history.csv"),
        ({"seed": "lucky"}, "seed: 'lucky' is not of type 'integer'"),
    ],
)
def test_a_card_that_cannot_be_true_is_refused(toy, changes, sentence):
    rewrite_card(toy, **changes)
    with pytest.raises(RunError, match=sentence):
        run.read(toy)


def test_a_card_that_reaches_outside_its_folder_is_refused(toy):
    card = json.loads((toy / run.CARD).read_text())
    rewrite_card(toy, files=card["files"] | {"../../secret": "0"})
    with pytest.raises(RunError, match="not a plain name"):
        run.read(toy)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\xff"])
def test_a_card_that_is_no_card_is_refused(toy, text):
    (toy / run.CARD).write_bytes(text.encode("latin-1"))
    with pytest.raises(RunError, match=r"card.json"):
        run.read(toy)


def test_a_folder_without_a_card_is_refused(tmp_path):
    with pytest.raises(RunError, match="this is no run folder"):
        run.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.drop(columns="p_mel"), "lacks the columns p_mel"),
        (lambda t: t.assign(p_mel=2.0), "do not add up to 1"),
        (lambda t: t.assign(p_mel=-t["p_mel"]), "do not add up to 1"),
        (lambda t: t.assign(p_mel="high"), "no number"),
        (lambda t: t.assign(p_mel=np.nan), "no number"),
        (lambda t: t.assign(split="holdout"), "names the split 'holdout'"),
        (lambda t: t.assign(diagnosis="acne"), "names 'acne'"),
        (lambda t: t.assign(image_id="one"), "one photo twice in a fold"),
        (lambda t: t[t["split"] != "test"], "holds no test photos"),
        (lambda t: t.iloc[:0], "has no rows"),
    ],
)
def test_predictions_that_cannot_be_true_are_refused(toy, change, sentence):
    table = change(pd.read_csv(toy / run.PREDICTIONS))
    replace_file(toy, run.PREDICTIONS, table.to_csv(index=False))
    with pytest.raises(RunError, match=sentence):
        run.read(toy)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (run.HISTORY, "fold,epoch\n0,1\n", "lacks the columns loss"),
        (run.HISTORY, ",".join(run.HISTORY_COLUMNS) + "\n0,1,a,1,1,1,1,1\n", "numbers in loss"),
        (run.HISTORY, "", "cannot be read"),
        (run.CALIBRATION, "{}", "'temperature' is a required property"),
        (run.CALIBRATION, '{"temperature": 0}', "temperature: 0 is less than or equal to"),
        (run.CALIBRATION, "[", "cannot be read"),
        (run.CALIBRATION, '{"temperature": 1, "conformal": {}}', "conformal: 'coverage' is"),
        (run.CALIBRATION, '{"temperature": 1, "operating_points": [{}]}', "operating_points"),
        (run.NOVELTY, "not an archive", "cannot be read"),
    ],
)
def test_tables_that_are_malformed_are_refused(toy, name, text, sentence):
    replace_file(toy, name, text)
    with pytest.raises(RunError, match=sentence):
        run.read(toy)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("image_id,ita\na,40\n", "skin_tone.csv lacks the columns share"),
        ("image_id,ita,share\n", "skin_tone.csv has no rows"),
        ("image_id,ita,share\na,40,0.5\na,41,0.5\n", "has one photo twice"),
        ("image_id,ita,share\na,light,0.5\n", "something other than numbers in ita"),
        ("image_id,ita,share\na,40,1.5\n", "a share that is not between 0 and 1"),
        ("image_id,ita,share\na,40,\n", "a share that is not between 0 and 1"),
        ("image_id,ita,share\na,400,0.5\n", "an angle beyond 180 degrees"),
    ],
)
def test_skin_tones_that_cannot_be_true_are_refused(toy, text, sentence):
    replace_file(toy, run.SKIN_TONE, text)
    with pytest.raises(RunError, match=sentence):
        run.read(toy)


def test_a_skin_tone_that_could_not_be_measured_is_no_number(toy):
    replace_file(toy, run.SKIN_TONE, "image_id,ita,share\n007,,0.01\nb,40.5,0.5\n")
    table = run.read(toy).skin_tone
    assert list(table["image_id"]) == ["007", "b"]
    assert np.isnan(table["ita"][0])
    assert table["ita"][1] == 40.5


def test_one_broken_run_leaves_the_others_alone(tmp_path):
    toys.write(tmp_path, "good", with_network=False)
    broken = toys.write(tmp_path, "broken", with_network=False)
    (broken.path / run.HISTORY).write_text("gone wrong")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a_file").write_text("")
    runs, refused = run.read_all([tmp_path, tmp_path / "missing"])
    assert list(runs) == ["good"]
    assert list(refused) == ["broken", "empty"]
    assert "history.csv is not the file" in refused["broken"]


def test_an_unknown_run_is_named_beside_those_there_are(toy_runs):
    with pytest.raises(RunError, match=r"'nope'. Runs here: toy, toy_results"):
        run.find("nope", [toy_runs])


@pytest.mark.parametrize("name", ["../toy", "", ".", "toy/../toy"])
def test_a_run_is_found_by_name_and_never_by_path(toy_runs, name):
    with pytest.raises(RunError, match="There is no run named"):
        run.find(name, [toy_runs])


def test_a_run_that_does_not_read_back_is_not_written(tmp_path):
    older = toys.write(tmp_path, with_network=False)
    before = older.card["files"]
    wrong = toys.predictions().assign(p_mel=5.0)
    with pytest.raises(RunError, match="do not add up to 1"):
        writer.write(
            tmp_path,
            writer.RunContents(toys.card(), toys.history(), wrong, toys.CALIBRATION),
        )
    assert run.read(tmp_path / "toy").card["files"] == before
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_a_run_is_replaced_whole(tmp_path):
    toys.write(tmp_path, with_network=False, title="Older")
    toys.write(tmp_path, with_network=False, title="Newer")
    assert run.read(tmp_path / "toy").title == "Newer"
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_operating_points_of_unknown_diagnoses_are_refused(toy):
    point = toys.CALIBRATION["operating_points"][0] | {"of": ["acne"]}
    text = json.dumps(toys.CALIBRATION | {"operating_points": [point]})
    replace_file(toy, run.CALIBRATION, text)
    with pytest.raises(RunError, match="names 'acne', not a diagnosis of the run"):
        run.read(toy)


@pytest.mark.parametrize(
    "arrays",
    [
        {"mean": np.zeros(3), "whitening": np.eye(3)},
        {"mean": np.zeros(3), "whitening": np.eye(4), "cut": 1.0},
        {"mean": np.zeros(3), "whitening": np.eye(3), "cut": 0.0},
        {"mean": np.array(["a"]), "whitening": np.eye(1), "cut": 1.0},
    ],
)
def test_novelty_arrays_that_do_not_fit_are_refused(tmp_path, arrays):
    with pytest.raises(RunError, match=r"novelty.npz"):
        writer.write(
            tmp_path,
            writer.RunContents(
                toys.card(), toys.history(), toys.predictions(), toys.CALIBRATION, arrays
            ),
        )


def test_nothing_stands_in_unseen_for_a_broken_run_of_the_same_name(tmp_path):
    broken = toys.write(tmp_path / "own", "same", with_network=False)
    toys.write(tmp_path / "shipped", "same", with_network=False)
    (broken.path / run.HISTORY).write_text("gone wrong")
    runs, refused = run.read_all([tmp_path / "own", tmp_path / "shipped"])
    assert runs == {}
    assert list(refused) == ["same"]


def test_a_replacement_that_fails_leaves_the_older_run(tmp_path, monkeypatch):
    older = toys.write(tmp_path, with_network=False, title="Older")
    original = type(tmp_path).rename

    def fail(path, target):
        if path.name == "toy" and path.parent != tmp_path:
            raise PermissionError("in use")
        return original(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", fail)
    with pytest.raises(PermissionError):
        toys.write(tmp_path, with_network=False, title="Newer")
    monkeypatch.undo()
    assert run.read(older.path).title == "Older"


def test_a_file_that_cannot_be_opened_refuses_its_run_alone(tmp_path, monkeypatch):
    toys.write(tmp_path, "first", with_network=False)
    toys.write(tmp_path, "second", with_network=False)
    original = files.sha256

    def fail(path):
        if path.parent.name == "first":
            raise PermissionError("not yours")
        return original(path)

    monkeypatch.setattr(files, "sha256", fail)
    runs, refused = run.read_all([tmp_path])
    assert list(runs) == ["second"]
    assert "cannot be read" in refused["first"]


def test_a_history_that_never_validated_is_refused(toy):
    table = pd.read_csv(toy / run.HISTORY).assign(val_loss=np.nan)
    replace_file(toy, run.HISTORY, table.to_csv(index=False))
    with pytest.raises(RunError, match="a fold without any val_loss"):
        run.read(toy)


ATLAS_HEADER = "image_id,lesion_id,cluster,x,y,distance,dark_corners,cell_0"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("image_id,lesion_id\ntest_0,a\n", "lacks the columns cluster"),
        (f"{ATLAS_HEADER}\ntest_0,a,1,0,0,0,0,9\ntest_0,a,1,0,0,0,0,9\n", "two rows of test_0"),
        (f"{ATLAS_HEADER},cell_1\ntest_0,a,1,0,0,0,0,9,9\n", "maps of 2 places, which is no sq"),
        (f"{ATLAS_HEADER}\ntest_0,a,1.5,0,0,0,0,9\n", "a cluster that is no whole number"),
        (f"{ATLAS_HEADER}\ntest_0,a,-1,0,0,0,0,9\n", "a cluster that is no whole number"),
        (f"{ATLAS_HEADER}\ntest_0,a,1,,0,0,0,9\n", "a photo in a cluster without a place"),
        (f"{ATLAS_HEADER}\ntest_0,a,1,0,0,0,0,-9\n", "a photo in a cluster without a place"),
        (f"{ATLAS_HEADER}\ntest_0,a,1,left,0,0,0,9\n", "something other than numbers in x"),
        (f"{ATLAS_HEADER}\ntrain_0,a,1,0,0,0,0,9\n", "train_0, which is no test photo of it"),
    ],
)
def test_an_atlas_that_cannot_be_true_is_refused(toy, text, sentence):
    replace_file(toy, run.ATLAS, text)
    with pytest.raises(RunError, match=sentence):
        run.read(toy)


def test_a_photo_without_a_map_has_no_place(toy):
    replace_file(toy, run.ATLAS, f"{ATLAS_HEADER}\ntest_0,a,0,,,,0.5,0\n")
    assert np.isnan(run.read(toy).atlas["x"][0])


def neighbours(**changes):
    """Arrays of neighbours.npz: two training photos of two lesions."""
    return {
        "mean": np.zeros(3, np.float32),
        "components": np.eye(3, 2, dtype=np.float32),
        "values": np.zeros((2, 2), np.float16),
        "unit": np.float32(1),
        "image_ids": np.array(["train_0", "train_2"]),
        "lesion_ids": np.array(["train_0", "train_1"]),
        "diagnoses": np.array(["bcc", "nv"]),
        "confirmed_by": np.array(["histo", ""]),
        "num_voting": np.int32(1),
        "weighting": np.array("alike"),
    } | changes


def neighbour_votes(**changes):
    columns = {
        "split": ["test"],
        "image_id": ["test_0"],
        "lesion_id": ["test_0"],
        "nearest": ["train_2 train_0"],
        "p_bcc": [0.25],
        "p_mel": [0.0],
        "p_nv": [0.75],
    }
    return pd.DataFrame(columns | changes)


def test_neighbours_read_back_as_they_were_written(toy):
    written = writer.add_neighbours(run.read(toy), neighbours(), neighbour_votes())
    for key, values in neighbours().items():
        assert written.neighbour_arrays[key].tolist() == values.tolist()
    assert written.neighbour_votes.to_dict("list") == neighbour_votes().to_dict("list")
    assert {run.NEIGHBOURS, run.NEIGHBOUR_VOTES} <= set(written.card["files"])


@pytest.mark.parametrize("name", [run.NEIGHBOURS, run.NEIGHBOUR_VOTES])
def test_neighbours_that_the_card_does_not_list_are_refused(toy, name):
    (toy / name).write_bytes(b"somebody's photos")
    with pytest.raises(RunError, match=rf"{name} is there but the card does not list it"):
        run.read(toy)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"values": np.zeros((3, 2), np.float16)}, "do not fit each other"),
        ({"components": np.eye(3, 3)}, "do not fit each other"),
        ({"mean": np.zeros(4)}, "do not fit each other"),
        ({"lesion_ids": np.array(["one"])}, "do not fit each other"),
        ({"unit": np.float32(0)}, "do not fit each other"),
        ({"num_voting": np.int32(0)}, "do not fit each other"),
        ({"values": np.full((2, 2), np.nan)}, "something that is no number"),
        ({"diagnoses": np.array(["bcc", "wart"])}, "names 'wart', not a diagnosis"),
        ({"weighting": np.array("by age")}, "weighs the votes 'by age'"),
    ],
)
def test_neighbours_that_do_not_fit_are_refused(toy, changes, sentence):
    with pytest.raises(RunError, match=sentence):
        writer.add_neighbours(run.read(toy), neighbours(**changes), neighbour_votes())
    assert run.read(toy).neighbour_arrays is None  # what was there stays


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"p_nv": [0.5]}, "do not add up to 1"),
        ({"split": ["train"]}, "names the split 'train'"),
        ({"nearest": ["train_2 train_4"]}, "a photo whose nearest are not 1 to 5"),
        ({"nearest": [" ".join(6 * ["train_0"])]}, "a photo whose nearest are not 1 to 5"),
        ({"nearest": [""]}, "a photo whose nearest are not 1 to 5"),
    ],
)
def test_votes_that_cannot_be_true_are_refused(toy, changes, sentence):
    with pytest.raises(RunError, match=sentence):
        writer.add_neighbours(run.read(toy), neighbours(), neighbour_votes(**changes))


def test_every_optional_file_but_the_network_is_a_part_of_the_run():
    parts = [part.file for part in vars(run.Run).values() if isinstance(part, run.OptionalPart)]
    assert len(parts) == len(set(parts))
    assert set(parts) == set(files.OPTIONAL) - {files.NETWORK}
