"""The second edition: seven diagnoses, dermatoscopic and phone photos, from ImageNet.

    pip install -r requirements-train.txt
    python -m train run lentigo_second --data DIR --phone-photos PAD_UFES --not-lesions PICTURES

DIR holds HAM10000_metadata.csv and the image folders; PAD_UFES is PAD-UFES-20 as its publisher
ships it, PICTURES any folder of pictures that show no lesion. The network is trained on DIR and on
two thirds of the people of PAD_UFES, and tested on all three; `--isic2018-test` adds the official
test. About two hours on 2 cores.

EfficientNet-Lite0 from its ImageNet weights, one dense layer on its pooled features, 192 px. The
first 14 epochs use photos of 128 px. An epoch draws 6,000 dermatoscopic photos, each diagnosis in
proportion to the square root of its number of photos, and 720 phone photos. In each epoch every
photo is cropped, rotated, flipped, recoloured, blurred and compressed at random. The loss takes out
the prior of each kind of photo (balanced softmax). Adam with weight decay; the learning rate warms
up for one epoch, then follows a cosine to its end; the weights are averaged over about two epochs,
and those of the last epoch are kept. docs/experiments.md lists what else was tried.
"""

from train.recipe import Recipe
from train.recipes.lentigo import lite0

LENTIGO_SECOND = Recipe(
    name="lentigo_second",
    title="Lentigo, second edition",
    summary=(
        "A small network that has seen ImageNet, trained on dermatoscopic photos of seven "
        "diagnoses and on phone photos of five of them. It looks at eight flips and turns of each "
        "photo."
    ),
    command=(
        "python -m train run lentigo_second --data DIR --phone-photos PAD_UFES "
        "--not-lesions PICTURES"
    ),
    minutes="about two hours on 2 cores",
    expected="not measured yet: no run of it is included",
    layout="ham10000",
    source="HAM10000, Tschandl et al. 2018, https://doi.org/10.1038/sdata.2018.161",
    licence="CC BY-NC 4.0",
    network=lite0,
    heatmap_layer="head_relu",
    height=192,
    width=192,
    epochs=24,
    patience=24,
    batch_size=32,
    learning_rate=1e-3,
    schedule="warm_cosine",
    weight_decay=0.05,
    small_side=128,
    small_epochs=14,
    averaging=0.998,
    # Averaged weights at the end of a cosine: there is no epoch to choose.
    monitor="epoch",
    augment="dermatoscope",
    balance="balanced_softmax",
    photos_per_epoch=6000,
    sampling_power=0.5,
    phone_photos_per_epoch=720,
    views=8,
    lowest_resolution=True,
    novelty_layers=("block04_add", "block07_add", "block10_add"),
    test_share=0.07,
    validation_share=0.07,
)
