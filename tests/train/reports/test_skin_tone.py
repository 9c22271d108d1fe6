"""The colour of the skin around a lesion: exact colours, real files, the real command."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from model import run
from tests import toys
from tests.conftest import DATA, ROOT
from tests.toys import encoded
from train.__main__ import main
from train.data import external_photos
from train.reports import skin_tone

NO_LESION = np.zeros((80, 100), bool)


@pytest.mark.parametrize(
    ("colour", "angle"),
    [
        # CIELAB under D65, as tables of sRGB's primaries give it: (97.14, -21.55, 94.48).
        ((255, 255, 0), np.degrees(np.arctan(47.14 / 94.48))),
        ((255, 0, 0), np.degrees(np.arctan(3.24 / 67.20))),  # (53.24, 80.09, 67.20)
        ((0, 128, 0), np.degrees(np.arctan(-3.77 / 49.70))),  # (46.23, -51.70, 49.90)
    ],
)
def test_the_angle_is_that_of_the_colour(colour, angle):
    found, share = skin_tone.typology_angle(toys.flat(colour), NO_LESION)
    assert found == pytest.approx(angle, abs=0.1)
    assert share == pytest.approx(np.pi / 4, abs=0.03)  # the ellipse within the frame


def test_lighter_skin_has_a_larger_angle():
    angles = [
        skin_tone.typology_angle(toys.flat(colour), NO_LESION)[0]
        for colour in ((244, 208, 177), (198, 134, 66), (92, 56, 40))
    ]
    assert angles == sorted(angles, reverse=True)


@pytest.mark.parametrize("colour", [(0, 0, 255), (200, 200, 200), (210, 160, 200)])
def test_skin_without_yellow_has_no_angle(colour):
    angle, share = skin_tone.typology_angle(toys.flat(colour), NO_LESION)
    assert np.isnan(angle) or colour == (200, 200, 200)  # grey: b* is 0 to a rounding error
    assert share > 0.7


def test_lesion_its_surroundings_corners_hair_and_glare_are_no_skin():
    photo = toys.flat((200, 150, 100), 100, 100)
    photo[30, :] = 10  # a hair
    photo[70, 20:80] = 255  # glare
    lesion = np.zeros((100, 100), bool)
    lesion[40:60, 40:60] = True
    seen = skin_tone.skin(photo, lesion)
    assert not seen[50, 40:60].any()
    assert not seen[50, 69]  # 10 pixels from the lesion: a tenth of the side
    assert seen[50, 70]
    assert not seen[2, 2]
    assert not seen[30].any()
    assert not seen[70, 20:80].any()
    photo[40:60, 40:60] = (60, 30, 20)
    clean = toys.flat((200, 150, 100), 100, 100)
    assert skin_tone.typology_angle(photo, lesion)[0] == pytest.approx(
        skin_tone.typology_angle(clean, lesion)[0]
    )


def test_a_lesion_that_fills_the_photo_leaves_no_angle():
    lesion = np.ones((80, 100), bool)
    lesion[:, :2] = False
    angle, share = skin_tone.typology_angle(toys.flat((200, 150, 100)), lesion)
    assert np.isnan(angle)
    assert share < skin_tone.LEAST


@pytest.fixture
def data(tmp_path):
    """The photos of a toy run in folders: a dark spot on skin, which a mask covers only at one."""
    for row in toys.predictions().itertuples():
        folder = tmp_path / "data" / row.diagnosis
        folder.mkdir(parents=True, exist_ok=True)
        photo = toys.flat((220, 180, 140), 80, 100)
        photo[30:50, 40:60] = (80, 40, 30)
        (folder / f"{row.image_id}.png").write_bytes(encoded(photo))
    return tmp_path / "data"


def phone_photos(folder):
    """Six photos as PAD-UFES-20 ships them, of the ids that a toy run knows."""
    folder.mkdir()
    rows = []
    for number in range(6):
        name = f"outside_{number}.png"
        (folder / name).write_bytes(encoded(toys.flat((200, 150 - 10 * number, 90))))
        rows.append(
            {"img_id": name, "patient_id": f"p{number}", "diagnostic": "NEV", "fitspatrick": 2}
        )
    rows.append({"img_id": "unknown.png", "patient_id": "q", "diagnostic": "NEV"})
    (folder / "unknown.png").write_bytes(encoded(toys.flat((200, 150, 90))))
    pd.DataFrame(rows).to_csv(folder / "metadata.csv", index=False)
    return folder


def test_the_command_measures_own_test_photos_and_external_ones(data, tmp_path, capsys):
    runs = tmp_path / "runs"
    toys.write(runs, "toy", external=toys.external())
    arguments = ["skin-report", "--data", str(data), "--runs", str(runs)]
    assert main([*arguments, "--phone-photos", str(phone_photos(tmp_path / "phones"))]) == 0
    table = run.read(runs / "toy").skin_tone
    assert len(table) == 30 + 6  # neither training photos, nor photos that the run does not know
    own = table.set_index("image_id").loc["test_0"]
    expected = skin_tone.typology_angle(toys.flat((220, 180, 140)), np.zeros((80, 100), bool))[0]
    assert own["ita"] == pytest.approx(expected, abs=0.05)  # of the skin, not of the spot
    assert 0.3 < own["share"] < 0.8
    assert "toy: 36 photos measured" in capsys.readouterr().out
    assert list(runs.glob(".*")) == []
    # Own photos alone: those from elsewhere stay.
    assert main(arguments) == 0
    assert len(run.read(runs / "toy").skin_tone) == 36


def test_after_a_stop_it_goes_on_where_it_was(data, tmp_path, monkeypatch, capsys):
    runs = tmp_path / "runs"
    toys.write(runs, "toy")
    measured, real = [], skin_tone.typology_angle

    def stopped(photo, lesion):
        if len(measured) == 12:
            raise KeyboardInterrupt
        measured.append(real(photo, lesion))
        return measured[-1]

    monkeypatch.setattr(skin_tone, "typology_angle", stopped)
    arguments = ["skin-report", "--data", str(data), "--runs", str(runs), "--run", "toy"]
    assert main(arguments) == 130
    assert "goes on where this one ended" in capsys.readouterr().err
    assert run.read(runs / "toy").skin_tone is None
    again = []
    monkeypatch.setattr(skin_tone, "typology_angle", lambda *of: again.append(of) or real(*of))
    assert main(arguments) == 0
    assert len(again) == 30 - 12
    assert len(run.read(runs / "toy").skin_tone) == 30


def test_a_mask_says_where_the_lesion_is(tmp_path):
    photo = toys.flat((220, 180, 140), 80, 100)
    photo[20:40, 30:50] = (225, 190, 60)  # as light as the skin: only a mask can tell
    mask = np.zeros((80, 100), np.uint8)
    mask[20:40, 30:50] = 255
    (tmp_path / "a.png").write_bytes(encoded(photo))
    Image.fromarray(mask).save(tmp_path / "a_segmentation.png")
    rows = pd.DataFrame(
        {
            "image_id": ["a", "b"],
            "path": 2 * [tmp_path / "a.png"],
            "mask": [tmp_path / "a_segmentation.png", None],
        }
    )
    with_mask, without = skin_tone.measured(rows).itertuples()
    assert with_mask.share < without.share or with_mask.ita != without.ita
    assert with_mask.ita == pytest.approx(
        skin_tone.typology_angle(toys.flat((220, 180, 140)), NO_LESION)[0], abs=0.01
    )


def test_a_folder_without_the_run_s_photos_is_refused(tmp_path, capsys):
    runs = tmp_path / "runs"
    toys.write(runs, "toy")
    folder = tmp_path / "others"
    for code in ("mel", "nv"):
        (folder / code).mkdir(parents=True)
        (folder / code / f"{code}.png").write_bytes(encoded(toys.flat((200, 150, 100))))
    arguments = ["--data", str(folder), "--runs", str(runs), "--run", "toy"]
    assert main(["skin-report", *arguments]) == 2
    assert "holds none of the test photos of toy" in capsys.readouterr().err


@pytest.mark.data
def test_shipped_angles_are_those_of_the_photos():
    shipped = run.read(ROOT / "assets" / "runs" / "lentigo_second")
    external = external_photos.read(DATA / "pad_ufes", isic_test=DATA / "isic2018_test_a")
    photos = skin_tone.photos_of(shipped, DATA / "ham10000", external)
    assert set(photos["image_id"]) == set(shipped.skin_tone["image_id"])
    few = photos.sample(12, random_state=0)
    table = skin_tone.measured(few).set_index("image_id")
    ours = shipped.skin_tone.set_index("image_id").loc[table.index]
    assert np.allclose(table[["ita", "share"]], ours[["ita", "share"]], rtol=2e-3, equal_nan=True)
