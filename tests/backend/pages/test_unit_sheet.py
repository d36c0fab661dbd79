"""Exported pages: whole, harmless, self-contained, and with everything in them."""

from __future__ import annotations

import base64
import io
import math
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.analysis.maximization.unit_images import UnitImages
from backend.pages.numbers import number
from backend.pages.sheet_charts import Histogram, class_chart, curve_chart, histogram_chart, round_ticks
from backend.pages.unit_figure import FigureRow, figure_html
from backend.pages.unit_sheet import SheetImage, SimilarUnit, UnitSheet, save_html, sheet_html

HOSTILE = """<script>alert("x")</script> & 'quoted' --> ]]> https://example.org/x.png"""
VOID = {"meta", "img", "br"}


@dataclass(frozen=True, eq=False)
class Tuning:
    name: str
    unit: str
    values: np.ndarray
    mean: np.ndarray
    largest: np.ndarray


class Page(HTMLParser):
    """Reads a page and remembers its tags, attributes and text; a tag that is not closed in order is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open, f"<{tag}/> closes nothing in HTML"
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data: str) -> None:
        self.text += data if not self.open or self.open[-1] != "style" else ""

    def pictures(self) -> list[np.ndarray]:
        sources = [attributes["src"] or "" for tag, attributes in self.tags if tag == "img"]
        assert all(source.startswith("data:image/png;base64,") for source in sources)
        return [np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))) for source in sources]

    def attributes(self, wanted: str, kind: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == wanted and attributes.get("class") == kind]


def picture(seed: int, height: int = 6, width: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def full_sheet(text: str = "plain") -> UnitSheet:
    four = np.stack([picture(seed) for seed in range(3, 7)])
    return UnitSheet(
        address=f"tiny/{text}/5",
        network="tiny",
        weights_digest=f"abc{text}",
        dataset=text,
        images_scanned=1500,
        images_total=10000,
        facts=(("mean", "0.3217"), (text, text)),
        label_kind=text,
        label_note=text,
        optimised=UnitImages(picture(1), picture(2), four, True, 4.06, -1.5, (2.91, 2.92, 2.93, 2.94)),
        histogram=Histogram(np.array([3, 0, 1]), np.array([0.0, 1.0, 2.0, 3.0])),
        top=(SheetImage(picture(7), 1.95, text, text + "2", text), SheetImage(picture(8), 1.79, "dog", "dog")),
        bottom=(SheetImage(picture(9), -0.25, "ship"),),
        tuning=(Tuning(text, "°", np.array([0.0, 90.0]), np.array([0.5, math.nan]), np.array([1.0, 2.0])),),
        similar=(SimilarUnit(f"tiny/{text}/6", 0.875, picture(10)), SimilarUnit("tiny/b/7", 0.5)),
        classes=(("cat", 0.25), (text, -0.125)),
        weights=picture(11, 3, 3),
        versions={"torch": "2.15.0", text: text},
    )


def figure_rows(text: str = "plain") -> list[FigureRow]:
    histogram = Histogram(np.array([3, 0, 1]), np.array([0.0, 1.0, 2.0, 3.0]))
    tops = tuple(SheetImage(picture(20 + index), 2.0 - index / 10, text) for index in range(11))
    return [
        FigureRow(f"tiny/a/{text}", f"Low layer {text}", tops, picture(40), histogram, text),
        FigureRow("tiny/b/2", "High layer", tops[:2], None, None),
        FigureRow("tiny/a/3", f"Low layer {text}", (), picture(41), None),
    ]


def test_that_a_sheet_is_whole_and_shows_every_number() -> None:
    page = Page(sheet_html(full_sheet()))
    for text in (
        "plain/5",
        "1,500 of 10,000 images",
        "0.3217",
        "4.06",
        "−1.50",
        "2.91 · 2.92 · 2.93 · 2.94",
        "abcplain",
    ):
        assert text in page.text
    for text in ("1.95", "1.79", "−0.25", "0.88", "0.50", "seen as plain2", "torch 2.15.0", "plain/6", "b/7"):
        assert text in page.text
    assert "seen as dog" not in page.text


def test_that_pictures_keep_every_pixel() -> None:
    sheet = full_sheet()
    assert sheet.optimised is not None
    expected = [
        sheet.optimised.positive,
        *sheet.optimised.diverse,
        sheet.optimised.negative,
        picture(11, 3, 3),
        *(picture(seed) for seed in (7, 8, 9, 10)),
    ]
    for shown, made in zip(Page(sheet_html(sheet)).pictures(), expected, strict=True):
        np.testing.assert_array_equal(shown, made)


@pytest.mark.parametrize("text", [sheet_html(full_sheet(HOSTILE)), figure_html(HOSTILE, figure_rows(HOSTILE))])
def test_that_hostile_text_stays_text(text: str) -> None:
    page, harmless = Page(text), Page(sheet_html(full_sheet())) if "tiny/b/7" in text else None
    assert "<script" not in text and HOSTILE in page.text
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base", "form", "a"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    if harmless is not None:
        assert [tag for tag, _ in page.tags if tag != "br"] == [tag for tag, _ in harmless.tags if tag != "br"]


@pytest.mark.parametrize("text", [sheet_html(full_sheet()), figure_html("Figure", figure_rows())])
def test_that_a_page_asks_for_nothing_else(text: str) -> None:
    page = Page(text)
    assert "http://" not in text and "https://" not in text and "@import" not in text and "url(" not in text
    linked = [
        value or "" for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")
    ]
    assert linked and all(value.startswith("data:") for value in linked)
    (policy,) = [a["content"] or "" for tag, a in page.tags if tag == "meta" and "http-equiv" in a]
    assert policy.startswith("default-src 'none'")
    assert "prefers-color-scheme: dark" in text and "@media print" in text


def test_that_what_is_not_known_is_left_out() -> None:
    page = Page(sheet_html(UnitSheet("tiny/a/5", "tiny", "")))
    assert {tag for tag, _ in page.tags} <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "h1",
        "small",
        "p",
    }


def test_that_a_figure_groups_its_rows_and_shows_nine_images_each() -> None:
    page = Page(figure_html("Figure 5", figure_rows()))
    order = [page.text.index(text) for text in ("Figure 5", "Low layer", "a/plain", "a/3", "High layer", "b/2")]
    assert order == sorted(order) and page.text.count("Low layer") == 1
    assert "scores of 4 images" in page.text and "2.00 to 1.20" in page.text
    expected = [*(picture(20 + index) for index in range(9)), picture(40), picture(41), picture(20), picture(21)]
    for shown, made in zip(page.pictures(), expected, strict=True):
        np.testing.assert_array_equal(shown, made)


def test_that_bars_are_as_high_as_their_counts() -> None:
    histogram = Histogram(np.array([400, 0, 100, 1]), np.array([0.0, 1.0, 2.0, 3.0, 4.0]))
    bars = Page(histogram_chart(histogram, height=464)).attributes("rect", "bar")
    # 464 px less 24 above and 40 below; a single image is 1 px high, none is no bar.
    assert [float(bar["height"] or 0) for bar in bars] == [400.0, 100.0, 1.0]
    lefts = [float(bar["x"] or 0) for bar in bars]
    assert lefts[1] - lefts[0] == pytest.approx(2 * (lefts[2] - lefts[1]), abs=0.2)


def test_that_the_optimised_score_is_marked_and_only_named_where_it_is_far() -> None:
    histogram = Histogram(np.array([4, 1]), np.array([0.0, 1.0, 2.0]))

    def marked(score: float) -> tuple[bool, str]:
        page = Page(histogram_chart(histogram, score))
        return bool(page.attributes("path", "mark")), page.text

    assert marked(3.0)[0] and "optimised 3.00" in marked(3.0)[1]
    assert not marked(9.0)[0] and "optimised 9.00 →" in marked(9.0)[1]
    assert not marked(-9.0)[0] and "optimised −9.00 ←" in marked(-9.0)[1]
    assert "optimised" not in marked(math.nan)[1]


def test_that_a_curve_has_a_gap_where_nothing_is_known() -> None:
    values = np.arange(5.0)
    curve = Tuning("hue", "°", values, np.array([0, 1, math.nan, 1, 0]), values)
    page = Page(curve_chart(curve))
    (line,), (largest,) = page.attributes("path", "line"), page.attributes("path", "faint")
    assert re.sub(r"[^ML]", "", line["d"] or "") == "MLML"
    assert re.sub(r"[^ML]", "", largest["d"] or "") == "MLLLL"
    assert len(page.attributes("circle", "dot")) == 4 and "Hue (°)" in page.text


def test_that_classes_are_sorted_and_a_negative_bar_goes_to_the_left() -> None:
    page = Page(class_chart([("cat", -1.0), ("dog", 2.0), ("a very long name of a class", math.nan)]))
    dog, cat = page.attributes("rect", "bar")
    assert float(dog["width"] or 0) == pytest.approx(2 * float(cat["width"] or 0), abs=0.1)
    assert float(cat["x"] or 0) + float(cat["width"] or 0) == pytest.approx(float(dog["x"] or 0), abs=0.1)
    assert "a very long name of a class" in page.text and "a very long name …" in page.text


def test_that_of_many_classes_it_says_how_many_are_shown() -> None:
    classes = tuple((f"class {index}", float(index)) for index in range(1000))
    page = Page(sheet_html(replace(full_sheet(), classes=classes)))
    assert "12 largest of 1,000" in page.text and "class 988" in page.text and "class 987" not in page.text


@pytest.mark.parametrize(
    "histogram",
    [
        Histogram(np.zeros(3, np.int64), np.array([0.0, 1.0, 2.0, 3.0])),
        Histogram(np.array([5]), np.array([1.0, 1.0])),
        Histogram(np.array([], np.int64), np.array([0.0])),
    ],
)
def test_that_empty_charts_are_still_charts(histogram: Histogram) -> None:
    empty = Tuning("size", "", np.array([]), np.array([]), np.array([]))
    silent = Tuning("size", "", np.array([1.0]), np.array([math.nan]), np.array([math.nan]))
    for text in (histogram_chart(histogram, 1.0), curve_chart(empty), curve_chart(silent), class_chart([])):
        assert "nan" not in text and "inf" not in text
        Page(text)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-3, 12, [0, 5, 10]), (0.05, 0.19, [0.05, 0.1, 0.15]), (2.0, 2.0, [2.0])],
)
def test_that_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert round_ticks(low, high, 6) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.058, "4.06"),
        (-0.51, "−0.51"),
        (0.0731, "0.073"),
        (-0.00042, "−0.00042"),
        (0.0, "0"),
        (-1e-9, "0"),
        (33.307, "33.31"),
        (12345.6, "12,346"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_that_numbers_are_short_and_have_a_real_minus(value: float, text: str) -> None:
    assert number(value) == text


def test_that_a_page_is_saved_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "unit.html"
    odd = replace(full_sheet(), label_note="Grüße, 犬, \udcff")
    save_html(path, sheet_html(odd))
    assert "Grüße, 犬, ?" in path.read_text(encoding="utf-8")
    save_html(tmp_path / "figure.html", figure_html("Figure 5", figure_rows()))
    before = path.read_bytes()

    def broken(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="no room"):
        save_html(path, sheet_html(full_sheet()))
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["figure.html", "unit.html"]


def test_that_pages_need_neither_torch_nor_qt() -> None:
    code = "import sys, backend.pages.unit_figure; sys.exit(bool({'torch', 'scipy', 'PySide6'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
