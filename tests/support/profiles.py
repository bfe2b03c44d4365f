"""Small ICC profiles, and pictures that are saved in them."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Sequence

from PIL import Image, ImageCms

from tests.support.pictures import encoded

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
D50 = (0.9642, 1.0, 0.8249)


def fixed(*values: float) -> bytes:
    """Numbers as a profile holds them, in steps of 1/65536."""
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def profile(space: bytes, kind: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of version 2 with these tags."""
    name = b"A test profile\0"
    desc = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
    tags = {b"desc": desc, b"cprt": b"text\0\0\0\0none\0", b"wtpt": b"XYZ \0\0\0\0" + fixed(*D50), **tags}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I", start + len(body)) + b"none" + struct.pack(">I", 0x02400000) + kind + space + connection
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(*D50)
    return head.ljust(128, b"\0") + table + body


def rgb_profile(red: Sequence[float], green: Sequence[float], blue: Sequence[float], gamma: float) -> bytes:
    """A profile of three primaries, each as XYZ under D50."""
    primaries = zip((b"rXYZ", b"gXYZ", b"bXYZ"), (red, green, blue), strict=True)
    tags = {tag: b"XYZ \0\0\0\0" + fixed(*primary) for tag, primary in primaries}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma))
    return profile(b"RGB ", b"mntr", b"XYZ ", tags | curves)


def grey_profile(gamma: float) -> bytes:
    return profile(b"GRAY", b"mntr", b"XYZ ", {b"kTRC": curve(gamma)})


def cmyk_profile() -> bytes:
    """A press whose cyan ink is green: cyan alone is Lab (60, -60, 40). Every other ink is black."""
    even = bytes(range(256))
    paper, green, black = (255, 128, 128), (153, 68, 168), (0, 128, 128)
    inks = itertools.product((0, 1), repeat=4)
    cells = b"".join(bytes(black if any(others) else green if cyan else paper) for cyan, *others in inks)
    matrix = fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return profile(
        b"CMYK",
        b"prtr",
        b"Lab ",
        {b"A2B0": b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + even * 4 + cells + even * 3},
    )


ADOBE_RGB = rgb_profile(
    (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457), 2.19921875
)
DISPLAY_P3 = rgb_profile((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407), 2.2)
PROPHOTO = rgb_profile((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00008, 0.82491), 1.8)
WIDE = {"Adobe RGB": ADOBE_RGB, "Display P3": DISPLAY_P3, "ProPhoto": PROPHOTO}


def converted(image: Image.Image, icc: bytes) -> Image.Image:
    """The numbers that this sRGB picture has in the colour space of an RGB profile."""
    target = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    return ImageCms.profileToProfile(image, SRGB, target, outputMode="RGB")


def saved_in(image: Image.Image, icc: bytes, format: str = "PNG", **options: object) -> bytes:
    """A file that shows this sRGB picture in the colour space of an RGB profile."""
    return encoded(converted(image, icc), format, icc_profile=icc, **options)
