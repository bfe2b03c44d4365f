"""Tells picture files that hold pixels and nothing else, so that they can be kept as they are."""

from __future__ import annotations

from collections.abc import Iterator

JPEG_MARKERS = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD}
"""Frames, Huffman tables, scans, quantization tables and restart intervals."""
JPEG_FRAMES = {0xC0, 0xC1, 0xC2}
MAX_COMPONENTS = 3
"""A JPEG of four components is in CMYK, which browsers show in other colours."""
JPEG_HEADERS = {0xE0: 16, 0xEE: 14}
"""JFIF without a thumbnail, and Adobe's colour transform: marker → length."""
PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
WEBP_CHUNKS = {b"VP8 ", b"VP8L"}


def is_bare(data: bytes) -> bool:
    """Whether this is a JPEG, PNG or WebP of one frame, without metadata, profile, comment or bytes after its end.

    A JPEG in CMYK is none. Only the structure of a file is read, not its pixels.
    """
    if data.startswith(b"\xff\xd8"):
        return _is_bare_jpeg(data)
    if data.startswith(b"\x89PNG"):
        return _holds_only(PNG_CHUNKS, _png_chunks(data), len(data))
    if data.startswith(b"RIFF"):
        return int.from_bytes(data[4:8], "little") + 8 == len(data) and _holds_only(
            WEBP_CHUNKS, _webp_chunks(data), len(data)
        )
    return False


def _holds_only(known: set[bytes], chunks: Iterator[tuple[bytes, int]], size: int) -> bool:
    """Whether all chunks (name, end) are known, and the last one ends with the file."""
    end = 0
    for name, end in chunks:
        if name not in known or end > size or (name == b"IEND" and end != size):
            return False
    return end == size


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    place = 8
    while place < len(data):
        name = data[place + 4 : place + 8]
        place += 12 + int.from_bytes(data[place : place + 4])
        yield name, place


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    place = 12
    while place < len(data):
        name, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        place += 8 + length + length % 2
        yield name, place


def _is_bare_jpeg(data: bytes) -> bool:
    place = 2
    while data[place : place + 1] == b"\xff" and place + 4 <= len(data):
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4])
        if marker not in JPEG_MARKERS and JPEG_HEADERS.get(marker) != length:
            return False
        if marker in JPEG_FRAMES and data[place + 9 : place + 10] > bytes([MAX_COMPONENTS]):
            return False
        place += 2 + length
        if marker == 0xDA:
            place = _end_of_scan(data, place)
    return data[place:] == b"\xff\xd9"


def _end_of_scan(data: bytes, place: int) -> int:
    """The place of the next marker that does not belong to the pixels of a scan."""
    while (place := data.find(b"\xff", place)) >= 0 and data[place + 1 : place + 2] in RESTARTS:
        place += 2
    return place if place >= 0 else len(data)


RESTARTS = {b"\0", *(bytes([number]) for number in range(0xD0, 0xD8))}
