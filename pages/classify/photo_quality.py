"""Photo quality in words: what is wrong with a photo, what that meant so far, how to retake it."""

import math

from model.evaluation.photo_faults import FAULTS, share_beyond
from model.evaluation.subgroups import FEW
from pages.shared import cache, session

# What the photo is more of than the photos the network was validated on, and what helps.
WORDS = {
    "blurred": ("blurrier", "Hold still, touch the lesion on the screen to focus, go no nearer."),
    "dark": ("darker", "Take it by daylight at a window, without your own shadow on it."),
    "pale": ("paler", "Take it without flash, away from the sun."),
    "glaring": ("more glaring", "Without flash, and from a little aside, the shine goes."),
    "small": ("smaller", "Go nearer or choose the original file instead of its preview."),
    "maybe cut off": (
        "fuller of what looks like lesion",
        "Show all of the lesion with skin around it.",
    ),
}
FORMATS = {
    "blur": "{:.2f}",
    "light": "{:.2f}",
    "glare": "{:.2%} of it nearly white",
    "side": "{:.0f} pixels",
    "fill": "{:.2f} of the frame",
}


def sentences(run, photo):
    """What to know about a photo's quality, one sentence per fault.

    Args:
        run: `model.run.Run`.
        photo: `pages.shared.session.Photo`.
    Returns:
        List of Markdown lines.
    """
    if run.quality is None:
        return [
            "**Photo quality not checked**: this run does not record how its own photos measure up."
        ]
    found = session.faults(run, photo)
    if not found:
        return [
            "**Sharp, lit and framed** like the photos the network was validated on: blur, light, "
            "glare, size and frame lie within their borders."
        ]
    return [_sentence(run, photo, key) for key in found]


def _sentence(run, photo, key):
    more, help_ = WORDS[key]
    effect = cache.fault_effects(run)[key]
    if effect.num_faulty >= FEW:
        meant = (
            f"Of {effect.num_faulty:,} such test photos the network got {effect.faulty} right, of "
            f"the {effect.num_others:,} others {effect.others}."
        )
    else:
        meant = (
            f"Of its {effect.num_faulty + effect.num_others:,} test photos {effect.num_faulty} "
            "were like that, too few to tell what it means."
        )
    if photo.is_rendered:
        help_ = ""  # nobody takes a drawing again
    elif photo.crop:
        help_ = f"Your frame may have made it so; else: {help_}"
    measure = FAULTS[key].measure
    value = session.quality(run, photo)[measure]
    share = math.floor(100 * share_beyond(run.quality, key, value))
    than = "all" if share == 100 else f"{share} %"
    written = FORMATS[measure].format
    return (
        f"**{key.capitalize()}**: {more} than {than} of the photos the network was validated "
        f"on ({written(value)}, the border is {written(effect.threshold)}). "
        f"{meant} {help_}".rstrip()
    )
