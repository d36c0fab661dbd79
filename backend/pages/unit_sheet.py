"""Everything known of one unit as a page of its own: one HTML file that needs no network and no program. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from backend.analysis.maximization.unit_images import UnitImages
from backend.analysis.scans.tuning import TuningCurve
from backend.atomic_write import replacing
from backend.pages.numbers import number
from backend.pages.sheet_charts import MOST_CLASSES, Histogram, class_chart, curve_chart, histogram_chart
from backend.pages.sheet_page import Picture, escaped, figure, image, page

LARGE, TILE = 256, 96
"""CSS pixels that an optimised picture and an image of the data set are wide."""


@dataclass(frozen=True, eq=False)
class SheetImage:
    """An image of the data set and what the unit and the network make of it.

    Attributes
    ----------
    picture : ndarray of uint8
        (height, width, 3).
    score : float
    class_name, prediction, caption : str
        What it is, what the network takes it for, and a further line; each may be empty.
    """

    picture: Picture
    score: float
    class_name: str = ""
    prediction: str = ""
    caption: str = ""


@dataclass(frozen=True, eq=False)
class SimilarUnit:
    """A unit that fires for the same images: the cosine of both units' scores, and its picture where there is one."""

    address: str
    cosine: float
    thumbnail: Picture | None = None


@dataclass(frozen=True, eq=False)
class UnitSheet:
    """Everything known of one unit. What is None or empty is left out of the page.

    Attributes
    ----------
    address, network, weights_digest, dataset : str
    images_scanned, images_total : int
        Of the data set.
    facts : tuple of (str, str)
        Names and texts in their order: mean, deviation, skewness, kurtosis, zeros, shape.
    label_kind, label_note : str
        What a person said it looks for.
    optimised : UnitImages or None
    histogram : Histogram or None
    top, bottom : tuple of SheetImage
        Most and least excited, the extreme first.
    tuning : tuple of TuningCurve
    similar : tuple of SimilarUnit
    classes : tuple of (str, float)
        Every class and its mean score.
    weights : ndarray of uint8 or None
        (height, width, 3), of a filter that sees the picture itself.
    versions : mapping of str to str
    """

    address: str
    network: str
    weights_digest: str
    dataset: str = ""
    images_scanned: int = 0
    images_total: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    label_kind: str = ""
    label_note: str = ""
    optimised: UnitImages | None = None
    histogram: Histogram | None = None
    top: tuple[SheetImage, ...] = ()
    bottom: tuple[SheetImage, ...] = ()
    tuning: tuple[TuningCurve, ...] = ()
    similar: tuple[SimilarUnit, ...] = ()
    classes: tuple[tuple[str, float], ...] = ()
    weights: Picture | None = None
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def save_html(path: Path, text: str) -> None:
    """Write a page as UTF-8, whole or not at all. Raises `OSError`."""
    with replacing(path) as file:
        # A file name that is no Unicode may stand in a caption.
        file.write(text.encode("utf-8", "replace"))


def sheet_html(sheet: UnitSheet) -> str:
    """Give the page of a unit as HTML."""
    parts = [
        _header(sheet),
        _optimised(sheet),
        _images("Most excited", sheet.top),
        _images("Least excited", sheet.bottom),
        _scores(sheet),
        _tuning(sheet),
        _similar(sheet),
        _footer(sheet),
    ]
    return page(sheet.address, "\n".join(part for part in parts if part))


def _header(sheet: UnitSheet) -> str:
    network = f"{sheet.network}/"
    if sheet.network and sheet.address.startswith(network):
        title = f"<small>{escaped(network)}</small>{escaped(sheet.address.removeprefix(network))}"
        about = [sheet.dataset]
    else:
        title = escaped(sheet.address)
        about = [sheet.network, sheet.dataset]
    if sheet.images_total:
        about.append(f"{sheet.images_scanned:,} of {sheet.images_total:,} images")
    label = ""
    if sheet.label_kind or sheet.label_note:
        chip = f'<span class="chip">{escaped(sheet.label_kind)}</span>' if sheet.label_kind else ""
        label = f'<p class="label">{chip}{escaped(sheet.label_note)}</p>'
    return f'<header><h1>{title}</h1><p class="quiet">{escaped(" · ".join(filter(None, about)))}</p>{label}</header>'


