"""Bytes to pixels: every kind of file a phone or a clinic makes, and those nobody should send."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.photo import decode as decoder
from model.photo.decode import PhotoError, decode, resize, within
from tests.load.hostile import files, outcome
from tests.toys import encoded, flat

LEFT_RED = np.concatenate([flat((250, 10, 10), 80, 64), flat((10, 10, 250), 80, 64)], axis=1)


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "HEIF"])
def test_every_accepted_kind_gives_the_same_pixels(kind):
    photo = decode(encoded(LEFT_RED, kind))
    assert photo.shape == (80, 128, 3)
    assert photo.dtype == np.uint8
    assert photo.flags["C_CONTIGUOUS"]
    assert np.abs(photo[40, 20].astype(int) - (250, 10, 10)).max() <= 12
    assert np.abs(photo[40, 100].astype(int) - (10, 10, 250)).max() <= 12


def test_png_is_read_without_loss():
    pixels = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    assert np.array_equal(decode(encoded(pixels)), pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_stands_upright(orientation):
    """The stored pixels are turned back; what the viewer sees is the same for all eight codes."""
    undo = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: np.transpose(a, (1, 0, 2)),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.transpose(np.rot90(a, 2), (1, 0, 2)),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(undo(LEFT_RED))
    assert np.array_equal(decode(encoded(stored, "PNG", exif=exif)), LEFT_RED)


def test_a_turned_heic_stands_upright():
    """As phones write it: the turn stands in container and EXIF data and is done once."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.ascontiguousarray(np.rot90(LEFT_RED, 1))
    photo = decode(encoded(stored, "HEIF", exif=exif.tobytes(), quality=95))
    assert photo.shape == LEFT_RED.shape
    assert photo[40, 20, 0] > 200
    assert photo[40, 20, 2] < 60


def test_transparency_lies_over_white():
    image = Image.new("RGBA", (70, 70), (200, 0, 0, 0))
    image.paste((0, 0, 200, 255), (0, 0, 35, 70))
    photo = decode(saved(image, "PNG"))
    assert tuple(photo[35, 60]) == (255, 255, 255)
    assert tuple(photo[35, 10]) == (0, 0, 200)


def test_palette_with_a_transparent_colour_lies_over_white():
    image = Image.new("P", (70, 70), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(0, (0, 0, 35, 70))
    photo = decode(saved(image, "PNG", transparency=1))
    assert tuple(photo[35, 60]) == (255, 255, 255)
    assert tuple(photo[35, 10]) == (10, 20, 30)


def test_grey_gets_three_equal_bands():
    photo = decode(saved(Image.new("L", (70, 70), 77), "PNG"))
    assert (photo == 77).all()
    assert photo.shape == (70, 70, 3)


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (65535, 255), (32896, 128), (257, 1)])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(value, expected):
    image = Image.fromarray(np.full((70, 70), value, np.uint16))
    assert (decode(saved(image, "PNG")) == expected).all()


def test_cmyk_is_converted():
    photo = decode(saved(Image.new("CMYK", (70, 70), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = photo[35, 35]
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_the_first_frame_of_an_animation_counts(kind):
    frames = [Image.new("RGB", (70, 70), colour) for colour in ("#c80000", "#0000c8")]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    red, _, blue = decode(data)[35, 35]
    assert red > 150 > blue


# Columns: the red, green and blue primaries in XYZ under D50, as ICC profiles state them.
DISPLAY_P3 = np.array(
    [[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]]
)
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])


def icc_profile(primaries, gamma=2.2):
    """The bytes of a matrix profile, as a phone attaches it to a photo."""

    def fixed(*values):
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    name = b"Display P3\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1.0, 0.8249),
    }
    for column, band in enumerate(b"rgb"):
        tags[bytes([band]) + b"XYZ"] = b"XYZ " + bytes(4) + fixed(*primaries[:, column])
        tags[bytes([band]) + b"TRC"] = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256))
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for key, data in tags.items():
        table += key + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    content = struct.pack(">I", len(tags)) + table + body
    header = struct.pack(">I4sI", 128 + len(content), b"none", 0x02100000) + b"mntrRGB XYZ "
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.8249) + bytes(48)
    return header + content


def test_a_wide_gamut_photo_gets_the_colours_its_profile_means():
    """A phone's red is wider than sRGB's, so the same number means more red and less green."""
    stored = np.array([180, 90, 60])
    linear = np.linalg.inv(SRGB) @ DISPLAY_P3 @ (stored / 255) ** 2.2
    expected = 255 * np.where(
        linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear
    )
    image = Image.new("RGB", (70, 70), tuple(stored.tolist()))
    pixel = decode(saved(image, "PNG", icc_profile=icc_profile(DISPLAY_P3)))[0, 0]
    assert np.abs(pixel - expected).max() < 2
    assert pixel[0] > 188
    assert pixel[1] < 88


