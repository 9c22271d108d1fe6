"""`make hostile`: files that nobody should upload, by the thousand, through the app's decoder.

Each file gives pixels or a sentence; memory stays where it was. A crash of a codec would end this
process, so its exit status counts, too. What kinds of file there are: docs/load.md.
"""

import argparse
import gzip
import io
import json
import os
import random
import struct
import sys
import tarfile
import time
import zipfile
import zlib
from collections import Counter

import numpy as np
from PIL import Image

from model.photo.decode import MIN_SIDE, PhotoError, decode
from tests.conftest import ROOT
from tests.load.processes import taken
from tests.toys import encoded

KINDS = ("JPEG", "PNG", "WEBP", "HEIF")
LARGE = 300  # one file in so many is as large as is accepted, which takes a second to decode


def photos():
    """Sound photos to start from, by name: every kind, mode and extra that a phone writes."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a lesion"
    found = {kind: encoded(noise, kind) for kind in KINDS}
    found |= {
        "JPEG progressive": encoded(noise, "JPEG", progressive=True, exif=exif),
        "JPEG grey": _saved(image.convert("L"), "JPEG"),
        "JPEG CMYK": _saved(image.convert("CMYK"), "JPEG"),
        "PNG palette": _saved(image.convert("P"), "PNG", transparency=1),
        "PNG alpha": _saved(image.convert("RGBA"), "PNG"),
        "PNG 16 bits": _saved(Image.fromarray(noise[..., 0].astype(np.uint16) * 257), "PNG"),
        "PNG text": _saved(image, "PNG", exif=exif, icc_profile=bytes(500)),
        "PNG animated": _saved(image, "PNG", save_all=True, append_images=[image.rotate(90)]),
        "WEBP lossless": encoded(noise, "WEBP", lossless=True, exif=exif.tobytes()),
        "WEBP animated": _saved(image, "WEBP", save_all=True, append_images=[image.rotate(90)]),
        "HEIF turned": encoded(noise, "HEIF", exif=exif.tobytes()),
        "HEIF alpha": _saved(image.convert("RGBA"), "HEIF"),
        "GIF": _saved(image, "GIF"),
        "TIFF": _saved(image, "TIFF"),
        "BMP": _saved(image, "BMP"),
    }
    return found


def files(number, seed=0, with_large=True):
    """So many hostile files, each (what was done to it, its bytes).

    Args:
        seed: the same seed gives the same files.
        with_large: whether a few are as large as is accepted.
    """
    chance = random.Random(seed)
    sound = photos()
    names = list(sound)
    ways = list(_WAYS.items())
    for index in range(number):
        if with_large and index % LARGE == LARGE - 1:
            yield "large", _large(chance)
            continue
        way, change = ways[index % len(ways)]
        name = chance.choice(names)
        other = sound[chance.choice(names)]
        yield f"{way}, {name}", change(chance, sound[name], other)


def _saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _flipped(chance, data, _):
    """A few bytes are others."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 5, 20, 200))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _flipped_in_front(chance, data, _):
    """A few bytes of the first 200 are others: where sizes and counts are."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 3, 6))):
        place = chance.randrange(min(200, len(changed)))
        changed[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(changed)


def _large_number(chance, data, _):
    """A number of four bytes is as large, or as small, as can be."""
    place = chance.randrange(max(1, min(len(data) - 4, 1000)))
    value = chance.choice((0, 1, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1))
    return data[:place] + struct.pack(chance.choice("<>") + "I", value) + data[place + 4 :]


def _cut(chance, data, _):
    return data[: chance.randrange(len(data))]


def _cut_out(chance, data, _):
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 400) :]


def _repeated(chance, data, _):
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randrange(1, 2000)]
    return data[:start] + piece * chance.choice((2, 3, 50)) + data[start:]


def _joined(chance, data, other):
    """Two kinds in one file."""
    return chance.choice((data + other, data[: len(data) // 2] + other, data[:30] + other[30:]))


def _named_wrongly(chance, data, other):
    """The first bytes of one kind before the rest of another."""
    length = chance.choice((2, 4, 8, 12, 16, 32))
    return other[:length] + data[chance.choice((0, length)) :]


def _archive(chance, data, other):
    """An archive, alone or behind a photo, as one file that is both."""
    buffer = io.BytesIO()
    kind = chance.choice(("zip", "tar", "gzip", "bomb"))
    if kind == "tar":
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            entry = tarfile.TarInfo("../photo.jpg")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    elif kind == "gzip":
        buffer.write(gzip.compress(data))
    else:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("photo.jpg", bytes(10**7) if kind == "bomb" else data)
    return chance.choice((b"", other)) + buffer.getvalue()


def _document(chance, data, _):
    """A page, a drawing or a document that says it is a photo, or holds one."""
    front = chance.choice(
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1/'/></svg>",
            b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]><x>&b;</x>",
            b"<html><script>alert(1)</script></html>",
            b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n",
            b"GIF89a/*",
            b"II*\0",
            b"#!/bin/sh\nexit 1\n",
            b"8BPS\0\1",
            b"P6\n99999 99999\n255\n",
        )
    )
    return chance.choice((front, front + data, data[:2] + front + data[2:]))


def _any_bytes(chance, data, _):
    length = chance.choice((0, 1, 10, 1000, 100_000))
    return chance.choice((b"", data[:12])) + chance.randbytes(length)


def _sized(chance, data, _):
    """A PNG whose header claims another size, with a sum of check that is right."""
    side = chance.choice((0, 1, 63, 64, 5000, 6324, 6325, 30_000, 2**31 - 1))
    other = chance.choice((1, 64, 128, 6000, side))
    header = struct.pack(
        ">IIBBBBB", side, other, *chance.choice(((8, 2), (16, 2), (1, 0))), 0, 0, 0
    )
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(chance.choice((0, 100, 100_000)))))
        + chance.choice((b"", _chunk(b"IEND", b"")))
    )


def _chunks(chance, data, _):
    """A PNG with chunks that are doubled, missing or in another order, with right sums of check."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 96, 80, 8, chance.choice((0, 2, 3, 4, 6)), 0, 0, 0)),
        (b"PLTE", chance.randbytes(chance.choice((3, 7, 768, 900)))),
        (b"tRNS", chance.randbytes(chance.choice((0, 1, 2, 6, 300)))),
        (b"iCCP", b"profile\0\0" + zlib.compress(chance.randbytes(200))),
        (b"zTXt", b"text\0\0" + zlib.compress(bytes(chance.choice((10, 3_000_000))))),
        (b"eXIf", chance.randbytes(60)),
        (b"acTL", struct.pack(">II", chance.choice((0, 1, 2**31)), 0)),
        (b"IDAT", zlib.compress(chance.randbytes(chance.choice((10, 96 * 81 * 4))))),
        (b"IEND", b""),
    ]
    kept = [parts[0], *chance.sample(parts[1:], chance.randrange(1, len(parts)))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in kept)


