"""Mutated pictures and requests, as a hostile visitor could send them: almost valid.

Pictures are mutated in the units of their format (chunks of a PNG, segments of a JPEG, fields of a TIFF), so that a
decoder gets past the header. Requests follow a grammar over the endpoints and their parameters.
"""

from __future__ import annotations

import io
import json
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from PIL import Image, ImageDraw
from pillow_heif import register_heif_opener

NUMBERS = (0, 1, 2, 7, 8, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1)


@cache
def seeds() -> dict[str, bytes]:
    """A small valid picture of each format and variant that the decoder reads."""
    picture = Image.linear_gradient("L").resize((40, 56)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((8, 8, 30, 40), fill="#b3262e")
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a picture"
    deep = picture.convert("L").convert("I;16")
    other = picture.transpose(Image.Transpose.ROTATE_180)
    clear = picture.copy()
    clear.putalpha(picture.convert("L"))
    film: dict[str, Any] = {"save_all": True, "append_images": [other], "duration": 50}
    ways: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
        "jpeg": (picture, "JPEG", {"exif": exif, "comment": b"a comment"}),
        "jpeg progressive": (picture, "JPEG", {"progressive": True, "icc_profile": bytes(200)}),
        "jpeg cmyk": (picture.convert("CMYK"), "JPEG", {"restart_marker_rows": 1}),
        "png": (picture, "PNG", {"exif": exif}),
        "png palette": (picture.quantize(16), "PNG", {"transparency": 3}),
        "png deep": (deep, "PNG", {}),
        "png clear": (clear, "PNG", {}),
        "png film": (picture, "PNG", film),
        "gif": (picture.quantize(32), "GIF", film | {"transparency": 1, "comment": "a comment"}),
        "webp": (picture, "WEBP", {"exif": exif}),
        "webp lossless": (clear, "WEBP", {"lossless": True}),
        "webp film": (picture, "WEBP", film),
        "tiff": (picture, "TIFF", {"compression": "tiff_lzw", "save_all": True, "append_images": [other]}),
        "tiff deflate": (deep, "TIFF", {"compression": "tiff_deflate"}),
        "tiff jpeg": (picture, "TIFF", {"compression": "jpeg"}),
        "tiff floats": (picture.convert("F"), "TIFF", {}),
        "tiff fax": (picture.convert("1"), "TIFF", {"compression": "group4"}),
        "bmp": (picture.quantize(16), "BMP", {}),
        "avif": (clear, "AVIF", {"speed": 10, "exif": exif}),
        "avif film": (picture, "AVIF", film | {"speed": 10}),
        "heic": (clear, "HEIF", {"exif": exif, "quality": 60}),
        "jpeg 2000": (picture, "JPEG2000", {"comment": "a comment"}),
        "jpeg 2000 tiles": (clear, "JPEG2000", {"tile_size": (16, 16), "no_jp2": True}),
    }
    register_heif_opener()  # for saving
    return {name: _encode(*way) for name, way in ways.items()}


