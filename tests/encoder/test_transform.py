"""The transform of an encoder gives the pixels of timm's, to the bit, without timm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from recsys.encoder.torch_network import timm
from recsys.encoder.transform import MAX_STRIP_RATIO, Pixels, Transform
from recsys.errors import EncoderError
from recsys.format.encoder_spec import TRANSFORM, EncoderSpec

IMAGENET = EncoderSpec(
    architecture="resnet50.tv_in1k",
    weights="",
    dim=2048,
    input_size=(3, 224, 224),
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    interpolation="bilinear",
    crop_pct=0.875,
    crop_mode="center",
)
RECIPES = {
    "resnet50": IMAGENET,
    "bicubic 0.95": replace(IMAGENET, interpolation="bicubic", crop_pct=0.95),
    "shipped": replace(IMAGENET, input_size=(3, 96, 72), interpolation="bicubic", crop_pct=1.0, crop_mode="squash"),
    "squash with a crop": replace(IMAGENET, input_size=(3, 96, 72), crop_mode="squash"),
    "border": replace(IMAGENET, interpolation="bicubic", crop_pct=1.0, crop_mode="border"),
    "border with a crop": replace(IMAGENET, input_size=(3, 65, 80), crop_pct=0.8, crop_mode="border"),
    "not square": replace(IMAGENET, input_size=(3, 96, 72), interpolation="bicubic", crop_pct=0.95),
    "not square whole": replace(IMAGENET, input_size=(3, 60, 101), crop_pct=1.0),
    "odd": replace(IMAGENET, input_size=(3, 225, 225), interpolation="lanczos", crop_pct=0.9),
    "more than the picture": replace(IMAGENET, input_size=(3, 64, 64), crop_pct=1.1),
    "more than the picture, not square": replace(IMAGENET, input_size=(3, 64, 51), crop_pct=1.1, crop_mode="squash"),
    "nearest": replace(IMAGENET, input_size=(3, 64, 64), interpolation="nearest"),
    "box": replace(IMAGENET, input_size=(3, 64, 64), interpolation="box"),
    "hamming": replace(IMAGENET, input_size=(3, 64, 64), interpolation="hamming"),
}
SIZES = [
    (1, 1),
    (1, 3),
    (2, 2),
    (7, 5),
    (60, 80),
    (61, 79),
    (72, 96),
    (224, 224),
    (223, 225),
    (256, 256),
    (257, 400),
    (250, 90),
    (90, 200),
    (1000, 750),
]
STRIPS = [(600, 60), (61, 603), (1200, 1), (2, 1500)]


def picture(size: tuple[int, int]) -> Image.Image:
    """Noise: every pixel counts, and none is like its neighbour."""
    width, height = size
    return Image.fromarray(np.random.default_rng(width * height).integers(0, 256, (height, width, 3), np.uint8))


def by_timm(spec: EncoderSpec, image: Image.Image) -> Pixels:
    """What timm's own transform has before it normalises, [h, w, 3]."""
    options = {name: getattr(spec, name) for name in TRANSFORM}
    transform = timm.data.create_transform(**options, is_training=False, normalize=False)
    return transform(image).permute(1, 2, 0).numpy()


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_pixels_are_those_of_timm(name: str, size: tuple[int, int]) -> None:
    pixels = Transform(RECIPES[name])(picture(size))

    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, by_timm(RECIPES[name], picture(size)))


def test_normalised_they_are_what_timm_gives_a_network() -> None:
    options = {name: getattr(IMAGENET, name) for name in TRANSFORM}
    expected = timm.data.create_transform(**options, is_training=False)(picture((300, 200)))
    mean, std = (torch.tensor(values)[:, None, None] for values in (IMAGENET.mean, IMAGENET.std))

    pixels = torch.from_numpy(Transform(IMAGENET)(picture((300, 200))).copy()).permute(2, 0, 1)

    torch.testing.assert_close((pixels / 255 - mean) / std, expected)


@pytest.mark.parametrize("name", ["resnet50", "shipped", "border", "not square"])
def test_at_twice_the_size_they_are_those_of_a_network_that_takes_it(name: str) -> None:
    spec = RECIPES[name]
    channels, height, width = spec.input_size

    pixels = Transform(spec, scale=2)(picture((257, 400)))

    assert pixels.shape == (2 * height, 2 * width, 3)
    np.testing.assert_array_equal(
        pixels, by_timm(replace(spec, input_size=(channels, 2 * height, 2 * width)), picture((257, 400)))
    )


@pytest.mark.parametrize("name", ["shipped", "squash with a crop"])
@pytest.mark.parametrize("size", STRIPS, ids=str)
def test_a_strip_is_squashed_whole(name: str, size: tuple[int, int]) -> None:
    np.testing.assert_array_equal(Transform(RECIPES[name])(picture(size)), by_timm(RECIPES[name], picture(size)))


@pytest.mark.parametrize("size", [(351, 90), (90, 360), (60, 600)], ids=str)
def test_of_a_strip_the_middle_is_taken_as_by_timm(size: tuple[int, int]) -> None:
    np.testing.assert_array_equal(Transform(IMAGENET)(picture(size)), by_timm(IMAGENET, picture(size)))


@pytest.mark.parametrize("size", STRIPS, ids=str)
@pytest.mark.parametrize("name", ["resnet50", "not square"])
def test_a_strip_looks_as_by_timm(name: str, size: tuple[int, int]) -> None:
    width, height = size
    slope = np.linspace(0, 255, width)[None, :, None] + np.linspace(0, 255, height)[:, None, None]
    strip = Image.fromarray(np.broadcast_to(slope / 2, (height, width, 3)).astype(np.uint8))

    difference = Transform(RECIPES[name])(strip).astype(int) - by_timm(RECIPES[name], strip)

    assert np.abs(difference).max() <= 3


@pytest.mark.parametrize("size", [(65_000, 1), (2, 30_000)], ids=str)
@pytest.mark.parametrize("name", ["resnet50", "not square", "border", "shipped"])
def test_a_long_strip_costs_no_more_than_a_picture(
    name: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image, "resize", lambda self, size, *rest: asked.append(size) or resize(self, size, *rest)
    )

    pixels = Transform(RECIPES[name])(Image.new("RGB", size, "red"))

    assert pixels.shape == (*RECIPES[name].input_size[1:], 3)
    assert asked
    assert max(max(size) for size in asked) <= MAX_STRIP_RATIO * 256


def test_a_network_that_takes_strips_gets_them() -> None:
    spec = replace(IMAGENET, input_size=(3, 20, 140), crop_pct=1.0)

    np.testing.assert_array_equal(Transform(spec)(picture((70, 10))), by_timm(spec, picture((70, 10))))


def test_a_picture_is_left_as_it_was() -> None:
    image = picture((300, 200))
    Transform(IMAGENET)(image)

    assert image == picture((300, 200))


@pytest.mark.parametrize(
    ("field", "value"),
    [("interpolation", "random"), ("interpolation", "area"), ("crop_mode", "tile"), ("crop_pct", 0.0)],
)
def test_a_transform_that_is_not_known_is_refused(field: str, value: object) -> None:
    with pytest.raises(EncoderError, match=rf"{value}.*not supported.*{field}"):
        Transform(replace(IMAGENET, **{field: value}))
