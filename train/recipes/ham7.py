"""Seven diagnoses of HAM10000 with a small CNN trained from scratch, 112 px.

    python -m train run ham7_cnn --data DIR

DIR holds HAM10000_metadata.csv and the image folders. About 35 minutes on 2 cores; test balanced
accuracy 0.59 on 2,004 photos of lesions it has not seen.
"""

from train.recipe import Recipe


def five_blocks(height, width, num_diagnoses):
    """Five blocks of Conv, batch normalisation, ReLU and MaxPool; average; Dense 128; logits."""
    from keras import Input, Model, layers

    photo = Input((height, width, 3), name="photo")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(photo)
    for block, widths in enumerate(((16,), (32,), (64,), (128, 128), (256,)), start=1):
        for number, channels in enumerate(widths, start=1):
            name = f"block{block}_conv{number}"
            x = layers.Conv2D(channels, 3, padding="same", use_bias=False, name=name)(x)
            # An epoch has about 100 steps: Keras's momentum of 0.99 would lag behind by all of it.
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
        "A small CNN trained from scratch on dermatoscopic photos of seven diagnoses, split by "
        "lesion. It shows what an honest evaluation leaves of the usual figures."
    ),
    command="python -m train run ham7_cnn --data DIR",
    minutes="about 35 minutes on 2 cores",
    expected="test balanced accuracy 0.59",
    layout="ham10000",
    source="HAM10000, Tschandl et al. 2018, https://doi.org/10.1038/sdata.2018.161",
    licence="CC BY-NC 4.0",
    network=five_blocks,
    heatmap_layer="block5_conv1_relu",
    height=112,
    width=112,
    epochs=45,
    patience=15,
    batch_size=64,
    learning_rate=2e-3,
    schedule="cosine",
    weight_decay=5e-3,
    augment="strong",
    balance="balanced_softmax",
    monitor="val_loss",
)
