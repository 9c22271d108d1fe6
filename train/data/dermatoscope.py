"""How far two photos of one lesion differ: the ranges of the dermatoscopic augmentation.

`train.data.random_dermatoscope` draws from them.
"""

from typing import TypedDict


class Blur(TypedDict):
    """`width` in pixels; `strength` below 0 sharpens."""

    chance: float
    width: float
    strength: tuple[float, float]


class Jpeg(TypedDict):
    """`quality` as libjpeg counts it, 1 to 100."""

    chance: float
    quality: tuple[int, int]


class Vignette(TypedDict):
    """`radius` is a share of the side."""

    chance: float
    radius: tuple[float, float]


class Ranges(TypedDict):
    """How far each change goes: shares of the area, the side, the value range or a full turn.

    `chance` is the share of photos that a change happens to.
    """

    area: tuple[float, float]
    aspect: tuple[float, float]
    turn: float
    brightness: float
    contrast: float
    saturation: float
    hue: float
    white_balance: float
    blur: Blur
    jpeg: Jpeg
    vignette: Vignette


RANGES: Ranges = {
    "area": (0.4, 1.0),
    "aspect": (0.75, 4 / 3),
    "turn": 1 / 18,  # around each of the four quarter turns
    "brightness": 0.12,
    "contrast": 0.2,
    "saturation": 0.2,
    "hue": 0.02,
    "white_balance": 0.06,
    "blur": {"chance": 0.4, "width": 1.2, "strength": (-0.6, 1.0)},
    "jpeg": {"chance": 0.25, "quality": (40, 90)},
    "vignette": {"chance": 0.15, "radius": (0.42, 0.62)},
}
# The same changes, each about half as far: for the last epochs of a network that underfits its
# training photos under the full ones.
MILD: Ranges = {
    "area": (0.65, 1.0),
    "aspect": (0.85, 1 / 0.85),
    "turn": 1 / 18,
    "brightness": 0.08,
    "contrast": 0.12,
    "saturation": 0.12,
    "hue": 0.015,
    "white_balance": 0.04,
    "blur": {"chance": 0.3, "width": 1.2, "strength": (-0.5, 0.8)},
    "jpeg": {"chance": 0.1, "quality": (50, 90)},
    "vignette": {"chance": 0.08, "radius": (0.42, 0.62)},
}
# Luminance and two axes of colour (YIQ, the standard of analogue television). A rotation in the
# plane of the colours changes the hue and keeps the brightness.
YIQ = ((0.299, 0.587, 0.114), (0.595716, -0.274453, -0.321263), (0.211456, -0.522591, 0.311135))
