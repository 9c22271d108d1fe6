"""A small CNN trained from scratch on the seven diagnoses of HAM10000, 72 px.

    python -m train run ham7_cnn --data DIR
    python -m train run ham7_levelled --data DIR --protocol as-published

DIR holds HAM10000_metadata.csv and the image folders. About 30 minutes on 2 cores for the five
folds of `ham7_cnn`, 15 for `ham7_levelled`; each recipe states its result.

Published: several blocks of Conv and MaxPool and a dense head; photos resized, normalised and
augmented; early stopping; K-fold; accuracy 0.9791. Not published, so our choice: five blocks with
batch normalisation, averaged into a dense head with dropout; 72 px; flips; 5 folds; at most 18
epochs along a cosine, stopped after 6 without a better validation loss; Adam with weight decay. How
the classes were balanced is not published either. `ham7_cnn` weights them inside the loss (balanced
softmax), which detects more of the rare diagnoses at the cost of some accuracy. `ham7_levelled`
oversamples them with augmented copies instead, which the as-published protocol makes before the
split. It has one split, because it answers that question alone, and no early stopping.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from train.recipe import Published, Recipe

if TYPE_CHECKING:
    import keras


def five_blocks(height: int | None, width: int | None, num_diagnoses: int) -> keras.Model:
    """Five blocks of Conv, batch normalisation, ReLU and MaxPool; average; Dense 128; logits."""
    from keras import Input, Model, layers

    photo = Input((height, width, 3), name="photo")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(photo)
    for block, block_channels in enumerate(((16,), (32,), (64,), (128, 128), (256,)), start=1):
        for index, channels in enumerate(block_channels, start=1):
            name = f"block{block}_conv{index}"
            x = layers.Conv2D(channels, 3, padding="same", use_bias=False, name=name)(x)
            # With Keras's momentum of 0.99 the averages lag by 100 steps, which is a whole epoch.
            x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
            x = layers.ReLU(name=f"{name}_relu")(x)
        if block < 5:
            x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(128, activation="relu", name="dense")(x)
    return Model(photo, layers.Dense(num_diagnoses, name="logits")(x))


HAM7_CNN = Recipe(
    name="ham7_cnn",
    title="HAM10000 CNN, 7 diagnoses",
    summary=(
        "A small CNN trained from scratch on dermatoscopic photos of seven diagnoses, with the "
        "rare ones given more weight."
    ),
    command="python -m train run ham7_cnn --data DIR",
    minutes="about 30 minutes on 2 cores",
    expected="test balanced accuracy 0.62",
    published=Published(
        0.9791, "test", "accuracy 0.9791; how the classes were balanced is not said"
    ),
    folds=5,
    layout="ham10000",
    source="HAM10000, Tschandl et al. 2018, https://doi.org/10.1038/sdata.2018.161",
    licence="CC BY-NC 4.0",
    network=five_blocks,
    heatmap_layer="block4_conv2_relu",  # 9 x 9; the next one has 4 x 4
    height=72,
    width=72,
    epochs=18,
    patience=6,
    batch_size=64,
    learning_rate=2e-3,
    schedule="cosine",
    weight_decay=5e-3,
    augment="flips",
    balance="balanced_softmax",
    monitor="val_loss",
)
HAM7_LEVELLED = replace(
    HAM7_CNN,
    name="ham7_levelled",
    title="HAM10000 CNN, 7 diagnoses, levelled by copies",
    summary=(
        "The same small CNN, with every diagnosis brought to the number of the moles by copies "
        "that are flipped, turned and zoomed. Under the as-published protocol they are made before "
        "the split."
    ),
    command="python -m train run ham7_levelled --data DIR",
    minutes="about 15 minutes on 2 cores",
    expected="test balanced accuracy 0.49",
    folds=1,
    epochs=8,  # of nearly five times as many photos
    patience=8,
    augment="tutorial",
    balance="oversample_to_majority",
)