def _marked(chance, data, _):
    """A JPEG with a segment more: EXIF, a colour profile, a comment, or another size."""
    jpeg = encoded(np.full((70, 70, 3), chance.randrange(256), np.uint8), "JPEG")
    marker = chance.choice((0xE1, 0xE2, 0xEE, 0xFE, 0xC0, 0xC2, 0xC4, 0xDB, 0xDD))
    body = chance.choice(
        (
            b"Exif\0\0MM\0*",
            b"ICC_PROFILE\0\1\1",
            b"Adobe\0d",
            b"",
            struct.pack(">BHHB", 8, 1, 65535, 4),
        )
    ) + chance.randbytes(chance.randrange(200))
    length = chance.choice((len(body) + 2, 0, 1, 65535))
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", length) + body + jpeg[2:]


def _chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _large(chance):
    """A photo of almost as many pixels as are accepted, in very few bytes; or one too many."""
    side = chance.choice((6300, 6324, 6325))
    kind = chance.choice(("PNG", "JPEG", "WEBP"))
    return _saved(Image.new(chance.choice(("L", "RGB")), (side, side)), kind)


_WAYS = {
    "bytes changed": _flipped,
    "header changed": _flipped_in_front,
    "number changed": _large_number,
    "cut": _cut,
    "cut out": _cut_out,
    "repeated": _repeated,
    "joined": _joined,
    "named wrongly": _named_wrongly,
    "archive": _archive,
    "document": _document,
    "any bytes": _any_bytes,
    "sized": _sized,
    "chunks": _chunks,
    "marked": _marked,
}


def outcome(data):
    """What the decoder says to a file: `decoded`, or the sentence.

    Raises:
        AssertionError: what it gives is no photo.
    """
    try:
        pixels = decode(data)
    except PhotoError as error:
        return str(error)
    if pixels.dtype != np.uint8 or pixels.shape[2:] != (3,) or min(pixels.shape[:2]) < MIN_SIDE:
        raise AssertionError(f"{pixels.shape} {pixels.dtype} is no photo")
    return "decoded"


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.load.hostile", description=__doc__)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    outcomes, failures, megabytes, slowest = Counter(), [], [], (0.0, "")
    own = os.getpid()
    for index, (way, data) in enumerate(files(arguments.number, arguments.seed)):
        started = time.perf_counter()
        try:
            said = outcome(data)
            outcomes["decoded" if said == "decoded" else "refused"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            failures.append(f"{index}, {way}: {type(error).__name__}: {error}")
        slowest = max(slowest, (time.perf_counter() - started, way))
        if index % max(1, arguments.number // 10) == 0 and taken(own):
            megabytes.append(round(taken(own).megabytes))
    figures = {
        "files": arguments.number,
        **outcomes,
        "failures": failures[:20],
        "num_failures": len(failures),
        "megabytes": megabytes,
        "peak_megabytes": taken(own) and round(taken(own).peak_megabytes),
        "slowest_seconds": round(slowest[0], 2),
        "slowest": slowest[1],
    }
    print(json.dumps(figures, indent=1))
    target = ROOT / "build" / "hostile.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
