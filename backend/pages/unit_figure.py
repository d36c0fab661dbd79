"""Several units on one page as in the paper's figure 5: what they answer to, what they were optimised to, how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.pages.numbers import number
from backend.pages.sheet_charts import Histogram, histogram_chart
from backend.pages.sheet_page import Picture, escaped, figure, image, page
from backend.pages.unit_sheet import SheetImage

SIDE = 192
"""CSS pixels that the optimised picture and the grid of images are wide."""
ACROSS = 3
CHART = (620, SIDE)


@dataclass(frozen=True, eq=False)
class FigureRow:
    """One unit of the figure.

    Attributes
    ----------
    address : str
    layer_group : str
        The heading it stands under: "Low layer: layer1".
    tops : tuple of SheetImage
        The images that excite it most; nine are shown.
    optimised : ndarray of uint8 or None
        (height, width, 3).
    histogram : Histogram or None
    words : str
        What is to be said of it: its shape, its label.
    """

    address: str
    layer_group: str
    tops: tuple[SheetImage, ...]
    optimised: Picture | None
    histogram: Histogram | None
    words: str = ""


def figure_html(title: str, rows: Sequence[FigureRow]) -> str:
    """Give the page as HTML: the groups in the order of their first row, each with its heading."""
    groups = dict.fromkeys(row.layer_group for row in rows)
    parts = [f"<header><h1>{escaped(title)}</h1></header>"]
    for group in groups:
        units = "".join(_unit(row) for row in rows if row.layer_group == group)
        parts.append(f'<h2 class="group">{escaped(group)}</h2>{units}')
    return page(title, "\n".join(parts))


def _unit(row: FigureRow) -> str:
    content = ""
    if row.tops:
        tops = row.tops[: ACROSS * ACROSS]
        pictures = "".join(image(top.picture, SIDE // ACROSS, top.class_name or "Image") for top in tops)
        columns = f"grid-template-columns:repeat({ACROSS},{SIDE // ACROSS}px)"
        scores = f"<b>{number(tops[0].score)}</b> to {number(tops[-1].score)}"
        content += figure(f'<div class="tight" style="{columns}">{pictures}</div>', "ground-truth optima", scores)
    if row.optimised is not None:
        content += figure(image(row.optimised, SIDE, "Generated optimum"), "generated optimum")
    if row.histogram is not None:
        chart = histogram_chart(row.histogram, width=CHART[0], height=CHART[1])
        images = f"distribution of the scores of {int(row.histogram.counts.sum()):,} images"
        content += f'<div class="grow">{figure(chart, images)}</div>'
    words = f'<p class="quiet">{escaped(row.words)}</p>' if row.words else ""
    return f'<div class="unit"><h3>{escaped(row.address)}</h3>{words}<div class="row">{content}</div></div>'
