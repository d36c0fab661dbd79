"""The sheet of an explained prediction: everything is on it, in either theme, and its file says what it is of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backend.analysis.pictures import read_facts
from backend.engine import Engine
from backend.jobs import SaveExplanationPicture
from backend.pages.explanation import AblationCurve, ExplainedStep, Explanation, FilterShare
from gui.prediction_tree.explanation_poster import CELL, COLUMNS, DENSITY, LARGE, MARGIN, WIDTH, ExplanationPoster
from gui.theme import DARK, LIGHT, apply_theme


def plain(*colour: int) -> np.ndarray:
    return np.full((8, 8, 3), colour, np.uint8)


def step(number: int, contribution: float = 0.5) -> ExplainedStep:
    picture, medoid = plain(10 * number, 255, 0), plain(10 * number, 0, 255)
    return ExplainedStep(number, f"layer4/{number}", picture, 0.1, 1.5, 0.4, contribution, 100, medoid)


CURVE = AblationCurve(np.arange(3), *(np.array(row) for row in ([0.9, 0.5, 0.2], *[[0.9, 0.8, 0.7]] * 3)))
TOLD = Explanation(
    network="tiny",
    weights_digest="abcdef",
    dataset="pets/test",
    class_name="dog",
    prediction="dog",
    probability=0.67,
    picture=plain(250, 10, 10),
    grad_cam=plain(10, 250, 250),
    steps=(step(1), step(2, -0.25)),
    leaf_picture=plain(250, 0, 250),
    leaf_caption="image 7,988, cosine 0.93",
    contributions_total=3.0,
    logit=3.25,
    exact=True,
    ablation=CURVE,
    versions={"torch": "2.0"},
    layer="layer4",
    tree_class="dog",
    tree_images=1000,
    shares=(FilterShare("layer4/9", 2.0, False, plain(77, 77, 0)), FilterShare("layer4/2", -0.25, True)),
)


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication) -> str:
    apply_theme(qapp, request.param)
    return request.param


def count(sheet: np.ndarray, colour: tuple[int, ...]) -> int:
    return int((sheet == np.array(colour, np.uint8)).all(-1).sum())


def test_that_every_picture_is_on_the_sheet(theme: str) -> None:
    sheet = ExplanationPoster(TOLD).pixels()
    assert sheet.shape[1] == DENSITY * WIDTH
    # A corner is round, an edge interpolated.
    large, cell = (DENSITY * LARGE) ** 2, (DENSITY * CELL) ** 2
    for colour in ((250, 10, 10), (10, 250, 250)):
        assert 0.97 * large < count(sheet, colour) <= large
    for colour in ((10, 255, 0), (20, 255, 0), (250, 0, 250)):
        assert 0.8 * cell < count(sheet, colour) <= cell
    for colour in ((10, 0, 255), (20, 0, 255), (77, 77, 0)):
        assert count(sheet, colour) > 500
    colours = DARK if theme == "dark" else LIGHT
    assert tuple(sheet[2, 2]) == QColor(colours.panel).toTuple()[:3]
    assert count(sheet, QColor(colours.path).toTuple()[:3]) > 500


def test_that_a_long_path_wraps_and_the_sheet_grows(theme: str) -> None:
    short = ExplanationPoster(TOLD)
    one_row = ExplanationPoster(replace(TOLD, steps=tuple(map(step, range(1, COLUMNS)))))
    two_rows = ExplanationPoster(replace(TOLD, steps=tuple(map(step, range(1, COLUMNS + 1)))))
    assert short.size == one_row.size and two_rows.size.height() > one_row.size.height() + CELL
    sheet = two_rows.pixels()
    # The last cell, of the leaf, begins a row of its own at the left.
    rows, columns = np.nonzero((sheet == (250, 0, 250)).all(-1))
    assert columns.min() >= DENSITY * MARGIN and columns.max() < DENSITY * (MARGIN + CELL) and len(rows)


def test_that_what_is_not_known_is_left_out(theme: str) -> None:
    whole = ExplanationPoster(TOLD).size.height()
    for changes in ({"ablation": None}, {"steps": (), "leaf_picture": None}, {"logit": float("nan")}):
        part = ExplanationPoster(replace(TOLD, **changes))
        assert part.size.height() < whole and part.pixels().any()
    assert count(ExplanationPoster(replace(TOLD, grad_cam=None)).pixels(), (10, 250, 250)) == 0
    mistaken = ExplanationPoster(replace(TOLD, tree_class="cat"))
    assert mistaken.size.height() > whole


def test_that_pixels_are_seen_where_that_is_wanted(theme: str) -> None:
    board = (np.indices((8, 8)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, -1)
    told = replace(TOLD, picture=board)
    sharp, smooth = (ExplanationPoster(told, smooth=each).pixels() for each in (False, True))
    top = sharp.shape[0] // 2
    assert count(sharp[:top], (255, 255, 255)) > count(smooth[:top], (255, 255, 255)) + 10_000


def test_that_the_file_says_what_it_is_of(theme: str, tmp_path: Path) -> None:
    sheet = ExplanationPoster(TOLD).pixels()
    path = tmp_path / "why.png"
    assert list(SaveExplanationPicture(path, sheet, TOLD).run(Engine()))
    np.testing.assert_array_equal(np.array(Image.open(path)), sheet)
    facts = read_facts(path)
    assert (facts["network"], facts["weights_digest"], facts["dataset"]) == ("tiny", "abcdef", "pets/test")
    assert (facts["layer"], facts["class"], facts["kind"]) == ("layer4", "dog", "explanation")
    assert [each["filter"] for each in facts["steps"]] == ["layer4/1", "layer4/2"]
    assert facts["versions"] == {"torch": "2.0"} and facts["ablation"]["counts"] == [0, 1, 2]
