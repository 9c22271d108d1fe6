"""Tables about shortcuts that a page and a report both show, as text."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from model.evaluation.learned_shortcut import CONDITIONS, ConditionResult, RulerFound
from model.evaluation.planted import PlantedEffect
from model.evaluation.tables import figure
from model.evaluation.without_lesion import ABOUT, VARIANTS, VariantResult
from model.heatmaps.methods import METHODS
from model.photo.shortcuts import SHORTCUTS


def planted(effects: Sequence[PlantedEffect]) -> pd.DataFrame:
    """One row per drawn thing, of benign and of malignant photos.

    Args:
        effects: of `model.evaluation.planted.effects`.
    """
    return pd.DataFrame(
        {
            "Drawn": SHORTCUTS[effect.planted].title,
            "Photos": f"{effect.num_photos:,} {effect.verdict}",
            "Malignant sum, change": figure(effect.change),
            "Another answer": figure(effect.flipped),
            "Crosses the threshold": (
                f"{figure(effect.crossing)} of {effect.num_below:,}" if effect.crossing else "-"
            ),
        }
        for effect in effects
    )


def without_lesion(results: Sequence[VariantResult]) -> pd.DataFrame:
    """One row per variant of the photos.

    Args:
        results: of `model.evaluation.without_lesion.results`.
    """
    return pd.DataFrame(
        {
            "Trained and tested on": VARIANTS[result.variant],
            "What that is": ABOUT[result.variant],
            "Photos": result.num_photos,
            "Balanced accuracy": figure(result.balanced_accuracy),
            "Less the photo's": figure(result.difference),
        }
        for result in results
    )


def without_lesion_numbers(results: Sequence[VariantResult]) -> pd.DataFrame:
    """The same as numbers for a file."""
    return pd.DataFrame(
        {
            "variant": result.variant,
            "num_photos": result.num_photos,
            "num_lesions": result.num_lesions,
            "chance": result.chance,
            **{
                f"{name}{end}": getattr(estimate, part, None)
                for name, estimate in (
                    ("balanced_accuracy", result.balanced_accuracy),
                    ("difference", result.difference),
                )
                for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
            },
        }
        for result in results
    )


def learned(results: Sequence[ConditionResult]) -> pd.DataFrame:
    """One row per way in which rulers are drawn on the test photos.

    Args:
        results: of `model.evaluation.learned_shortcut.results`.
    """
    return pd.DataFrame(
        {
            "Test photos": CONDITIONS[result.condition].capitalize(),
            "Photos": result.num_photos,
            "Balanced accuracy": figure(result.balanced_accuracy),
            "Less that without rulers": figure(result.difference),
            "Malignant ones found": figure(result.found),
            "False alarms on benign ones": figure(result.false_alarms),
        }
        for result in results
    )


def ruler_found(found: Sequence[RulerFound]) -> pd.DataFrame:
    """One row per method: its maps' energy on the ruler, as a multiple of the ruler's area.

    Args:
        found: of `model.evaluation.learned_shortcut.ruler_found`.
    """
    return pd.DataFrame(
        {
            "Method": METHODS[one.method].title,
            "Photos": one.num_photos,
            "Network that was taught the ruler": figure(one.learned),
            "Network that was not": figure(one.plain),
            "Difference": figure(one.difference),
            "Finds the ruler": "yes" if one.is_found else "not shown",
            "Empty maps": one.num_empty,
        }
        for one in found
    )
