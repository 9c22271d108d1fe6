"""The flagship: seven diagnoses of HAM10000, with a trunk pretrained on ImageNet, 192 px.

    pip install -r requirements-train.txt
    python -m train run lentigo --data DIR --phone-photos PAD_UFES --not-lesions PICTURES

DIR holds HAM10000_metadata.csv and the image folders; PAD_UFES is PAD-UFES-20 as its publisher
ships it, PICTURES any folder of pictures that show no lesion. The network is tested on both and
trained on neither, and both may be left out. About four hours on 2 cores.

EfficientNet-Lite0 from its ImageNet weights, one dense layer on its pooled features. The first 18
epochs use photos of 128 px, the others 192 px. In each epoch every photo is cropped, rotated,
flipped, recoloured, blurred and compressed at random. The loss gives rare diagnoses more weight
(balanced softmax). Adam with weight decay; the learning rate warms up for one epoch, then follows
a cosine, which restarts after 27 epochs with milder changes; the weights are averaged over about
two epochs. docs/experiments.md lists what else was tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from train.networks.backbones import transfer
from train.recipe import Recipe

if TYPE_CHECKING:
    import keras


def lite0(height: int | None, width: int | None, num_diagnoses: int) -> keras.Model:
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
    # The loss with the prior inside rises with overconfidence, which the temperature corrects.
    monitor="val_accuracy",
    augment="dermatoscope",
    balance="balanced_softmax",
    views=8,
    lowest_resolution=True,
    novelty_layers=("block04_add", "block07_add", "block10_add"),
    test_share=0.12,
    validation_share=0.12,
)