@pytest.mark.parametrize("profile", [b"no profile at all", icc_profile(DISPLAY_P3)[:200]])
def test_a_broken_colour_profile_is_ignored(profile):
    image = Image.new("RGB", (70, 70), (180, 90, 60))
    assert tuple(decode(saved(image, "PNG", icc_profile=profile))[0, 0]) == (180, 90, 60)


def test_over_ten_megabytes_is_refused_with_the_size():
    with pytest.raises(PhotoError, match=r"10\.5 MB.*at most 10 MB"):
        decode(b"\xff\xd8" + bytes(11 * 1000 * 1000))


def png_header(width, height):
    """A PNG that only claims its size: decoding it would need the memory, reading it must not."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(6400, 6400), (12000, 12000), (60000, 60000)])
def test_a_decompression_bomb_is_refused_before_decoding(size, monkeypatch):
    def never(*_):
        raise AssertionError("the bomb was decoded")

    monkeypatch.setattr(Image.Image, "load", never)
    with pytest.raises(PhotoError, match="at most 40 megapixels"):
        decode(png_header(*size))


def test_a_heic_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(decoder, "MAX_PIXELS", 5000)
    with pytest.raises(PhotoError, match="128 x 80 pixels"):
        decode(encoded(LEFT_RED, "HEIF"))


def test_forty_megapixels_are_still_accepted(monkeypatch):
    monkeypatch.setattr(decoder, "MAX_PIXELS", 128 * 80)
    assert decode(encoded(LEFT_RED)).shape == (80, 128, 3)


def test_a_thumbnail_is_refused_with_its_size():
    with pytest.raises(PhotoError, match=r"100 x 63 pixels; at least 64"):
        decode(encoded(flat((1, 2, 3), 63, 100)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "HEIF"])
def test_a_truncated_photo_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    data = encoded(noise, kind)
    with pytest.raises(PhotoError):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"hello, I am a text", "JPEG, PNG, WebP or HEIC"),
        (b"%PDF-1.7 ...", "JPEG, PNG, WebP or HEIC"),
        (encoded(flat((1, 2, 3)), "GIF"), "JPEG, PNG, WebP or HEIC"),
        (encoded(flat((1, 2, 3)), "TIFF"), "JPEG, PNG, WebP or HEIC"),
    ],
)
def test_what_is_no_photo_is_refused_with_what_to_do(data, sentence):
    with pytest.raises(PhotoError, match=sentence):
        decode(data)


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_pixels_or_a_sentence(data):
    try:
        photo = decode(data)
    except PhotoError:
        return
    assert photo.dtype == np.uint8


SMALL = {kind: encoded(LEFT_RED, kind) for kind in ("PNG", "JPEG", "WEBP", "HEIF")}


@given(
    st.sampled_from(sorted(SMALL)),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_damaged_photos_give_pixels_or_a_sentence(kind, damages):
    data = bytearray(SMALL[kind])
    for place, value in damages:
        data[place % len(data)] = value
    try:
        photo = decode(bytes(data))
    except PhotoError:
        return
    assert photo.ndim == 3
    assert min(photo.shape[:2]) >= decoder.MIN_SIDE


@pytest.mark.filterwarnings("ignore:Invalid APNG:UserWarning")
def test_hostile_files_give_pixels_or_a_sentence():
    """Archives, two kinds in one file, headers that lie with the right sums; `make hostile` sends
    ten thousand."""
    said = [outcome(data) for _, data in files(280, with_large=False)]
    assert said.count("decoded") > 20
    assert all(sentence.endswith((".", "decoded")) for sentence in said)
    assert len(set(said)) > 5


def test_resize_gives_the_wanted_size_and_keeps_flat_colours():
    resized = resize(flat((10, 200, 30)), 32, 48)
    assert resized.shape == (32, 48, 3)
    assert resized.dtype == np.uint8
    assert (resized == (10, 200, 30)).all()


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [((80, 128), 64, (40, 64)), ((3000, 4000), 1000, (750, 1000)), ((80, 128), 128, (80, 128))],
)
def test_a_photo_is_shrunk_in_proportion_and_never_enlarged(size, longest, expected):
    assert within(flat((9, 9, 9), *size), longest).shape[:2] == expected


def test_resize_leaves_a_fitting_photo_alone():
    assert np.array_equal(resize(LEFT_RED, 80, 128), LEFT_RED)
