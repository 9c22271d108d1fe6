"""Bytes to pixels: the one decoder and the one resize that training, app and command line share.

Nothing here touches the disk, and nothing of a photo's metadata leaves this module.
"""

import io
import struct

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE = 64
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
# Only for finding photos in a folder: what a file is, its content decides.
SUFFIXES = {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".heic", ".heif"}

pillow_heif.register_heif_opener()

# What Pillow and its codecs raise on damaged files, found by fuzzing
# (tests/model/photo/test_decode.py).
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    RuntimeError,
    MemoryError,
    struct.error,
)


class PhotoError(ValueError):
    """A file that cannot be used as a photo; the message says why and what to do."""


def decode(data: bytes) -> np.ndarray:
    """Turn the bytes of an uploaded file into pixels: upright, in sRGB, without metadata.

    The kind of file is found from its content, never from its name. Of an animation the first
    frame counts; transparency is laid over white; 16-bit grey is scaled to 8 bits.

    Args:
        data: the file's bytes.
    Returns:
        (height, width, 3) uint8, RGB, contiguous.
    Raises:
        PhotoError: over 10 MB, over 40 megapixels (found before decoding), under 64 px,
            damaged, or not a JPEG, PNG, WebP or HEIC.
    """
    if not data:
        raise PhotoError("This file is empty. Choose the photo again.")
    if len(data) > MAX_BYTES:
        raise PhotoError(
            f"This file has {len(data) / 2**20:.1f} MB; at most {MAX_BYTES // 2**20} MB are "
            "accepted. Save the photo smaller and choose it again."
        )
    image = _open(data)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PhotoError(_too_many_pixels(f"{width} x {height} pixels"))
    try:
        image.seek(0)
        image.load()
        image = _to_srgb(ImageOps.exif_transpose(image))
        pixels = np.array(_to_rgb(image), dtype=np.uint8)
    except _DAMAGED as error:
        raise PhotoError(
            "This photo is damaged or cut short and cannot be read. Copy or download it again."
        ) from error
    if min(pixels.shape[:2]) < MIN_SIDE:
        raise PhotoError(
            f"This photo has {width} x {height} pixels; at least {MIN_SIDE} on each side are "
            "needed. Choose the original, not its thumbnail."
        )
    return np.ascontiguousarray(pixels)


def resize(photo: np.ndarray, height: int, width: int, resizing: str = "bicubic") -> np.ndarray:
    """Bring a photo to a network's input size; the whole photo is kept and squashed to fit.

    Args:
        photo: (any, any, 3) uint8, RGB.
        height, width: pixels of the result.
        resizing: `bicubic`, which averages over all pixels of a larger photo; `bilinear`, which
            looks at four of them as `keras.utils.image_dataset_from_directory` does; or `nearest`,
            which takes one as `ImageDataGenerator` does.
    Returns:
        (height, width, 3) uint8, RGB; the same pixels when the size fits already.
    """
    if photo.shape[:2] == (height, width):
        return photo
    image = Image.fromarray(photo)
    if resizing == "bilinear":
        # Pillow's resize would average; its transform does not.
        scales = (image.width / width, 0, 0, 0, image.height / height, 0)
        affine, two_by_two = Image.Transform.AFFINE, Image.Resampling.BILINEAR
        return np.asarray(image.transform((width, height), affine, scales, two_by_two))
    way = Image.Resampling.NEAREST if resizing == "nearest" else Image.Resampling.BICUBIC
    return np.asarray(image.resize((width, height), way))


def within(photo: np.ndarray, longest: int) -> np.ndarray:
    """Shrink a photo, sides in proportion, so that no side is longer than `longest` pixels.

    Args:
        photo: (any, any, 3) uint8, RGB.
        longest: pixels.
    Returns:
        (height, width, 3) uint8, RGB; the same pixels when the photo is small enough.
    """
    height, width = photo.shape[:2]
    return resize(photo, *size_within(height, width, longest))


def size_within(height: int, width: int, longest: int) -> tuple[int, int]:
    """(height, width) that `within` gives a photo of this size."""
    share = min(1, longest / max(height, width))
    return max(1, round(height * share)), max(1, round(width * share))


def _open(data):
    """Read the header only, so that a bomb is refused before it is unpacked."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError(_too_many_pixels("far too many pixels")) from error
    except _DAMAGED as error:
        raise PhotoError(
            "This file is not a photo that can be read here. Choose a JPEG, PNG, WebP or HEIC."
        ) from error


def _too_many_pixels(what_came):
    return (
        f"This photo has {what_came}; at most {MAX_PIXELS // 1_000_000} megapixels are accepted. "
        "Save it smaller and choose it again."
    )


def _to_srgb(image):
    """Show the colours a phone's wide-gamut profile means; a profile that is broken is ignored."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode != "RGB":
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return image


def _to_rgb(image):
    if image.mode.startswith("I"):
        # Pillow clips 16-bit grey at 255 when it converts; 257 maps 65535 to 255 exactly.
        grey = np.asarray(image, dtype=np.float64) / 257
        return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")
