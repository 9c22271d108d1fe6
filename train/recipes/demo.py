"""The demo: a tiny CNN on three patterns of rendered pictures, trained without any download.

python -m train run demo

About 1 minute on 2 cores; test balanced accuracy 0.93 on drawings of unseen lesions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from train.recipe import Recipe

if TYPE_CHECKING:
    import keras


def four_blocks(height: int | None, width: int | None, num_diagnoses: int) -> keras.Model:
    """Four blocks of Conv, batch normalisation and MaxPool, 8 to 48 channels; average; logits."""
    from keras import Input, Model, layers

    photo = Input((height, width, 3), name="photo")
    x = layers.Rescaling(1 / 255, name="rescale")(photo)
    for block, channels in enumerate((8, 16, 32, 48), start=1):
        name = f"block{block}_conv"
        x = layers.Conv2D(channels, 3, padding="same", use_bias=False, name=name)(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
        x = layers.ReLU(name=f"{name}_relu")(x)
        if block < 4:
            x = layers.MaxPooling2D(name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return Model(photo, layers.Dense(num_diagnoses, name="logits")(x))


DEMO = Recipe(
    name="demo",
    title="Demo on rendered pictures",
    summary=(
        "A tiny CNN that tells three drawn patterns apart. Its pictures are rendered, so its "
        "figures say nothing about real lesions: it shows that the path works."
    ),
    command="python -m train run demo",
    minutes="about 1 minute on 2 cores",
    expected="test balanced accuracy 0.93 on drawings",
    layout="rendered",
    source="rendered by train/rendered.py",
    licence="MIT",
    network=four_blocks,
    heatmap_layer="block4_conv_relu",
    height=64,
    width=64,
    epochs=40,
    patience=10,
    batch_size=32,
    learning_rate=2e-3,
    augment="flips",
)
