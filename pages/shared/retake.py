"""Photo quality in words: what is wrong with a photo, what that meant so far, how to retake it."""

from model.quality import FAULTS, faults
from pages.shared import cache, look

# What the photo is more of than the photos the network was validated on, and what helps.
WORDS = {
    "blurred": ("blurrier", "Hold still, touch the lesion on the screen to focus, go no nearer."),
    "dark": ("darker", "Take it by daylight at a window, without your own shadow on it."),
    "pale": ("paler", "Take it without flash, away from the sun."),
    "glaring": ("more glaring", "Without flash, and from a little aside, the shine goes."),
    "small": ("smaller", "Go nearer or choose the original file instead of its preview."),
    "cut off": ("fuller of what looks like lesion", "Show all of the lesion with skin around it."),
}


def sentences(run, photo):
    """What to know about a photo's quality, one sentence per fault.

    Args:
        run: `model.run.Run`.
        photo: `pages.shared.look.Photo`.
    Returns:
        List of Markdown lines.
    """
    if run.quality is None:
        return [
            "**Photo quality not checked**: this run does not record how its own photos measure up."
        ]
    found = faults(run, look.quality(run, photo))
    if not found:
        return [
            "**Sharp, lit and framed** like the photos the network was validated on: blur, light, "
            "glare, size and frame lie within their borders."
        ]
    return [_sentence(run, photo, key) for key in found]


def _sentence(run, photo, key):
    more, help_ = WORDS[key]
    worth = cache.worth_of_faults(run)[key]
    if worth.num_faulty:
        meant = (
            f"Of {worth.num_faulty:,} such test photos the network got {worth.faulty} right, of "
            f"the {worth.num_others:,} others {worth.others}."
        )
    else:
        meant = f"None of its {worth.num_others:,} test photos was like that: nobody knows."
    value = look.quality(run, photo)[FAULTS[key].measure]
    share = 1 - FAULTS[key].beyond
    return (
        f"**{'Maybe cut off' if key == 'cut off' else key.capitalize()}**: {more} than "
        f"{100 * share:.0f} % of the photos the network was validated on ({value:.2f}, the border "
        f"is {worth.border:.2f}). {meant} {help_}"
    )
