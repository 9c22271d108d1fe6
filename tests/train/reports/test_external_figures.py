"""A run measured on photos of other data sets: what is added, what stays, what is refused."""

import pandas as pd
import pytest

from model.run import RunError
from tests import toys
from tests.toys import encoded, flat
from train import __main__ as command
from train.data import external_photos
from train.reports import external_figures


@pytest.fixture
def phone(tmp_path):
    """PAD-UFES-20 with a photo each of three people: red, green, blue, as the toy network sees
    basal cell carcinoma, melanoma and nevus."""
    folder = tmp_path / "pad"
    folder.mkdir()
    colours = {"BCC": (255, 0, 0), "MEL": (0, 255, 0), "NEV": (0, 0, 255)}
    pd.DataFrame(
        {
            "img_id": [f"{name}.png" for name in colours],
            "patient_id": ["person_1", "person_8", "person_9"],
            "diagnostic": list(colours),
        }
    ).to_csv(folder / "metadata.csv", index=False)
    for name, colour in colours.items():
        (folder / f"{name}.png").write_bytes(encoded(flat(colour)))
    return folder


def test_predictions_are_added_and_measured(tmp_path, phone):
    toy = toys.write(tmp_path / "runs")
    run = external_figures.measure(toy, external_photos.read(phone))
    assert list(run.external["image_id"]) == ["BCC", "MEL", "NEV"]
    assert list(run.external["source"]) == 3 * ["PAD-UFES-20"]
    table = external_figures.table(run)
    assert list(table["Photos from"]) == ["phone photos, PAD-UFES-20", "own test photos"]
    assert table["Balanced accuracy"][0].startswith("1.00")
    assert "phone photos, PAD-UFES-20" in (run.path / "README.md").read_text("utf-8")


def test_photos_of_people_that_the_training_saw_stay_out_of_the_test(tmp_path, phone):
    earlier = toys.external().assign(source="PAD-UFES-20", split="train")
    earlier["source"] = earlier["source"].where(earlier["kind"] == "phone photo", "")
    toy = toys.write(tmp_path / "runs", external=earlier)
    run = external_figures.measure(toy, external_photos.read(phone))
    phones = run.external[run.external["kind"] == "phone photo"]
    assert dict(zip(phones["image_id"], phones["split"], strict=True)) == {
        "BCC": "train",
        "MEL": "test",
        "NEV": "test",
    }
    # The pictures without a lesion were not asked about again.
    assert (run.external["kind"] == "no lesion").sum() == 4


def test_photos_measured_before_sources_were_named_do_not_stand_there_twice(tmp_path, phone):
    earlier = toys.external()
    assert "source" not in earlier.columns or set(earlier["source"]) == {""}
    is_phone = earlier["kind"] == "phone photo"
    earlier.loc[is_phone, "image_id"] = ["BCC", "MEL", "other", "more", "NEV", "last"]
    toy = toys.write(tmp_path / "runs", external=earlier)
    run = external_figures.measure(toy, external_photos.read(phone))
    phones = run.external[run.external["kind"] == "phone photo"]
    assert sorted(phones["image_id"]) == ["BCC", "MEL", "NEV", "last", "more", "other"]
    assert set(phones.loc[phones["image_id"].isin(["BCC", "MEL", "NEV"]), "source"]) == {
        "PAD-UFES-20"
    }


def test_the_command_says_what_it_needs(tmp_path, phone, capsys):
    toys.write(tmp_path / "runs")
    toys.write(tmp_path / "runs", "bare", with_network=False)
    where = ["--runs", str(tmp_path / "runs")]
    assert command.main(["external", "toy", *where]) == 2
    assert "Name at least one folder" in capsys.readouterr().err
    assert command.main(["external", "nobody", *where, "--phone-photos", str(phone)]) == 2
    assert "There is no run named 'nobody'" in capsys.readouterr().err
    assert command.main(["external", "bare", *where, "--phone-photos", str(phone)]) == 2
    assert "results only" in capsys.readouterr().err
    assert command.main(["external", "toy", *where, "--phone-photos", str(phone)]) == 0


def test_files_that_cannot_be_read_leave_the_run_as_it_was(tmp_path, phone):
    for file in phone.glob("*.png"):
        file.write_bytes(b"no photo")
    toy = toys.write(tmp_path / "runs")
    with pytest.raises(RunError, match="None of the 3 external photos can be read"):
        external_figures.measure(toy, external_photos.read(phone))
    assert not (toy.path / "outside.csv").exists()
