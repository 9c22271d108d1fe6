"""A small CNN with one sigmoid for benign or malignant, on equally many photos of each, 128 px.

    python -m train run isic_binary_cnn --data DIR
    python -m train run isic_binary_long --data DIR --results-only

DIR holds HAM10000_metadata.csv and the image folders. About 5 and 12 minutes on 2 cores; test
balanced accuracy 0.66 and 0.76.

Published: two convolutions of 32 with MaxPool, Flatten, Dense 128, one sigmoid; Adam; binary
cross-entropy. Not published, so we took the simplest choice: HAM10000's photos as the balanced
set, pixels from 0 to 1, convolutions without padding and with ReLU, Adam at 0.001, 32 photos a
step, 25 epochs without early stopping, the epoch with the best validation accuracy kept. After
these, the training accuracy is short of the published 0.95; `isic_binary_long` has 60 to get there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from train.recipe import Published, Recipe

if TYPE_CHECKING:
    import keras


def two_convolutions(height: int | None, width: int | None, num_diagnoses: int) -> keras.Model:
    """Conv 32, MaxPool, twice; Flatten; Dense 128; one sigmoid. `num_diagnoses` must be 2."""
    from keras import Input, Model, layers

    if num_diagnoses != 2:
        raise ValueError(f"One sigmoid distinguishes 2 diagnoses, not {num_diagnoses}.")
    photo = Input((height, width, 3), name="photo")
    x = layers.Rescaling(1 / 255, name="rescale")(photo)
    for block in (1, 2):
        x = layers.Conv2D(32, 3, activation="relu", name=f"conv{block}")(x)
        x = layers.MaxPooling2D(name=f"pool{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(128, activation="relu", name="dense")(x)
    return Model(photo, layers.Dense(1, activation="sigmoid", name="malignant")(x))


ISIC_BINARY_CNN = Recipe(
    name="isic_binary_cnn",
    title="Benign or malignant CNN",
    summary=(
        "Two convolutions and one sigmoid on as many benign as malignant photos of HAM10000. "
        "Malignant are melanoma, basal cell carcinoma and, as the field counts them, actinic "
        "keratosis and Bowen's disease."
    ),
    command="python -m train run isic_binary_cnn --data DIR",
    minutes="about 5 minutes on 2 cores",
    expected="test balanced accuracy 0.66",
    published=Published(
        0.91,
        "validation",
        "training accuracy 0.537 to 0.950, validation accuracy 0.50 to 0.91, validation loss "
        "0.25 to 0.99",
        training_accuracy=0.950,
    ),
    layout="ham10000",
    source="HAM10000, Tschandl et al. 2018, https://doi.org/10.1038/sdata.2018.161",
    licence="CC BY-NC 4.0",
    network=two_convolutions,
    heatmap_layer="conv2",
    height=128,
    width=128,
    by_verdict=True,
    epochs=25,
    patience=25,
    batch_size=32,
    learning_rate=1e-3,
    monitor="val_accuracy",
)
ISIC_BINARY_LONG = replace(
    ISIC_BINARY_CNN,
    name="isic_binary_long",
    title="Benign or malignant CNN, trained for longer",
    summary=(
        "The same two convolutions and one sigmoid, trained until the training accuracy is where "
        "the publication's ended."
    ),
    command="python -m train run isic_binary_long --data DIR --results-only",
    minutes="about 12 minutes on 2 cores",
    expected="test balanced accuracy 0.76",
    epochs=60,
    patience=60,
)
