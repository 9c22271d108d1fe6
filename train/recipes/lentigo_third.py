"""The third edition: one network that learned from three, on the photos of the second.

    pip install -r requirements-train.txt
    python -m train run lentigo_third --data DIR --phone-photos PAD_UFES --not-lesions PICTURES

DIR holds HAM10000_metadata.csv and the image folders; PAD_UFES is PAD-UFES-20 as its publisher
ships it, PICTURES any folder of pictures that show no lesion. The network is trained on DIR and on
two thirds of the people of PAD_UFES, and tested on all three; `--isic2018-test` adds the official
test. About nine hours on 2 cores, reckoned from single steps; on an H200 the epochs took six
minutes.

EfficientNet-Lite1 from its ImageNet weights, one dense layer on its pooled features, 192 px. Three
networks are trained with three seeds; a fourth learns their mean answers on photos that are blended
two by two. An epoch draws 6,000 dermatoscopic photos, each diagnosis in proportion to the square
root of its number of photos, and 720 phone photos. In each epoch every photo is cropped, rotated,
flipped, recoloured, blurred and compressed at random. The loss of the three takes out the prior of
each kind of photo (balanced softmax). Adam with weight decay; the learning rate warms up for one
epoch, then follows a cosine to its end; the weights are averaged over about two epochs, and those
of the last epoch are kept. docs/experiments.md lists what else was tried.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from train.networks.backbones import transfer
from train.recipes.lentigo_second import LENTIGO_SECOND

if TYPE_CHECKING:
    import keras


def lite1(height: int | None, width: int | None, num_diagnoses: int) -> keras.Model:
    """EfficientNet-Lite1, average pooling, dropout, logits."""
    return transfer("efficientnet_lite1", height, width, num_diagnoses)


LENTIGO_THIRD = replace(
    LENTIGO_SECOND,
    name="lentigo_third",
    title="Lentigo, third edition",
    summary=(
        "A small network that learned from three others, on dermatoscopic photos of seven "
        "diagnoses and phone photos of five of them. It looks at eight flips and turns of each "
        "photo."
    ),
    command=(
        "python -m train run lentigo_third --data DIR --phone-photos PAD_UFES "
        "--not-lesions PICTURES"
    ),
    minutes="about nine hours on 2 cores",
    expected=(
        "balanced accuracy 0.73 on its own test photos, 0.71 on half of the official ISIC 2018 "
        "test, 0.74 on phone photos of other people"
    ),
    network=lite1,
    epochs=18,
    patience=18,
    batch_size=128,
    learning_rate=1.5e-3,
    averaging=0.99,
    small_side=0,
    small_epochs=0,
    teachers=3,
    novelty_layers=("block06_add", "block10_add", "block14_add"),
)
