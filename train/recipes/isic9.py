"""Four CNNs on the 9-class ISIC set of a well-known course assignment, 180 px.

    python -m train run isic9_initial --data DIR --lesions HAM10000_metadata.csv
    python -m train run isic9_augmented --data DIR --lesions HAM10000_metadata.csv
    python -m train run isic9_rebalanced --data DIR --lesions HAM10000_metadata.csv
    python -m train run isic9_batchnorm --data DIR --lesions HAM10000_metadata.csv

DIR holds Train/ and Test/ with one folder per diagnosis. Both are pooled and split again. Under the
honest protocol they are cleaned first, because they share photos under different labels:
seborrheic keratosis is left out (78 of its 80 photos are copies of melanomas). Most photos come
from HAM10000, whose metadata says which of them show the same lesion. 3 to 15 minutes each on 2
cores; each recipe states its result.

Published: 180 px, Conv 16-32-64, Dropout 0.2, Dense 128, Adam, 50 epochs with the best validation
checkpoint and early stopping after 5. Not published, so we took the simplest choice: Adam's
default rate of 0.001, 32 photos a step, copies rotated by up to 10 degrees, augmentation by flips,
rotations of up to 36 degrees and a zoom of up to a tenth, batch normalisation after each
convolution; the best validation accuracy decides which epoch is kept and when to stop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from train.recipe import DataSet, Published, Recipe

if TYPE_CHECKING:
    import keras


def three_convolutions(
    height: int | None, width: int | None, num_diagnoses: int, normalised: bool = False
) -> keras.Model:
    """Rescale; Conv 16-32-64, each with MaxPool; Dropout 0.2; Flatten; Dense 128; logits."""
    from keras import Input, Model, layers

    photo = Input((height, width, 3), name="photo")
    x = layers.Rescaling(1 / 255, name="rescale")(photo)
    for block, channels in enumerate((16, 32, 64), start=1):
        x = layers.Conv2D(channels, 3, padding="same", activation="relu", name=f"conv{block}")(x)
        if normalised:
            x = layers.BatchNormalization(name=f"conv{block}_norm")(x)
        x = layers.MaxPooling2D(name=f"pool{block}")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(128, activation="relu", name="dense")(x)
    return Model(photo, layers.Dense(num_diagnoses, name="logits")(x))


def three_normalised_convolutions(
    height: int | None, width: int | None, num_diagnoses: int
) -> keras.Model:
    """The same with batch normalisation after each convolution."""
    return three_convolutions(height, width, num_diagnoses, normalised=True)


COURSE_SET: DataSet = {
    "layout": "folders",
    "source": "ISIC Archive, https://www.isic-archive.com (9-class course set)",
    "licence": "not stated by the set's publisher; use for teaching and research only",
}
FINAL_FIGURES = "final 0.84 training and 0.79 validation accuracy, after rebalancing"

ISIC9_INITIAL = Recipe(
    **COURSE_SET,
    name="isic9_initial",
    title="ISIC 9-class CNN, initial",
    summary=(
        "Three convolutions and a dense head on the 9-class set of a well-known course "
        "assignment, as they come: the first try that learns its training photos by heart."
    ),
    command="python -m train run isic9_initial --data DIR --lesions HAM10000_metadata.csv",
    minutes="about 3 minutes on 2 cores",
    expected="test balanced accuracy 0.43 over 8 diagnoses",
    published=Published(None, "validation", "overfits; no figure given"),
    network=three_convolutions,
    heatmap_layer="conv3",
    height=180,
    width=180,
    epochs=50,
    patience=5,
    batch_size=32,
    learning_rate=1e-3,
    monitor="val_accuracy",
)
ISIC9_AUGMENTED = replace(
    ISIC9_INITIAL,
    name="isic9_augmented",
    title="ISIC 9-class CNN, augmented",
    summary=(
        "The initial CNN, with every training photo flipped, turned and zoomed a little anew in "
        "each epoch."
    ),
    command="python -m train run isic9_augmented --data DIR --lesions HAM10000_metadata.csv",
    minutes="about 4 minutes on 2 cores",
    expected="test balanced accuracy 0.48 over 8 diagnoses",
    published=Published(None, "validation", "underfits; no figure given"),
    augment="tutorial",
)
ISIC9_REBALANCED = replace(
    ISIC9_INITIAL,
    name="isic9_rebalanced",
    title="ISIC 9-class CNN, rebalanced",
    summary=(
        "The initial CNN, with 500 augmented copies added to every diagnosis. Under the honest "
        "protocol they are made after the split, of training photos only."
    ),
    command="python -m train run isic9_rebalanced --data DIR --lesions HAM10000_metadata.csv",
    minutes="about 10 minutes on 2 cores",
    expected="test balanced accuracy 0.44 over 8 diagnoses",
    published=Published(0.79, "validation", FINAL_FIGURES, training_accuracy=0.84),
    augment="course",
    balance="oversample_fixed",
    copies_per_diagnosis=500,
)
ISIC9_BATCHNORM = replace(
    ISIC9_REBALANCED,
    name="isic9_batchnorm",
    title="ISIC 9-class CNN, rebalanced, batch normalisation",
    summary="The rebalanced CNN with batch normalisation after each convolution.",
    command="python -m train run isic9_batchnorm --data DIR --lesions HAM10000_metadata.csv",
    minutes="about 15 minutes on 2 cores",
    expected="test balanced accuracy 0.45 over 8 diagnoses",
    published=Published(None, "validation", "does not help; no figure given"),
    network=three_normalised_convolutions,
)
