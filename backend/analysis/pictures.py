"""One picture in or out: reading anything a user may drop, fitting it, saving it with the facts that made it.

Torch-free: Pillow and NumPy only.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from backend.atomic_write import replacing
from backend.errors import UserError

Picture = NDArray[np.uint8]

MAX_PIXELS = 300_000_000
FACTS_CHUNK = "filterscope"
# No other of Pillow's formats is asked: EPS would start Ghostscript, and rarely used decoders are the ones with holes.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
# Pillow would warn at 89 million pixels and raise at twice that, before a sentence can be said: `_check_size` does.
Image.MAX_IMAGE_PIXELS = None

_EXIF_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_picture(source: Path | bytes, max_side: int = 4096, cover: tuple[int, int] | None = None) -> Picture:
    """Read a JPEG, PNG, WebP, BMP or the first frame of a GIF as it is meant to be seen.

    The EXIF orientation is applied, grey becomes RGB, 16-bit grey is scaled to 8 bits, CMYK is converted, and what is
    transparent is laid over white (the paper that most cut-out pictures are drawn for).

    Parameters
    ----------
    source : Path or bytes
        A file, or the content of one (dropped or pasted).
    max_side : int, default 4096
        A longer picture is scaled down so that its longer side has this many pixels.
    cover : (int, int), optional
        Height and width that will be needed. A much larger JPEG is then decoded at a fraction that still has twice as
        many pixels a side, which is several times faster.

    Returns
    -------
    uint8 (height, width, 3)

    Raises
    ------
    UserError
        Where the file is missing, is no such picture, is damaged, or has more than 300 million pixels.
    """
    try:
        with Image.open(_readable(source), formats=_FORMATS) as image:
            _check_size(image, _called(source))
            return _as_seen(image, max_side, cover)
    except (UserError, MemoryError):
        raise
    except Exception as error:  # a damaged file makes Pillow raise nearly anything: SyntaxError, struct.error, ...
        raise _unreadable(source, error) from error


def check_picture(path: Path) -> None:
    """Raise what `read_picture` would, at a fraction of its cost: a JPEG or WebP is not decoded, only seen to be whole.

    Raises
    ------
    UserError
        Where the file is missing, is no picture, is cut off, or has more than 300 million pixels.
    """
    try:
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            _check_size(image, path.name)
            if image.format == "PNG":
                image.verify()  # every chunk has a checksum
                return
            file.seek(4)
            riff_length = int.from_bytes(file.read(4), "little")
            length = file.seek(-2, os.SEEK_END) + 2
            if (image.format == "WEBP" and length >= riff_length + 8) or file.read() == b"\xff\xd9":
                return
    except (UserError, MemoryError):
        raise
    except Exception as error:
        raise _unreadable(path, error) from error
    read_picture(path)  # something follows the end mark, or it is cut off: only decoding tells


def _readable(source: Path | bytes) -> Path | io.BytesIO:
    return source if isinstance(source, Path) else io.BytesIO(source)


def _called(source: Path | bytes) -> str:
    return source.name if isinstance(source, Path) else "The dropped data"


def _unreadable(source: Path | bytes, error: Exception) -> UserError:
    name = _called(source)
    if isinstance(error, OSError) and error.errno is not None:
        happened = f"{source if isinstance(source, Path) else name}: {error.strerror}."
        return UserError("The picture cannot be read", happened, "Check the path.")
    if isinstance(error, UnidentifiedImageError):
        happened = f"{name} is not a JPEG, PNG, WebP, GIF or BMP picture."
        return UserError("This is no picture", happened, "Save it as PNG with the program that made it.")
    happened = f"{name} is cut off or broken in the middle ({type(error).__name__}: {error})."
    return UserError("The picture is damaged", happened, "Fetch it again from where it came.")


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UserError(
            "The picture is too large",
            f"{name} has {width:,} × {height:,} pixels; up to {MAX_PIXELS // 1_000_000} million pixels can be read.",
            "Scale it down first.",
        )


def _as_seen(image: Image.Image, max_side: int, cover: tuple[int, int] | None) -> Picture:
    orientation = _orientation(image)
    if image.format in ("JPEG", "MPO"):
        wanted = min(max_side, 2 * max(cover)) if cover else max_side
        image.draft(None, (wanted, wanted))
    seen = _to_rgb(image, max_side)
    if orientation in _TURNS:
        seen = seen.transpose(_TURNS[orientation])
    return np.array(seen)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # damaged facts beside the picture are no reason not to show it
        return 1


def _to_rgb(image: Image.Image, max_side: int) -> Image.Image:
    if max(image.size) <= max_side:
        return _over_white(image)
    # In strips, reduced by a whole factor at once: a second copy of a large picture might not fit into memory.
    width, height = image.size
    factor = max(width, height) // max_side
    reduced = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    rows = 256 * factor
    for top in range(0, height, rows):
        strip = _over_white(image.crop((0, top, width, min(height, top + rows))))
        reduced.paste(strip.reduce(factor), (0, top // factor))
    reduced.thumbnail((max_side, max_side), Image.Resampling.BILINEAR)
    return reduced


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        image = _to_eight_bits(image)
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _to_eight_bits(image: Image.Image) -> Image.Image:
    # Pillow's own conversion clips at 255, which turns 16-bit grey white.
    table = np.rint(np.arange(65536) / 257).astype(np.uint8)
    return Image.fromarray(table[np.clip(np.asarray(image), 0, 65535)])


def fit_picture(image: Picture, size: tuple[int, int]) -> Picture:
    """Scale a picture so that it fills `size`, and cut off evenly what hangs over. It is never stretched.

    Parameters
    ----------
    image : uint8 (height, width, 3)
    size : (int, int)
        Height and width wanted.

    Returns
    -------
    uint8 (size[0], size[1], 3)
        Antialiased bilinear; the image itself where it has that size already.
    """
    height, width = image.shape[:2]
    if (height, width) == tuple(size):
        return image
    scale = max(size[0] / height, size[1] / width)
    kept_height, kept_width = min(height, size[0] / scale), min(width, size[1] / scale)
    left, top = (width - kept_width) / 2, (height - kept_height) / 2
    box = (left, top, left + kept_width, top + kept_height)
    resized = Image.fromarray(image).resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box)
    return np.array(resized)


def save_png(path: Path, image: Picture, facts: Mapping[str, Any]) -> None:
    """Save a picture with the facts that made it, as JSON in an iTXt chunk called "filterscope".

    Parameters
    ----------
    path : Path
    image : uint8 (height, width, 3)
    facts : mapping
        Unit address, seed, settings, versions, ...: anything JSON can hold, and NumPy numbers and arrays.

    Raises
    ------
    OSError
        Where the disk is full or read-only; an older file of that name is then untouched.
    """
    info = PngImagePlugin.PngInfo()
    info.add_itxt(FACTS_CHUNK, json.dumps(dict(facts), default=_plain, ensure_ascii=False))
    with replacing(path) as file:
        Image.fromarray(image).save(file, format="PNG", pnginfo=info)


def read_facts(source: Path | bytes) -> dict[str, Any]:
    """Read back what `save_png` embedded.

    Raises
    ------
    UserError
        Where the file is no picture, has no facts, or holds rubbish in their place.
    """
    name = _called(source)
    try:
        with Image.open(_readable(source), formats=_FORMATS) as image:
            text = image.info.get(FACTS_CHUNK)
    except Exception as error:
        raise _unreadable(source, error) from error
    if text is None:
        raise UserError(
            "The picture holds no settings",
            f"{name} was not exported by Filterscope, or another program has stripped what was embedded.",
            "Choose a PNG that Filterscope saved.",
        )
    try:
        facts = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        advice = "Choose a PNG that Filterscope saved."
        raise UserError(
            "The picture's settings are damaged", f"What {name} holds as settings is no JSON object.", advice
        )
    return facts


def save_gif(path: Path, frames: Picture, milliseconds: int, enlarge_to: int = 256) -> None:
    """Save frames as a GIF that loops for ever.

    Parameters
    ----------
    path : Path
    frames : uint8 (frames, height, width, 3)
    milliseconds : int
        How long each frame stands; GIF counts in steps of 10 and most programs show nothing shorter than 20.
    enlarge_to : int, default 256
        Smaller frames are enlarged by the largest whole factor that keeps the longer side within this, pixel by pixel.

    Raises
    ------
    UserError
        Where there is no frame.
    OSError
        Where the disk is full or read-only; an older file of that name is then untouched.
    """
    if len(frames) == 0:
        raise UserError("Nothing to save", "The history holds no frame yet.", "Run the optimisation first.")
    factor = max(1, enlarge_to // max(frames.shape[1:3]))
    pictures = [Image.fromarray(np.kron(frame, np.ones((factor, factor, 1), np.uint8))) for frame in frames]
    with replacing(path) as file:
        duration = max(20, milliseconds)
        pictures[0].save(file, format="GIF", save_all=True, append_images=pictures[1:], duration=duration, loop=0)


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)
