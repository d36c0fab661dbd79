"""The families of the probe set: which stimuli there are, and how each is drawn, antialiased.

Lengths are shares of the image's shorter side; places are measured from the centre, x to the right and y down, in the
same unit. Orientations are degrees anticlockwise from the horizontal: a grating, a bar or a Gabor patch of 90° stands
upright. Frequencies are cycles per shorter side.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Parameters = dict[str, float | str]
Size = tuple[int, int]

GREY = 0.5
# Directions in RGB around mid-grey. The two opponent axes keep the luma (0.2126, 0.7152, 0.0722) constant, so that a
# unit that answers to them answers to colour and not to brightness.
AXES = {"luminance": (0.5, 0.5, 0.5), "red-green": (0.5, -0.1486, 0.0), "blue-yellow": (-0.0389, -0.0389, 0.5)}
COLOURS = {
    "white": (1.0, 1.0, 1.0),
    "black": (0.0, 0.0, 0.0),
    "red": (0.9, 0.1, 0.1),
    "green": (0.1, 0.7, 0.15),
    "blue": (0.15, 0.25, 0.9),
    "yellow": (0.95, 0.85, 0.1),
}
_NINE_PLACES = tuple((x, y) for x in (-0.25, 0.0, 0.25) for y in (-0.25, 0.0, 0.25))
_FIVE_PLACES = ((0.0, 0.0), (-0.2, -0.2), (0.2, -0.2), (-0.2, 0.2), (0.2, 0.2))


class Family(NamedTuple):
    """A kind of stimulus: every parameter set shown, and the function that draws one as (height, width, 3) in 0..1."""

    stimuli: Callable[[], list[Parameters]]
    draw: Callable[[Parameters, Size], Floats]


def _every(**values: Any) -> list[Parameters]:
    return [dict(zip(values, choice, strict=True)) for choice in product(*values.values())]


def _placed(places: tuple[tuple[float, float], ...], **values: Any) -> list[Parameters]:
    return [{**parameters, "x": x, "y": y} for parameters in _every(**values) for x, y in places]


def _directions(count: int) -> list[float]:
    return [180.0 * step / count for step in range(count)]


def _gratings() -> list[Parameters]:
    frequencies = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0)
    return _every(
        colour=tuple(AXES), frequency=frequencies, orientation=_directions(12), phase=(0.0, 90.0, 180.0, 270.0)
    )


def _gabors() -> list[Parameters]:
    return _placed(
        _NINE_PLACES, size=(0.08, 0.16), frequency=(3.0, 5.0, 8.0), orientation=_directions(8), phase=(0.0, 90.0)
    )


def _colour_fields() -> list[Parameters]:
    lightness = (0.2, 0.35, 0.5, 0.65, 0.8)
    hues = [15.0 * step for step in range(24)]
    greys = _every(hue=[0.0], saturation=[0.0], lightness=[step / 19 for step in range(20)])
    return greys + _every(saturation=(0.25, 0.5, 0.75, 1.0), lightness=lightness, hue=hues)


def _checkerboards() -> list[Parameters]:
    looks = [
        *_every(colour=["luminance"], contrast=[0.25, 0.5, 1.0]),
        *_every(colour=["red-green", "blue-yellow"], contrast=[1.0]),
    ]
    cells = _every(
        cell=(1 / 16, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2), orientation=(0.0, 45.0), phase=(0.0, 90.0, 180.0, 270.0)
    )
    return [{**look, **cell} for look in looks for cell in cells]


def _disks() -> list[Parameters]:
    return _placed(_NINE_PLACES, shape=("disk", "ring"), colour=tuple(COLOURS), size=(0.12, 0.25, 0.4, 0.6))


def _bars() -> list[Parameters]:
    return _placed(
        _FIVE_PLACES, colour=("white", "black"), width=(0.06, 0.12, 0.2), length=(0.35, 0.8), orientation=_directions(8)
    )


def _polygons() -> list[Parameters]:
    colours = ("white", "black", "red", "blue")
    return _placed(_FIVE_PLACES, sides=(3, 4, 5, 6), colour=colours, size=(0.25, 0.45, 0.7), rotation=(0.0, 0.5))


def _one_over_f() -> list[Parameters]:
    return _every(colour=("grey", "colour"), exponent=(0.5, 1.0, 1.5, 2.0), number=tuple(range(60)))


def _noise() -> list[Parameters]:
    return _every(number=tuple(range(256)))


def _grid(size: Size) -> tuple[Floats, Floats]:
    """Return x and y of every pixel's centre, (1, width) and (height, 1), 0 in the middle of the image."""
    height, width = size
    side = min(size)
    x = (np.arange(width) + 0.5 - width / 2) / side
    y = (np.arange(height) + 0.5 - height / 2) / side
    return x[None, :], y[:, None]


def _turned(p: Parameters, size: Size) -> tuple[Floats, Floats]:
    """Return each pixel's place along and across the stimulus' orientation."""
    x, y = _grid(size)
    x, y = x - float(p.get("x", 0.0)), y - float(p.get("y", 0.0))
    angle = np.deg2rad(float(p["orientation"]))
    return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)


