"""The stress test: does a prediction survive small changes to its photo?

Thirty changes of eight kinds, from slight to clear, such as another photo of the same lesion has.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from model.photo.decode import within
from model.prediction.prediction import Prediction

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

SIDE = 512  # pixels: larger photos are changed at this size, which networks never see anyway


@dataclass(frozen=True)
class Perturbation:
    """One change: its kind and how far it goes, in words, and the prediction after it."""

    kind: str
    level: str
    prediction: Prediction


@dataclass(frozen=True)
class StressTest:
    """The predictions for one photo and for its changed copies, slightest first in each kind."""

    prediction: Prediction
    perturbations: tuple[Perturbation, ...]

    @property
    def label_changes(self) -> list[Perturbation]:
        """The slightest change of each kind that gives another diagnosis."""
        slightest: dict[str, Perturbation] = {}
        for perturbation in self.perturbations:
            if perturbation.prediction.diagnosis != self.prediction.diagnosis:
                slightest.setdefault(perturbation.kind, perturbation)
        return list(slightest.values())

    @property
    def first_to_change(self) -> list[Perturbation]:
        """Those of `label_changes` that come soonest, counted in steps of their kind."""
        steps = {id(change): self._step(change) for change in self.label_changes}
        return [change for change in self.label_changes if steps[id(change)] == min(steps.values())]

    def _step(self, perturbation: Perturbation) -> int:
        return list(CHANGES[perturbation.kind][1]).index(perturbation.level)

    @property
    def num_holding(self) -> int:
        return sum(
            perturbation.prediction.diagnosis == self.prediction.diagnosis
            for perturbation in self.perturbations
        )


def stress_test(
    classifier: Classifier,
    photo: np.ndarray,
    kind: str | None = None,
    watch: Callable[[Perturbation, float], None] = lambda perturbation, share: None,
) -> StressTest:
    """Change a photo in thirty small ways and look at each copy.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
        photo: (any, any, 3) uint8, RGB.
        kind: of photo, for the copies, too; None: what the network takes each of them for.
        watch: called with each change once it is done, and the share of all that is done then.
    Returns:
        `StressTest`.
    """
    small = Image.fromarray(within(photo, SIDE))
    first = classifier.predict([photo], [kind])[0]
    perturbations: list[Perturbation] = []
    total = sum(len(levels) for _, levels in CHANGES.values())
    for name, (change, levels) in CHANGES.items():
        copies = [np.asarray(change(small, amount)) for amount in levels.values()]
        predictions = classifier.predict(copies, [kind] * len(copies))
        for level, prediction in zip(levels, predictions, strict=True):
            perturbations.append(Perturbation(name, level, prediction))
            watch(perturbations[-1], len(perturbations) / total)
    return StressTest(first, tuple(perturbations))


def _turned(image, degrees):
    """Turned, and cropped to what shows no corner, as large as it was."""
    angle = np.radians(abs(degrees))
    ratio = max(image.size) / min(image.size)
    turned = image.rotate(degrees, Image.Resampling.BICUBIC)
    return _middle(turned, 1 / (np.cos(angle) + np.sin(angle) * ratio))


def _cropped(image, share):
    return _middle(image, 1 - share)


def _shifted(image, share):
    """A piece towards a corner: the lesion leaves the middle by half of `share`."""
    width, height = image.size
    return image.crop((round(width * share), round(height * share), width, height))


def _middle(image, share):
    width, height = image.size
    left, top = width * (1 - share) / 2, height * (1 - share) / 2
    return image.crop((round(left), round(top), round(width - left), round(height - top)))


def _lit(image, factor):
    return ImageEnhance.Brightness(image).enhance(factor)


def _contrasted(image, factor):
    return ImageEnhance.Contrast(image).enhance(factor)


def _blurred(image, share):
    return image.filter(ImageFilter.GaussianBlur(share * max(image.size)))


def _compressed(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _tinted(image, degrees):
    hue, saturation, value = image.convert("HSV").split()
    shift = round(degrees / 360 * 256)
    hue = hue.point([(level + shift) % 256 for level in range(256)])
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


CHANGES: dict[str, tuple[Callable[[Image.Image, float], Image.Image], dict[str, float]]] = {
    "turn": (_turned, {f"by {degrees}°": degrees for degrees in (5, -5, 10, -10, 20)}),
    "crop": (_cropped, {f"of {share} %": share / 100 for share in (4, 8, 12, 16, 20)}),
    "shift": (_shifted, {f"by {share // 2} %": share / 100 for share in (8, 16)}),
    "light": (
        _lit,
        {
            f"{'more' if factor > 1 else 'less'}, {abs(round(100 * factor) - 100)} %": factor
            for factor in (1.1, 0.9, 1.2, 0.8, 1.3)
        },
    ),
    "contrast": (
        _contrasted,
        {
            f"{'more' if factor > 1 else 'less'}, {abs(round(100 * factor) - 100)} %": factor
            for factor in (1.15, 0.85, 1.3)
        },
    ),
    "blur": (
        _blurred,
        {f"of {share:g} % of the side": share / 100 for share in (0.2, 0.4, 0.6)},
    ),
    "JPEG": (_compressed, {f"of quality {quality}": quality for quality in (70, 50, 30)}),
    "hue": (_tinted, {f"by {degrees}°": degrees for degrees in (4, -4, 8, -8)}),
}
