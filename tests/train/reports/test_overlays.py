"""A certificate shows photos of one lesion laid over each other, where they are at hand."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from model.audit.list_audit import audit_lists
from model.audit.lists import read_lists, read_metadata
from model.photo.registration import Registration
from tests.model.audit.lists import brought
from tests.toys import encoded
from tests.train.data.test_same_lesion import brightened, drawn, flipped, turned
from train.__main__ import main
from train.reports.overlays import MOST, TILES, chequers, overlays, pairs_of, strip

# What each test photo is made of: a seed, and how the training photo of the same lesion differs.
TESTED = {"turned": (0, turned), "flipped": (1, flipped), "brightened": (2, brightened)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Drawings as HAM10000: three lesions on both sides, one more under one id whose photos do not
    show the same, and one in the test alone."""
    folder = tmp_path_factory.mktemp("ham")
    images = {f"train_{name}": drawn(seed) for name, (seed, _) in TESTED.items()}
    images |= {f"test_{name}": change(drawn(seed)) for name, (seed, change) in TESTED.items()}
    images |= {"train_other": drawn(7), "test_other": drawn(8), "test_alone": drawn(9)}
    for name, image in images.items():
        (folder / f"{name}.png").write_bytes(encoded(np.asarray(image)))
    lesions = [name.split("_")[1] for name in images]
    facts = {"dx": "nv", "dx_type": "histo", "age": 50.0, "sex": "male", "localization": "back"}
    table = pd.DataFrame({"lesion_id": lesions, "image_id": list(images), **facts})
    table.to_csv(folder / "HAM10000_metadata.csv", index=False)
    table.assign(split=[name.split("_")[0] for name in images]).to_csv(
        folder / "list.csv", index=False
    )
    return folder


@pytest.fixture(scope="module")
def found(folder):
    table = pd.read_csv(folder / "list.csv")
    audit = audit_lists(read_lists(brought(table)), read_metadata(brought(table)))
    return overlays(audit, {path.stem: path for path in folder.glob("*.png")})


def test_photos_of_one_lesion_are_laid_over_each_other_and_others_are_not(found):
    assert {(one.tested, one.trained, one.lesion) for one in found.pairs} == {
        (f"test_{name}", f"train_{name}", name) for name in TESTED
    }
    assert (found.num_tried, found.num_pairs) == (4, 4)
    likeness = [one.correlation for one in found.pairs]
    assert likeness == sorted(likeness, reverse=True)
    assert min(likeness) > 0.5
    assert "Of 4 test photos at hand with a training photo of their lesion, 4 were tried and 3" in (
        found.sentence
    )


def test_the_pictures_are_small_and_show_the_same_lesion(found):
    for one in found.pairs:
        picture = Image.open(io.BytesIO(one.jpeg))
        assert (picture.format, picture.size) == ("JPEG", (3 * 200, 150))
        assert len(one.jpeg) < 60_000
        second, moved, both = np.split(np.asarray(picture, float), 3, axis=1)
        shows = moved.min(axis=2) < 250  # white where the training photo does not reach
        assert shows.mean() > 0.5
        assert np.corrcoef(second[shows].ravel(), moved[shows].ravel())[0, 1] > 0.8
        assert np.corrcoef(second.ravel(), both.ravel())[0, 1] > 0.8
        # Laid over it the wrong way, the same photo is not like it.
        assert np.corrcoef(second[shows].ravel(), moved[::-1][shows].ravel())[0, 1] < 0.8


def test_the_chequered_picture_takes_every_other_tile_of_each_photo():
    assert chequers(4, 12)[0].tolist() == [False, False, True, True] * 3
    assert chequers(4, 12)[2].tolist() == [True, True, False, False] * 3
    first, second = np.zeros((60, 60, 3)), np.full((60, 60, 3), 0.5)
    picture = Image.open(io.BytesIO(strip(first, second, Registration(1 + 0j, 0j, 9))))
    both = np.asarray(picture, float)[:, 120:]
    tile = 60 // TILES
    middle = slice(tile // 4, 3 * tile // 4)
    assert both[middle, middle].mean() == pytest.approx(127, abs=6)
    assert both[middle, tile:][:, middle].mean() == pytest.approx(0, abs=6)
    # Where the first does not reach, the second stays.
    shifted = Image.open(io.BytesIO(strip(first, second, Registration(1 + 0j, 30 + 0j, 9))))
    left = np.asarray(shifted, float)[:, 120:140]
    assert left.mean() == pytest.approx(127, abs=6)


def test_pairs_need_both_photos_and_two_of_them():
    met = pd.DataFrame(
        {
            "image_id": ["a", "b", "c"],
            "lesion_id": ["1", "2", "3"],
            "mates": [["x", "y"], ["b"], ["x"]],
        }
    )
    files = dict.fromkeys(["a", "b", "y"], "somewhere")
    assert pairs_of(met, files) == [("a", "y", "1")]


def test_a_file_that_is_no_photo_is_passed_over_and_the_pictures_are_bounded(folder, tmp_path):
    table = pd.read_csv(folder / "list.csv")
    audit = audit_lists(read_lists(brought(table)), read_metadata(brought(table)))
    (tmp_path / "broken.png").write_bytes(b"no photo")
    files = {path.stem: path for path in folder.glob("*.png")}
    broken = files | {"train_turned": tmp_path / "broken.png"}
    assert len(overlays(audit, broken).pairs) == 2
    many = audit.met[audit.met["image_id"] == "test_brightened"]
    many = pd.concat([many] * (MOST + 5), ignore_index=True)
    object.__setattr__(audit, "met", many)
    limited = overlays(audit, files)
    assert (len(limited.pairs), limited.num_tried, limited.num_pairs) == (MOST, MOST, MOST + 5)


def test_the_certificate_holds_the_pictures_and_asks_nobody_for_anything(folder, capsys, tmp_path):
    html = tmp_path / "leaks.html"
    files = ["--predictions", str(folder / "list.csv")]
    files += ["--metadata", str(folder / "HAM10000_metadata.csv")]
    assert main(["audit", *files, "--data", str(folder), "--certificate", str(html)]) == 0
    assert "4 were tried and 3 could be laid over it" in capsys.readouterr().out
    page = html.read_text("utf-8")
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    assert len(pictures) == page.count("src=") == 3
    for picture in pictures:
        assert Image.open(io.BytesIO(base64.b64decode(picture))).format == "JPEG"
    assert "test_flipped (test) and train_flipped (training), lesion flipped: correlation" in page
    assert f"--data {folder.name} --certificate" in page
    assert str(tmp_path) not in page
    nowhere = tmp_path / "none"
    assert main(["audit", *files, "--data", str(nowhere), "--certificate", str(html)]) == 2
    assert "There is no folder" in capsys.readouterr().err
