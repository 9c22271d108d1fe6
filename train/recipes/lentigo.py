"""The flagship: seven diagnoses of HAM10000, with a trunk that has seen ImageNet, 192 px.

    pip install -r requirements-train.txt
    python -m train run lentigo --data DIR --phone-photos PAD_UFES --not-lesions PICTURES

DIR holds HAM10000_metadata.csv and the image folders; PAD_UFES is PAD-UFES-20 as its publisher
ships it, PICTURES any folder of pictures that show no lesion. Both are there to be looked at, none
of them is trained on, and both may be left out. About four hours on 2 cores.

EfficientNet-Lite0 from its ImageNet weights, one dense layer on its pooled features. The first 18
epochs see photos of 128 px, the rest 192 px. Every photo is cropped, turned, flipped, coloured,
blurred and compressed anew; the rare diagnoses count more inside the loss (balanced softmax); Adam
with weight decay, one epoch of warm-up, then a cosine, which begins again after 27 epochs with
milder changes; the weights averaged over about two epochs.
docs/experiments.md says what was tried beside it.
"""

from train.networks.backbones import transfer
from train.recipe import Recipe


def lite0(height, width, num_diagnoses):
    """EfficientNet-Lite0, average pooling, dropout, logits."""
    return transfer("efficientnet_lite0", height, width, num_diagnoses)


LENTIGO = Recipe(
    name="lentigo",
    title="Lentigo, 7 diagnoses",
    summary=(
        "A small network that has seen ImageNet, trained on dermatoscopic photos of seven "
        "diagnoses. It looks at eight flips and turns of each photo."
    ),
    command=(
        "python -m train run lentigo --data DIR --phone-photos PAD_UFES --not-lesions PICTURES"
    ),
    minutes="about four hours on 2 cores",
    expected="balanced accuracy 0.78 on the test part, calibration error 0.02",
    layout="ham10000",
    source="HAM10000, Tschandl et al. 2018, https://doi.org/10.1038/sdata.2018.161",
    licence="CC BY-NC 4.0",
    network=lite0,
    heatmap_layer="head_relu",
    height=192,
    width=192,
    epochs=39,
    patience=39,
    batch_size=32,
    learning_rate=1e-3,
    schedule="warm_cosine",
    weight_decay=0.05,
    small_side=128,
    small_epochs=18,
    cosine_epochs=30,
    restart_after=27,
    restart_rate=5e-4,
    restart_augment="dermatoscope_mild",
    averaging=0.998,
    # The loss with the prior inside rises with certainty, which the temperature takes back.
    monitor="val_accuracy",
    augment="dermatoscope",
    balance="balanced_softmax",
    views=8,
    lowest_resolution=True,
    novelty_layers=("block04_add", "block07_add", "block10_add"),
    test_share=0.12,
    validation_share=0.12,
)
