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

from dataclasses import replace

from train.recipes.lentigo import LENTIGO

LENTIGO_SECOND = replace(
    LENTIGO,
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
    expected=(
        "balanced accuracy 0.73 on its own test photos, 0.74 on half of the official ISIC 2018 "
        "test, 0.69 on phone photos of other people"
    ),
    epochs=24,
    patience=24,
    small_epochs=14,
    cosine_epochs=0,
    restart_after=0,
    restart_rate=0.0,
    restart_augment="",
    # Averaged weights at the end of a cosine: there is no epoch to choose.
    monitor="epoch",
    photos_per_epoch=6000,
    sampling_power=0.5,
    phone_photos_per_epoch=720,
    test_share=0.07,
    validation_share=0.07,
)
