"""Networks pretrained on ImageNet, as backbones of networks for lesions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from train.networks import efficientnet_lite
from train.networks.efficientnet_lite import BackboneError

if TYPE_CHECKING:
    import keras

LITE = {f"efficientnet_lite{number}": number for number in efficientnet_lite.VARIANTS}


def transfer(
    backbone: str, height: int | None, width: int | None, num_diagnoses: int, dropout: float = 0.2
) -> keras.Model:
    """A pretrained backbone, average pooling, dropout and one dense layer, in one flat graph.

    Args:
        backbone: `efficientnet_lite0`, `1` or `2`, whose weights come with a package and need no
            download; or the name of any network of `keras.applications` ("MobileNetV3Small"),
            whose weights Keras downloads at first use.
        height, width: of the photo in pixels.
        num_diagnoses: number of logits.
        dropout: share of pooled features dropped during training.
    Returns:
        `keras.Model`: (batch, height, width, 3) RGB in [0, 255] -> (batch, num_diagnoses) logits.
    Raises:
        BackboneError: there is no such network, or its weights are not available.
    """
    from keras import Model, layers

    trunk = load(backbone, height, width)
    x = layers.GlobalAveragePooling2D(name="pool")(trunk.output)
    x = layers.Dropout(dropout, name="dropout")(x)
    return Model(trunk.input, layers.Dense(num_diagnoses, name="logits")(x), name=backbone)


def load(
    backbone: str, height: int | None, width: int | None, weights: str | None = "imagenet"
) -> keras.Model:
    """The backbone alone; see `transfer`.

    Args:
        weights: of a network of `keras.applications`: `imagenet`, a file, or None for none.
    Returns:
        `keras.Model`: (batch, height, width, 3) RGB in [0, 255] -> its last feature maps.
    """
    if backbone in LITE:
        return efficientnet_lite.network(LITE[backbone], height, width)
    import keras

    build = getattr(keras.applications, backbone, None)
    if not (callable(build) and backbone[:1].isupper()):
        raise BackboneError(
            f"There is no backbone {backbone!r}. Name one of {', '.join(LITE)} or a network of "
            "keras.applications, such as MobileNetV3Small."
        )
    # Keras keeps the preprocessing of a network in the same module.
    preprocess = sys.modules[build.__module__].preprocess_input
    photo = keras.Input((height, width, 3), name="photo")
    try:
        trunk = build(include_top=False, weights=weights, input_tensor=preprocess(photo))
    except Exception as error:  # Keras raises a bare one when a download fails
        raise BackboneError(f"{backbone} is not available with these weights: {error}") from error
    if any(isinstance(layer, keras.Model) for layer in trunk.layers):
        raise BackboneError(f"{backbone} contains nested networks; heat maps need a flat network.")
    return keras.Model(photo, trunk.output, name=backbone)