def _encode(image: Image.Image, format: str, options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def mutated_picture(chance: random.Random) -> bytes:
    """A picture with one to four mutations."""
    data = chance.choice(list(seeds().values()))
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(MUTATIONS)(data, chance) or data
    return data


def _overwrite_bytes(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found)


def _overwrite_number(data: bytes, chance: random.Random) -> bytes:
    """Overwrite a number by one at which integer arithmetic overflows or changes sign."""
    form = chance.choice(("<H", ">H", "<I", ">I", "B"))
    number = chance.choice(NUMBERS) % 256 ** struct.calcsize(form)
    place = chance.randrange(len(data))
    return (data[:place] + struct.pack(form, number) + data[place + struct.calcsize(form) :])[: len(data)]


def _cut(data: bytes, chance: random.Random) -> bytes:
    start, end = sorted((chance.randrange(len(data)), chance.randrange(len(data))))
    return chance.choice((data[:end], data[:start] + data[end:], data[:end] + data[start:]))


def _graft(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(list(seeds().values()))
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def _mutate_parts(data: bytes, chance: random.Random) -> bytes:
    """Drop, repeat, swap or alter chunks, segments or boxes; checksums and lengths are corrected afterwards."""
    parts = split(data)
    place = chance.randrange(len(parts))
    part = parts[place]
    how = chance.randrange(5)
    if how == 0:
        parts[place] = b""
    elif how == 1:
        parts[place] = part * chance.choice((2, 2, 3, 50))
    elif how == 2:
        other = chance.randrange(len(parts))
        parts[place], parts[other] = parts[other], part
    elif part:
        parts[place] = chance.choice((_overwrite_bytes, _overwrite_number, _cut))(part, chance)
    return joined(parts)


MUTATIONS = (_overwrite_bytes, _overwrite_number, _cut, *[_mutate_parts] * 3, _graft)


def split(data: bytes) -> list[bytes]:
    """The chunks, segments or boxes of a picture; for other formats pieces of 12 bytes, like the fields of a TIFF."""
    if data.startswith(b"\x89PNG"):
        return [data[:8], *_pieces(data, 8, lambda at: 12 + int.from_bytes(data[at : at + 4]))]
    if data.startswith(b"\xff\xd8"):
        return [data[:2], *_pieces(data, 2, lambda at: 2 + int.from_bytes(data[at + 2 : at + 4]))]
    if data.startswith(b"RIFF"):
        return [data[:12], *_pieces(data, 12, lambda at: 8 + int.from_bytes(data[at + 4 : at + 8], "little"))]
    if data[4:8] == b"ftyp":
        return _pieces(data, 0, lambda at: int.from_bytes(data[at : at + 4]))
    return _pieces(data, 0, lambda _: 12)


def _pieces(data: bytes, start: int, length: Callable[[int], int]) -> list[bytes]:
    found = []
    while start < len(data):
        end = start + max(1, length(start))
        found.append(data[start:end])
        start = end
    return found or [b""]


def joined(parts: Sequence[bytes]) -> bytes:
    """Join the parts to a file, with correct checksums for PNG and a correct length for WebP."""
    if parts[0].startswith(b"\x89PNG"):
        parts = [parts[0], *(part[:-4] + struct.pack(">I", zlib.crc32(part[4:-4])) for part in parts[1:])]
    whole = b"".join(parts)
    if whole.startswith(b"RIFF"):
        whole = whole[:4] + struct.pack("<I", max(0, len(whole) - 8)) + whole[8:]
    return whole


WORDS = (
    *("", "p7", "S0001", "nope", "None", "null", "Women", "Red", "\x00", "\ud800", "٣", "a" * 5000, "😀" * 300),
    *("../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "data:image/png;base64,AAAA"),
    *("http://127.0.0.1/", "http://[::1]:7860/", "https://nowhere.invalid/x.jpg"),
    *("<script>alert(1)</script>", "${7*7}", "{{7*7}}", "%s%n", "' OR 1=1 --"),
)
NAMES = (
    *("image", "images", "item_id", "k", "where", "liked", "disliked", "diversity", "but", "min_similarity", "locked"),
    *("passed_over", "path", "url", "meta", "_type", "gender", "baseColour", "articleType", "shoes", "chosen"),
    *("__class__", "attribute", "value", "act", "slot", "box", "point", "item", "refine"),
)
ENDPOINTS = {
    "recommend": ("image", "k", "where", "liked", "disliked", "diversity", "but", "min_similarity", "refine", "parts"),
    "similar": ("item_id", "k", "where", "liked", "disliked", "diversity", "but", "min_similarity", "refine"),
    "describe": ("image",),
    "complete_the_look": ("image", "item_id", "locked", "passed_over"),
    "catalog": ("where",),
    "recommend_batch": ("images", "k", "where", "refine"),
}
HANDLERS = 30
"""How many of the page's own event handlers are called, by their number."""


@dataclass(frozen=True)
class Request:
    """A request over HTTP."""

    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def mutated_request(chance: random.Random, upload: str) -> Request:
    """An almost valid request. `upload` is the server's path of an uploaded picture."""
    return chance.choice((*[_api_call] * 4, _page_event, _file_request, _upload_request))(chance, upload)


def _api_call(chance: random.Random, upload: str) -> Request:
    name = chance.choice((*ENDPOINTS, "nope"))
    values = {parameter: value(chance, upload) for parameter in ENDPOINTS.get(name, NAMES) if chance.random() < 0.7}
    if "image" in values and chance.random() < 0.5:
        values["image"] = {"path": upload}
    if chance.random() < 0.5:
        return _post(f"gradio_api/call/{name}", {"data": list(values.values())}, chance)
    return _post(f"gradio_api/call/v2/{name}", values, chance)


def _page_event(chance: random.Random, upload: str) -> Request:
    """A call of one of the page's own event handlers."""
    event = {"chosen": value(chance, upload)}
    body = {
        "fn_index": chance.choice((*range(HANDLERS), *range(HANDLERS), -1, 10**9, None, "0")),
        "data": [value(chance, upload) for _ in range(chance.choice((0, 1, 3, 4, 4, 5, 5, 8)))],
        "session_hash": chance.choice(("a", "b", "c", value(chance, upload))),
        "event_data": chance.choice((event, event, value(chance, upload))),
    }
    return _post("gradio_api/queue/join", body, chance)


def _file_request(chance: random.Random, upload: str) -> Request:
    word = chance.choice(WORDS).encode("utf-8", "replace")
    file = f"gradio_api/file={upload}{{}}"
    place = chance.choice(("thumbs/{}", "?item={}&found={}&is.gender={}", "about/{}", "{}", "gradio_api/{}", file))
    path = place.replace("{}", "".join(f"%{byte:02x}" for byte in word[:900]))
    return Request(chance.choice(("GET", "GET", "HEAD", "POST", "DELETE", "OPTIONS")), path)


def _upload_request(chance: random.Random, upload: str) -> Request:
    name = json.dumps(chance.choice(WORDS)).strip('"')
    head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body = head.encode() + mutated_picture(chance) + b"\r\n--b--\r\n"
    if chance.random() < 0.5:
        body = _overwrite_bytes(body, chance)
    return Request("POST", "gradio_api/upload", body, {"Content-Type": "multipart/form-data; boundary=b"})


def _post(path: str, body: Any, chance: random.Random) -> Request:
    data = json.dumps(body).encode()
    if chance.random() < 0.1:
        data = chance.choice((_overwrite_bytes, _cut))(data, chance)
    return Request("POST", path, data, {"Content-Type": chance.choice(("application/json",) * 9 + ("text/plain",))})


def value(chance: random.Random, upload: str, depth: int = 3) -> Any:
    """A random JSON value, often one that is meaningful to this app."""
    kind = chance.randrange(9)
    if kind == 0 and depth:
        return [value(chance, upload, depth - 1) for _ in range(chance.choice((0, 1, 2, 5, 40)))]
    if kind == 1 and depth:
        return {chance.choice(NAMES): value(chance, upload, depth - 1) for _ in range(chance.randrange(4))}
    if kind == 2:
        return {"path": chance.choice((upload, "/etc/passwd", "x")), "meta": {"_type": "gradio.FileData"}}
    if kind < 5:
        return chance.choice((None, True, False, 5, *NUMBERS, -1, 0.5, -0.0, 1e308, float("nan"), float("inf"), 10**40))
    return chance.choice(WORDS)
