"""The drawings of `model.photo.drawings` as a data folder, and those that ship with the app."""

from pathlib import Path

import pandas as pd
from PIL import Image

from model.photo.drawings import HEIGHT, PATTERNS, WIDTH, jpeg, render
from model.run import Run, find

ASSETS = Path(__file__).resolve().parents[2] / "assets"
# Test photos of the demo run, each of another lesion; it is wrong about the first three.
QUIZ = (
    "even_0048_0",
    "ragged_0058_0",
    "ragged_0148_0",
    "ragged_0028_1",
    "ragged_0062_0",
    "ragged_0041_0",
    "even_0000_0",
    "even_0132_0",
    "even_0127_0",
    "dotted_0071_0",
)
# Beyond any lesion the demo run is trained on. The ragged 9002 is a mild and blurred one, about
# which the demo is wrong: no first picture to click.
ICON_SEED = 9002
AGAIN = 3  # the view of a second drawing of each sample's lesion
SAMPLE_SEEDS = {"even": 9002, "ragged": 9004, "dotted": 9002}


def write(
    folder: Path,
    num_lesions: int,
    views: tuple[int, int] = (1, 3),
    height: int = HEIGHT,
    width: int = WIDTH,
) -> None:
    """Write drawings as a data folder: one folder per pattern, masks/ and lesions.csv beside them.

    Args:
        folder: made if missing.
        num_lesions: per pattern.
        views: fewest and most photos of one lesion.
    """
    rows = []
    for pattern in PATTERNS:
        (folder / "photos" / pattern).mkdir(parents=True, exist_ok=True)
        (folder / "masks").mkdir(exist_ok=True)
        for seed in range(num_lesions):
            num_views = views[0] + seed % (views[1] - views[0] + 1)
            for view in range(num_views):
                drawn = render(pattern, seed, height, width, view)
                name = f"{pattern}_{seed:04d}_{view}"
                (folder / "photos" / pattern / f"{name}.jpg").write_bytes(jpeg(drawn.photo))
                Image.fromarray(drawn.mask).save(folder / "masks" / f"{name}.png")
                rows.append({"image_id": name, "lesion_id": f"{pattern}_{seed:04d}"})
    pd.DataFrame(rows).to_csv(folder / "lesions.csv", index=False)


def _write_assets(folder):
    """The sample pictures and the icon that the app ships."""
    (folder / "samples" / "again").mkdir(parents=True, exist_ok=True)
    for pattern in PATTERNS:
        picture = Image.fromarray(render(pattern, SAMPLE_SEEDS[pattern], 450, 600).photo)
        picture.save(folder / "samples" / f"{pattern}.jpg", quality=88)
        again = Image.fromarray(render(pattern, SAMPLE_SEEDS[pattern], 450, 600, AGAIN).photo)
        again.save(folder / "samples" / "again" / f"{pattern}.jpg", quality=88)
    icon = Image.fromarray(render("ragged", ICON_SEED, 256, 256).photo)
    icon.resize((64, 64), Image.Resampling.LANCZOS).save(folder / "icon.png")


def _write_quiz(folder: Path, run: Run) -> None:
    """The drawings of Learn's quiz, and what the demo run says about each of them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = run.test_photos.set_index("image_id")
    asked = []
    for name in QUIZ:
        pattern, seed, view = name.split("_")
        drawn = render(pattern, int(seed), view=int(view))
        (folder / f"{name}.jpg").write_bytes(jpeg(drawn.photo))
        probabilities = rows.loc[name, run.probability_columns].astype(float)
        asked.append(
            {
                "image_id": name,
                "truth": rows.loc[name, "diagnosis"],
                "advice": run.diagnoses[int(probabilities.to_numpy().argmax())],
                "probability": round(probabilities.to_numpy().max(), 4),
            }
        )
    pd.DataFrame(asked).to_csv(folder / "questions.csv", index=False)


if __name__ == "__main__":
    _write_quiz(ASSETS / "quiz", find("demo"))
    _write_assets(ASSETS)
