"""One lesion under two ids is found however it was photographed; different lesions are not."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from model.audit.same_lesion import SAME_LESION
from tests.conftest import DATA
from tests.toys import encoded
from train import __main__ as command
from train.data import rendered, same_lesion


def drawn(seed):
    return Image.fromarray(rendered.render("dotted", seed).photo)


def turned(image):
    return image.rotate(-30, resample=Image.Resampling.BICUBIC, fillcolor=image.getpixel((3, 3)))


def flipped(image):
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def cropped(image):
    return image.crop((20, 15, 180, 135)).resize(image.size, Image.Resampling.BICUBIC)


def brightened(image):
    return image.point(lambda value: min(255, int(value * 1.15 + 5)))


CHANGES = {"turned": turned, "flipped": flipped, "cropped": cropped, "brightened": brightened}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Twelve lesions; four of them a second time, changed, under another lesion id; one a second
    time under its own id; one file that is no photo."""
    folder = tmp_path_factory.mktemp("photos")
    images = {f"lesion_{seed}": drawn(seed) for seed in range(12)}
    for seed, (name, change) in enumerate(CHANGES.items()):
        images[name] = change(drawn(seed))
    images["again"] = turned(drawn(11))
    rows = []
    for name, image in images.items():
        path = folder / f"{name}.png"
        path.write_bytes(encoded(np.asarray(image)))
        rows.append({"image_id": name, "lesion_id": name, "path": path})
    (folder / "broken.png").write_bytes(b"no photo")
    rows.append({"image_id": "broken", "lesion_id": "broken", "path": folder / "broken.png"})
    table = pd.DataFrame(rows)
    table.loc[table["image_id"] == "again", "lesion_id"] = "lesion_11"
    return table


@pytest.fixture(scope="module")
def found(photos):
    return same_lesion.same_lesion_pairs(photos)


def test_changed_photos_of_one_lesion_are_found_and_no_others(found):
    pairs = {frozenset(pair) for pair in found[["image_a", "image_b"]].to_numpy().tolist()}
    assert pairs == {frozenset([f"lesion_{row}", name]) for row, name in enumerate(CHANGES)}
    assert list(found.columns) == list(same_lesion.COLUMNS)
    assert len(found) == 4
    assert (found["correlation"].diff().dropna() <= 0).all()


def test_the_transform_is_the_one_that_was_made(found):
    table = found.set_index("image_b")
    assert table["is_flipped"].to_dict() == {
        "turned": False,
        "flipped": True,
        "cropped": False,
        "brightened": False,
    }
    assert table.loc["turned", "turn"] == pytest.approx(30, abs=1)  # clockwise
    assert table.loc["turned", "scale"] == pytest.approx(1, abs=0.02)
    assert table.loc["cropped", "scale"] == pytest.approx(1.25, abs=0.02)
    assert table.loc["cropped", "shift_x"] == pytest.approx(-25, abs=1.5)
    assert table.loc["cropped", "shift_y"] == pytest.approx(-18.75, abs=1.5)
    for name in ("brightened", "flipped"):
        assert table.loc[name, "turn"] == pytest.approx(0, abs=1)
        assert abs(table.loc[name, "shift_x"]) < 1.5
        assert table.loc[name, "correlation"] > 0.9


def test_without_lesion_ids_every_pair_counts(photos):
    pairs = same_lesion.same_lesion_pairs(photos.assign(lesion_id=""))
    assert len(pairs) == 5
    assert {"lesion_11", "again"} in [{row.image_a, row.image_b} for row in pairs.itertuples()]


def test_photos_too_few_to_compare_give_no_pair(photos):
    assert same_lesion.same_lesion_pairs(photos.head(1)).empty
    assert same_lesion.same_lesion_pairs(photos.head(0)).empty


def test_the_command_lists_pairs_for_a_person_and_a_machine(photos, tmp_path, capsys):
    folder = photos["path"].iloc[0].parent
    table = photos.assign(file=[path.name for path in photos["path"]], diagnosis="nv")
    table[["file", "lesion_id", "diagnosis"]].to_csv(folder / "photos.csv", index=False)
    target = tmp_path / "pairs.csv"
    arguments = ["audit", "--data", str(folder), "--same-lesion", "--csv", str(target)]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "4 pairs of photos that show one lesion under two lesion ids" in printed
    assert "0 of the 0 pairs that training knows already" in printed
    assert "4 others: candidates, to be looked at" in printed
    written = pd.read_csv(target)
    assert len(written) == 4
    assert not written["is_listed"].any()


@pytest.mark.data
def test_most_listed_pairs_are_found_among_other_photos():
    """A third of the pairs that training joins, and as many photos that nothing is known of."""
    metadata = pd.read_csv(DATA / "ham10000" / "HAM10000_metadata.csv").set_index("image_id")
    pairs = pd.read_csv(SAME_LESION).iloc[::3]
    listed_photos = set(pairs.to_numpy().ravel())
    others = metadata.drop(index=list(listed_photos)).drop_duplicates("lesion_id")
    image_ids = [*sorted(listed_photos), *others.sample(len(listed_photos), random_state=0).index]
    folder = DATA / "ham10000" / "HAM10000_images"
    paths = {path.stem: path for path in folder.rglob("*.jpg")}
    photos = pd.DataFrame({"image_id": image_ids})
    photos["lesion_id"] = photos["image_id"].map(metadata["lesion_id"])
    photos["path"] = photos["image_id"].map(paths)
    found = same_lesion.same_lesion_pairs(photos)
    known = {frozenset(pair) for pair in pairs.itertuples(index=False)}
    seen = {frozenset(pair) for pair in found[["image_a", "image_b"]].to_numpy().tolist()}
    assert len(known & seen) >= 0.9 * len(known)
    # Every photo of a pair is of a listed one.
    assert set(found[["image_a", "image_b"]].to_numpy().ravel()) <= listed_photos