def _optimised(sheet: UnitSheet) -> str:
    content = "".join(_optimised_figures(sheet.optimised)) if sheet.optimised is not None else ""
    rows = "".join(f"<tr><th>{escaped(name)}</th><td>{escaped(text)}</td></tr>" for name, text in sheet.facts)
    beside = f"<table>{rows}</table>" if rows else ""
    if sheet.weights is not None:
        beside += figure(image(sheet.weights, TILE, "Weights of the filter"), "weights of the filter")
    if beside:
        content += f'<div class="facts grow">{beside}</div>'
    return f'<section class="row first">{content}</section>' if content else ""


def _optimised_figures(images: UnitImages) -> list[str]:
    four = "".join(image(picture, LARGE // 2, "Optimised, one of four ways") for picture in images.diverse)
    columns = f"grid-template-columns:repeat(2,{LARGE // 2}px)"
    scores = " · ".join(number(score) for score in images.diverse_scores)
    return [
        figure(
            image(images.positive, LARGE, "Optimised, most excited"),
            f"<b>{number(images.positive_score)}</b> optimised to excite it most",
        ),
        figure(f'<div class="tight" style="{columns}">{four}</div>', "four ways to excite it", scores),
        figure(
            image(images.negative, LARGE, "Optimised, least excited"),
            f"<b>{number(images.negative_score)}</b> optimised to excite it least",
        ),
    ]


def _images(title: str, images: tuple[SheetImage, ...]) -> str:
    if not images:
        return ""
    tiles = "".join(_tile(entry) for entry in images)
    return f'<section><h2>{title}</h2><div class="tiles">{tiles}</div></section>'


def _tile(entry: SheetImage) -> str:
    mistaken = entry.prediction and entry.prediction != entry.class_name
    return figure(
        image(entry.picture, TILE, entry.class_name or "Image of the data set"),
        f"<b>{number(entry.score)}</b> {escaped(entry.class_name)}",
        f"seen as {escaped(entry.prediction)}" if mistaken else "",
        escaped(entry.caption),
    )


def _scores(sheet: UnitSheet) -> str:
    content = ""
    if sheet.histogram is not None:
        found = sheet.optimised.positive_score if sheet.optimised is not None else None
        content += f"<section><h2>Scores</h2>{histogram_chart(sheet.histogram, found)}</section>"
    if sheet.classes:
        shown = f" <small>{MOST_CLASSES} largest of {len(sheet.classes):,}</small>"
        head = "Classes" + (shown if len(sheet.classes) > MOST_CLASSES else "")
        content += f'<section class="grow"><h2>{head}</h2>{class_chart(sheet.classes)}</section>'
    return f'<div class="row" style="margin-top:40px">{content}</div>' if content else ""


def _tuning(sheet: UnitSheet) -> str:
    if not sheet.tuning:
        return ""
    charts = "".join(curve_chart(curve) for curve in sheet.tuning)
    head = "Tuning <small>line: mean score, broken line: largest</small>"
    return f'<section><h2>{head}</h2><div class="row" style="gap:20px">{charts}</div></section>'


def _similar(sheet: UnitSheet) -> str:
    if not sheet.similar:
        return ""
    blank = f'<div style="width:{TILE}px;height:{TILE}px;border-radius:4px;background:var(--panel)"></div>'
    tiles = "".join(
        figure(
            image(unit.thumbnail, TILE, unit.address) if unit.thumbnail is not None else blank,
            f"<b>{number(unit.cosine)}</b>",
            escaped(unit.address.removeprefix(f"{sheet.network}/")),
        )
        for unit in sheet.similar
    )
    head = "Similar units <small>cosine of their scores</small>"
    return f'<section><h2>{head}</h2><div class="tiles">{tiles}</div></section>'


def _footer(sheet: UnitSheet) -> str:
    parts = [f"weights {sheet.weights_digest}"] if sheet.weights_digest else []
    parts += [f"{name} {version}" for name, version in sheet.versions.items()]
    return f"<footer>{escaped(' · '.join(parts))}</footer>" if parts else ""
