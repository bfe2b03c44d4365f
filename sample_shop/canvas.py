"""A white page to draw products on: filled outlines with soft light from the upper left, lines, and overlays."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sample_shop.curves import Points, ellipse
from sample_shop.palette import INK, RGB, WHITE, luminance, shade
from sample_shop.patterns import Paint, marks

WIDTH = 240
HEIGHT = 320
"""The size of the picture in pixels."""
OVERSAMPLING = 3
"""Products are drawn this many times larger, and then scaled down."""
WEBP_QUALITY = 90
LIGHT = (-0.6, -0.8)
"""The direction towards the light."""
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a product is on the page: its scale, its rotation in degrees clockwise, and its offset in pixels."""

    scale: float = 1
    angle: float = 0
    x: float = 0
    y: float = 0


class Canvas:
    """A page to draw on. Coordinates are pixels of the finished picture, with the origin at its centre."""

    def __init__(self, placement: Placement, page: RGB = WHITE) -> None:
        self._image = Image.new("RGB", (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING), page)
        angle = math.radians(placement.angle)
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        self._matrix = turn * placement.scale * OVERSAMPLING
        self._centre = (np.array([WIDTH, HEIGHT]) / 2 + (placement.x, placement.y)) * OVERSAMPLING
        self._unit = placement.scale * OVERSAMPLING

    def large(self) -> Image.Image:
        """The picture as it is drawn, OVERSAMPLING times WIDTH × HEIGHT px."""
        return self._image.copy()

    def picture(self) -> bytes:
        """The finished picture, WIDTH × HEIGHT px, as WebP."""
        page = Image.new("RGB", (WIDTH, HEIGHT), "white")
        left, top, right, bottom = _drawn(self._image)
        size = (right - left, bottom - top)
        source = (left * OVERSAMPLING, top * OVERSAMPLING, right * OVERSAMPLING, bottom * OVERSAMPLING)
        page.paste(self._image.resize(size, Image.Resampling.LANCZOS, box=source), (left, top))
        out = io.BytesIO()
        page.save(out, "WEBP", quality=WEBP_QUALITY, method=2)
        return out.getvalue()

    def fill(
        self,
        outline: Points,
        paint: Paint | RGB,
        *,
        within: Points | None = None,
        volume: float = 1,
        contour: float = 1,
    ) -> None:
        """Fill an outline with paint.

        `volume` is the strength of light and shade, `contour` the width of the edge in pixels. `within` clips the fill.
        """
        paint = paint if isinstance(paint, Paint) else Paint(paint)
        pixels = self._project(outline)
        box = self._box(pixels)
        if box is None:
            return
        mask = self._mask(pixels, box, within)
        texture = self._texture(paint, box)
        if volume:
            self._model(texture, mask, paint.colour, volume)
        if contour:
            self._edge(texture, pixels - box[:2], paint.colour, contour)
        self._image.paste(texture, box[:2], mask)

    def fill_between(self, outer: Points, inner: Points, paint: Paint | RGB, *, volume: float = 1) -> Points:
        """Fill the area between two outlines, like that of a ring. Returns the outline of the area."""
        outline = np.concatenate([outer, inner[::-1]])
        self.fill(outline, paint, volume=volume, contour=0)
        for edge in (outer, inner):
            self.line(edge, shade(paint.colour if isinstance(paint, Paint) else paint, 0.5), 0.9)
        return outline

    def line(self, points: Points, colour: RGB, width: float = 1, *, within: Points | None = None) -> None:
        """Draw a line of constant width with round joints. `within` clips it."""
        pixels = self._project(points)
        size = max(round(width * self._unit), 1)
        if within is None:
            ImageDraw.Draw(self._image).line(pixels.ravel().tolist(), fill=colour, width=size, joint="curve")
            return
        box = self._box(pixels, margin=size)
        if box is None:
            return
        drawn = Image.new("L", _size(box))
        ImageDraw.Draw(drawn).line((pixels - box[:2]).ravel().tolist(), fill=255, width=size, joint="curve")
        self._image.paste(colour, box, ImageChops.multiply(drawn, self._mask(self._project(within), box)))

    def stitches(self, points: Points, colour: RGB, width: float = 0.9, dash: float = 3.2) -> None:
        """Draw a dashed line that looks like a row of stitches."""
        pixels = self._project(points)
        steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(pixels, axis=0), axis=1))])
        draw = ImageDraw.Draw(self._image)
        for start in np.arange(0, steps[-1], dash * self._unit * 1.6):
            at = np.minimum((start, start + dash * self._unit), steps[-1])
            ends = np.stack([np.interp(at, steps, pixels[:, i]) for i in (0, 1)], axis=1)
            draw.line(ends.ravel().tolist(), fill=colour, width=max(round(width * self._unit), 1))

    def overlay(
        self, outline: Points, colour: RGB, opacity: float, *, blur: float = 0, within: Points | None = None
    ) -> None:
        """Draw a translucent area: a fold, a highlight or a shadow. `blur` softens its edge, in pixels."""
        pixels = self._project(outline)
        box = self._box(pixels, margin=math.ceil(2.5 * blur * self._unit))
        if box is None:
            return
        mask = self._mask(pixels, box)
        if blur:
            mask = _softened(mask, blur * self._unit)
        if within is not None:
            mask = ImageChops.multiply(mask, self._mask(self._project(within), box))
        self._image.paste(colour, box, mask.point([round(level * opacity) for level in range(256)]))

    def ground_shadow(self, x: float, y: float, reach: float) -> None:
        """Draw the shadow on the ground below a product: at height y, `reach` pixels to either side of x."""
        self.overlay(ellipse(x, y, reach, 6), INK, 0.24, blur=5)

    def _project(self, points: Points) -> Points:
        return points @ self._matrix + self._centre

    def _box(self, pixels: Points, margin: int = 2) -> Box | None:
        left, top = np.maximum(np.floor(pixels.min(axis=0)) - margin, 0).astype(int)
        right, bottom = np.minimum(np.ceil(pixels.max(axis=0)) + margin, self._image.size).astype(int)
        return (int(left), int(top), int(right), int(bottom)) if left < right and top < bottom else None

    def _mask(self, pixels: Points, box: Box, within: Points | None = None) -> Image.Image:
        mask = Image.new("L", _size(box))
        ImageDraw.Draw(mask).polygon((pixels - box[:2]).ravel().tolist(), fill=255)
        return mask if within is None else ImageChops.multiply(mask, self._mask(self._project(within), box))

    def _texture(self, paint: Paint, box: Box) -> Image.Image:
        texture = Image.new("RGB", _size(box), paint.colour)
        points, starts, colours = marks(paint)
        if not starts:
            return texture
        pixels = self._project(points) - box[:2]
        low, high = np.minimum.reduceat(pixels, starts), np.maximum.reduceat(pixels, starts)
        seen = np.flatnonzero((high > 0).all(axis=1) & (low < texture.size).all(axis=1))
        stops = (*starts[1:], len(pixels))
        draw = ImageDraw.Draw(texture)
        for mark in seen.tolist():
            draw.polygon(pixels[starts[mark] : stops[mark]].ravel().tolist(), fill=colours[mark])
        return texture

    def _model(self, texture: Image.Image, mask: Image.Image, colour: RGB, volume: float) -> None:
        """Lighten the side that faces the light and darken the other, by the depth of each pixel inside the outline."""
        reach = min(*mask.size, 34 * OVERSAMPLING) * 0.22
        factor = max(int(reach / 6), 1)
        small = mask.reduce(factor)
        pad = math.ceil(2 * reach / factor) + 2
        deep = Image.new("L", (small.width + 2 * pad, small.height + 2 * pad))
        deep.paste(small, (pad, pad))
        deep = deep.filter(ImageFilter.GaussianBlur(0.7 * reach / factor))
        for sign, ink, opacity in (
            (-1, shade(colour, 0.62), 0.5),
            (1, WHITE, 0.42 if luminance(colour) > 75 else 0.26),
        ):
            dx, dy = (round(sign * part * reach / factor) + pad for part in LIGHT)
            side = deep.crop((dx, dy, dx + small.width, dy + small.height))
            levels = [round((255 - level) * min(opacity * volume, 1)) for level in range(256)]
            texture.paste(ink, (0, 0), side.point(levels).resize(mask.size, Image.Resampling.BILINEAR))

    def _edge(self, texture: Image.Image, pixels: Points, colour: RGB, width: float) -> None:
        ink = shade(colour, 0.38 if luminance(colour) > 200 else 0.5)
        closed = np.concatenate([pixels, pixels[:2]])
        size = max(round(2 * width * self._unit), 1)
        ImageDraw.Draw(texture).line(closed.ravel().tolist(), fill=ink, width=size, joint="curve")


def _drawn(image: Image.Image) -> Box:
    """The part of an oversampled page that is not white, in pixels of the picture. It has at least one pixel."""
    left, top, right, bottom = ImageChops.invert(image).getbbox() or (0, 0, 1, 1)
    return (
        max(left // OVERSAMPLING - 1, 0),
        max(top // OVERSAMPLING - 1, 0),
        min(-(-right // OVERSAMPLING) + 1, WIDTH),
        min(-(-bottom // OVERSAMPLING) + 1, HEIGHT),
    )


def _size(box: Box) -> tuple[int, int]:
    return box[2] - box[0], box[3] - box[1]


def _softened(mask: Image.Image, radius: float) -> Image.Image:
    factor = max(int(radius / 3), 1)
    small = mask.reduce(factor).filter(ImageFilter.GaussianBlur(radius / factor))
    return small.resize(mask.size, Image.Resampling.BILINEAR)