def _modulate(wave: Floats, axis: str) -> Floats:
    image: Floats = GREY + wave[..., None] * np.array(AXES[axis])
    return image


def _paint(distance: Floats, colour: str, size: Size) -> Floats:
    """Lay a shape over grey; `distance` to its outline is negative inside, and one pixel wide edges are smoothed."""
    cover = np.clip(0.5 - distance * min(size), 0.0, 1.0)[..., None]
    image: Floats = GREY + cover * (np.array(COLOURS[colour]) - GREY)
    return image


def _sinusoid(p: Parameters, across: Floats) -> Floats:
    wave: Floats = np.cos(2 * np.pi * float(p["frequency"]) * across + np.deg2rad(float(p["phase"])))
    return wave


def _draw_grating(p: Parameters, size: Size) -> Floats:
    return _modulate(_sinusoid(p, _turned(p, size)[1]), str(p["colour"]))


def _draw_gabor(p: Parameters, size: Size) -> Floats:
    along, across = _turned(p, size)
    envelope = np.exp(-(along**2 + across**2) / (2 * float(p["size"]) ** 2))
    return _modulate(_sinusoid(p, across) * envelope, "luminance")


def _draw_colour_field(p: Parameters, size: Size) -> Floats:
    colour = colorsys.hls_to_rgb(float(p["hue"]) / 360, float(p["lightness"]), float(p["saturation"]))
    return np.broadcast_to(np.array(colour), (*size, 3))


def _draw_checkerboard(p: Parameters, size: Size) -> Floats:
    # Four by four samples a pixel: cells rarely end where pixels do.
    along, across = _turned(p, (4 * size[0], 4 * size[1]))
    shift = float(p["phase"]) / 180.0  # 180° moves by a whole cell, which swaps the colours
    cell = float(p["cell"])
    parity = (np.floor(along / cell + shift) + np.floor(across / cell)) % 2
    wave = (1 - 2 * parity).reshape(size[0], 4, size[1], 4).mean(axis=(1, 3))
    return _modulate(wave * float(p["contrast"]), str(p["colour"]))


def _draw_disk(p: Parameters, size: Size) -> Floats:
    x, y = _grid(size)
    distance = np.hypot(x - float(p["x"]), y - float(p["y"])) - float(p["size"]) / 2
    if p["shape"] == "ring":
        thickness = float(p["size"]) / 5
        distance = np.abs(distance + thickness / 2) - thickness / 2
    return _paint(distance, str(p["colour"]), size)


def _draw_bar(p: Parameters, size: Size) -> Floats:
    along, across = _turned(p, size)
    distance = np.maximum(np.abs(along) - float(p["length"]) / 2, np.abs(across) - float(p["width"]) / 2)
    return _paint(distance, str(p["colour"]), size)


def _draw_polygon(p: Parameters, size: Size) -> Floats:
    # A regular polygon is the overlap of as many half-planes; `rotation` counts in angles between two corners.
    x, y = _grid(size)
    x, y = x - float(p["x"]), y - float(p["y"])
    sides = int(p["sides"])
    angles = 2 * np.pi * (np.arange(sides) + 0.5 + float(p["rotation"])) / sides - np.pi / 2
    apothem = float(p["size"]) / 2 * np.cos(np.pi / sides)
    distance = np.max([x * np.cos(angle) + y * np.sin(angle) for angle in angles], axis=0) - apothem
    return _paint(distance, str(p["colour"]), size)


def draw_one_over_f(p: Parameters, size: Size, generator: np.random.Generator) -> Floats:
    """Draw noise whose amplitude falls as 1/frequency^exponent, deviation 0.2 around mid-grey, (height, width, 3)."""
    frequency = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None, :])
    frequency[0, 0] = np.inf  # no mean
    channels = 3 if p["colour"] == "colour" else 1
    white = generator.standard_normal((channels, *size))
    noise = np.fft.irfft2(np.fft.rfft2(white) / frequency ** float(p["exponent"]), s=size)
    noise *= 0.2 / np.maximum(noise.std(axis=(1, 2), keepdims=True), 1e-12)
    return np.broadcast_to(GREY + noise.transpose(1, 2, 0), (*size, 3))


def _needs_a_generator(p: Parameters, size: Size) -> Floats:
    raise NotImplementedError("noise is drawn by the probe set, which holds the seed")


FAMILIES = {
    "grating": Family(_gratings, _draw_grating),
    "Gabor patch": Family(_gabors, _draw_gabor),
    "colour field": Family(_colour_fields, _draw_colour_field),
    "checkerboard": Family(_checkerboards, _draw_checkerboard),
    "disk": Family(_disks, _draw_disk),
    "bar": Family(_bars, _draw_bar),
    "polygon": Family(_polygons, _draw_polygon),
    "1/f noise": Family(_one_over_f, _needs_a_generator),
    "random noise": Family(_noise, _needs_a_generator),
}
