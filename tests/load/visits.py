"""Visits of a server of toys, whose answers are known by hand: what is most of a colour."""

import asyncio
import base64
import io
import json
import re

import numpy as np
from PIL import Image

from tests import toys
from tests.load.visitor import Visitor

NAMES = ("Basal cell carcinoma", "Melanoma", "Melanocytic nevus")  # red, green, blue
PATIENCE = 240  # seconds: fifty at once, on a machine that has other things to do
NEAR = 3  # of 255 that a JPEG of one colour may be off; other visitors' colours are 8 away


def colours(number):
    """So many colours, (red, green, blue): each clearly of one diagnosis, and each at least eight
    steps away from every other in one band; at most 270."""
    found = []
    for index in range(number):
        step, main = divmod(index, 3)
        colour = [0, 0, 0]
        colour[main] = 250
        colour[(main + 1) % 3] = 8 * (step % 9)
        colour[(main + 2) % 3] = 8 * (step // 9)
        found.append(tuple(colour))
    return found


async def visit_with_colour(address, colour, pages=("explain", "classify"), padding=0):
    """Upload a photo of one colour, look around, and check everything that comes back.

    Args:
        padding: bytes behind the photo in its file.
    Returns:
        Seconds of each step.
    """
    name = NAMES[int(np.argmax(colour))]
    async with Visitor(address, patience=PATIENCE) as visitor:
        steps = [await visitor.open("classify", "run=toy")]
        assert not visitor.page.answer
        assert shown_photos(visitor.page) == []
        own = f"photo_{'_'.join(map(str, colour))}.png"
        steps.append(await visitor.upload(own, toys.encoded(toys.flat(colour)) + bytes(padding)))
        for page in ("", *pages):
            if page:
                steps.append(await visitor.go(page))
            if page in ("", "classify"):
                assert name in visitor.page.answer, (visitor.page.answer, colour)
            check_pictures(visitor, colour)
            named = set(re.findall(r"photo_[0-9_]+\.png", " ".join(visitor.page.texts)))
            assert named <= {own}, f"{own} sees {named}"
        assert [step.error for step in steps] == len(steps) * [""]
    return [step.seconds for step in steps]


def check_pictures(visitor, colour):
    """Every picture that shows a photo shows this one, which is of one colour."""
    kept = [
        _pixels(visitor.pictures[image.url])
        for images in visitor.page.of("imgs")
        for image in images.imgs
        if image.alt == "The photo in use" and image.url in visitor.pictures
    ]
    assert kept, "the photo in use is not shown"
    for pixels in (*kept, *shown_photos(visitor.page)):
        off = np.abs(pixels.reshape(-1, 3) - np.array(colour)).max()
        assert off <= NEAR, f"{off} away from the photo of this visitor"


def shown_photos(page):
    """The photos under heat maps on a page, each (height, width, 3) int, RGB; not the legend."""
    photos = []
    for component in page.of("bidi_component"):
        data = json.loads(component.json or component.mixed.json or "null")
        if isinstance(data, dict) and "photo" in data:
            encoded = base64.b64decode(data["photo"].partition(",")[2])
            photos.append(_pixels(encoded))
    return [photo for photo in photos if photo.shape == toys.flat((0, 0, 0)).shape]


def _pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)


async def slow_visit(address, seconds):
    """Open a page, ask for others, read nothing for seconds; whether a page is there in the end."""
    async with Visitor(address, fetches=False, patience=PATIENCE) as visitor:
        await visitor.open("classify", "run=toy")
        visitor.pause()
        for page in ("training", "compare", "explain"):
            await visitor.ask(page=visitor.pages[page])
        await asyncio.sleep(seconds)
        visitor.resume()
        await visitor.go("learn")  # its end may be that of a page asked for before
        await visitor.go("about")
        return visitor.page.title == "About"
