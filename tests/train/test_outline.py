"""`python -m train outline` on drawings laid out as HAM10000 is."""

import json

import numpy as np
import pandas as pd
import pytest

from model.evaluation import lesion_outlines
from model.photo.lesion_features import FEATURES
from model.run import ledger
from tests import outlines, toys
from train import outline
from train.__main__ import main
from train.data.rendered import render
from train.fitting import outline as fitting
from train.fitting.outline import Lesions, Settings, batches
from train.networks.outline_network import unet

NUM_LESIONS = 14  # of each diagnosis


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ham")
    rows = []
    for pattern, code in (("even", "nv"), ("ragged", "mel")):
        for seed in range(NUM_LESIONS):
            name = f"{pattern}_{seed}"
            drawing = render(pattern, seed, 90, 120)
            (folder / f"{name}.png").write_bytes(toys.encoded(drawing.photo))
            mask = np.where(drawing.mask, 255, 0).astype(np.uint8)
            (folder / f"{name}_segmentation.png").write_bytes(toys.encoded(mask))
            rows.append({"lesion_id": name, "image_id": name, "dx": code})
    pd.DataFrame(rows).to_csv(folder / "HAM10000_metadata.csv", index=False)
    return folder


def test_the_command_trains_measures_and_goes_on_after_a_stop(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(outline, "QUICK", Settings(side=32, epochs=2, batch_size=8))
    monkeypatch.setattr(fitting, "unet", lambda side: unet(side, (4, 6)))
    out = tmp_path / "outline"
    command = ["outline", "--data", str(data), "--out", str(out), "--quick"]
    command += ["--not-lesions", str(data)]
    soft_dice = fitting.soft_dice

    def interrupted(*arguments):
        monkeypatch.setattr(fitting, "soft_dice", stopped)
        return soft_dice(*arguments)

    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "soft_dice", interrupted)
    assert main(command) == 130
    assert not out.exists()
    kept = json.loads((tmp_path / ".outline.unfinished" / "history.json").read_text("utf-8"))
    assert len(kept["history"]) == 1
    monkeypatch.setattr(fitting, "soft_dice", soft_dice)
    assert main(command) == 0
    assert "Going on after epoch 1" in capsys.readouterr().out

    written = lesion_outlines.read(out)
    assert not (tmp_path / ".outline.unfinished").exists()
    history = pd.read_csv(out / lesion_outlines.HISTORY)
    assert history["epoch"].tolist() == [1, 2]
    assert history["val_dice"][0] == pytest.approx(kept["history"][0]["val_dice"], abs=1e-4)
    assert set(written.dice["split"]) == {"validation", "test"}
    assert written.dice["dice"].between(0, 1).all()
    assert len(written.features) == 2 * NUM_LESIONS
    assert set(FEATURES) < set(written.features)
    # The masks beside the photos are pictures without a lesion, too.
    assert len(written.elsewhere) == 4 * NUM_LESIONS
    counts = written.card["data"]["counts"]
    assert sum(counts["mel"].values()) == sum(counts["nv"].values()) == NUM_LESIONS
    assert 0 <= written.doubted_below <= 1
    assert ledger.read(out).fault is None


def test_photos_from_elsewhere_are_measured_with_the_outline_that_is_there(tmp_path, capsys):
    toy = outlines.write(tmp_path)
    before = {file.name: file.read_bytes() for file in toy.path.iterdir()}
    folder = tmp_path / "others"
    folder.mkdir()
    (folder / "one.png").write_bytes(toys.encoded(render("even", 1, 90, 120).photo))
    (folder / "two.png").write_bytes(toys.encoded(toys.flat((230, 230, 230))))
    assert main(["outline", "--out", str(toy.path), "--not-lesions", str(folder)]) == 0
    written = lesion_outlines.read(toy.path)
    assert written.elsewhere["image_id"].tolist() == ["one", "two"]
    assert written.elsewhere["certainty"].tolist()[1] == 0
    changed = {name for name, data in before.items() if (toy.path / name).read_bytes() != data}
    assert changed == {lesion_outlines.CARD, lesion_outlines.ELSEWHERE}
    assert "Of 2 pictures without a lesion from elsewhere" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_without_any_photos_the_command_says_what_it_needs(capsys):
    assert main(["outline"]) == 2
    assert "--data DIR" in capsys.readouterr().err


def test_a_folder_without_masks_is_refused(tmp_path, capsys):
    assert main(["outline", "--data", str(tmp_path / "nowhere")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_photo_and_mask_are_moved_alike_and_the_same_seed_moves_them_the_same():
    draw = np.random.default_rng(0)
    masks = np.zeros((6, 32, 32), np.uint8)
    for mask in masks:
        top, left = draw.integers(4, 16, 2)
        mask[top : top + 12, left : left + 10] = 255
    photos = masks[..., None].repeat(3, axis=3)
    lesions, settings = Lesions(photos, masks), Settings(side=32, batch_size=4)
    first, again = (list(batches(lesions, settings, 0)) for _ in range(2))
    assert [len(seen) for seen, _ in first] == [4, 2]
    for (seen, areas), (seen_again, areas_again) in zip(first, again, strict=True):
        assert (seen == seen_again).all()
        assert (areas == areas_again).all()
        assert areas.shape[1:] == (16, 16, 1)
        # Light where the mask is whole, dark where it is nothing, whatever the colours.
        light = seen.mean(axis=3).reshape(len(seen), 16, 2, 16, 2).mean(axis=(2, 4))
        for photo, area in zip(light, areas[..., 0], strict=True):
            assert photo[area > 0.99].min() > photo[area < 0.01].max()
    others = next(batches(lesions, settings, 1))
    assert (others[0] != first[0][0]).any()


def test_a_dark_area_is_made_wider_by_shares_of_the_shorter_side():
    photo = np.full((200, 200, 3), 200, np.uint8)
    photo[70:130, 70:130] = 40
    areas = [area.sum() for area in outline.dark_areas(photo)]
    assert areas[0] == pytest.approx(60**2, rel=0.05)
    assert areas == sorted(areas)
    # Two pixels wider on each side, with round corners.
    assert areas[1] - areas[0] == pytest.approx(4 * 60 * 2, rel=0.1)
