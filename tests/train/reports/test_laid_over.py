"""How often photos can be laid over each other: which pairs are drawn, and what is counted."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from model.audit.same_lesion import SAME_LESION
from model.evaluation import laid_over as counted
from tests.toys import encoded
from train.__main__ import main
from train.data import rendered
from train.reports import laid_over


def photos(*rows):
    table = pd.DataFrame(rows, columns=["image_id", "lesion_id"])
    return table.assign(path=[f"{name}.png" for name in table["image_id"]])


def test_a_lesion_gives_one_pair_and_photos_of_two_lesions_another():
    listed = pd.read_csv(SAME_LESION)["image_a"][0]
    drawn = laid_over.pairs_of(
        photos(
            *((f"a{number}", "A") for number in (3, 1, 2)),
            ("b1", "B"),
            ("c1", "C"),
            (listed, "C"),  # what the limits were set on
            ("d1", "D"),
            *((f"unknown{number}", "") for number in range(4)),
        )
    )
    same, other = (drawn[drawn["is_same_lesion"] == side] for side in (True, False))
    assert same[["image_a", "image_b", "path_a"]].to_numpy().tolist() == [["a1", "a2", "a1.png"]]
    assert sorted([*other["image_a"], *other["image_b"]]) == ["a1", "b1", "c1", "d1"]


def test_no_more_pairs_are_drawn_than_asked_for_and_always_the_same():
    table = photos(*((f"{lesion}_{n}", f"L{lesion}") for lesion in range(20) for n in range(2)))
    drawn = laid_over.pairs_of(table, 5)
    assert drawn["is_same_lesion"].tolist() == [*5 * [True], *5 * [False]]
    pd.testing.assert_frame_equal(drawn, laid_over.pairs_of(table.iloc[::-1], 5))
    assert (drawn["image_a"].str[:-2] == drawn["image_b"].str[:-2]).tolist() == [
        *5 * [True],
        *5 * [False],
    ]


def test_the_command_writes_what_is_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(counted, "FILE", tmp_path / "results" / "laid_over.csv")
    folder = tmp_path / "data"
    folder.mkdir()
    rows = []
    for seed in range(1, 5):
        drawing = Image.fromarray(rendered.render("dotted", seed).photo)
        for number, image in enumerate((drawing, drawing.rotate(15))):
            name = f"{seed}_{number}.png"
            (folder / name).write_bytes(encoded(np.asarray(image)))
            rows.append({"file": name, "lesion_id": f"L{seed}", "diagnosis": "nv"})
    pd.DataFrame(rows).to_csv(folder / "photos.csv", index=False)
    assert main(["lay-over", "--data", str(folder)]) == 0
    found = counted.rates(counted.FILE)
    assert (found.num_same, found.num_other) == (4, 2)
    assert (found.same.value, found.other.value) == (1, 0)
    assert "Of 4 lesions" in " ".join(capsys.readouterr().out.split())


def test_a_folder_without_several_photos_of_a_lesion_is_refused(tmp_path, capsys):
    (tmp_path / "one.png").write_bytes(encoded(rendered.render("even", 1).photo))
    table = pd.DataFrame([{"file": "one.png", "lesion_id": "A", "diagnosis": "nv"}])
    table.to_csv(tmp_path / "photos.csv", index=False)
    assert main(["lay-over", "--data", str(tmp_path)]) == 2
    assert "has no lesion with several photos" in capsys.readouterr().err


def test_a_table_that_is_not_one_is_refused(tmp_path):
    file = tmp_path / "laid_over.csv"
    assert counted.rates(file) is None
    file.write_text("image_a,image_b\n")
    with pytest.raises(counted.LaidOverError, match="lacks the columns correlation"):
        counted.rates(file)
    file.write_text(f"{','.join(counted.COLUMNS)}\na,b,yes,True,9,0.9\n")
    with pytest.raises(counted.LaidOverError, match="something other than True and False"):
        counted.rates(file)
