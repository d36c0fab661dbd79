from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.flow_layout import FlowLayout


class Block(QWidget):
    """A widget that wants to be of a certain size."""

    def __init__(self, width: int, height: int = 20) -> None:
        super().__init__()
        self._size = QSize(width, height)

    def sizeHint(self) -> QSize:
        return self._size


def flow(qtbot: QtBot, *widths: int, spacing: int = 10) -> tuple[QWidget, FlowLayout, list[Block]]:
    holder = QWidget()
    qtbot.addWidget(holder)
    layout = FlowLayout(holder, spacing=spacing)
    blocks = [Block(width) for width in widths]
    for block in blocks:
        layout.addWidget(block)
    holder.show()
    return holder, layout, blocks


def places(layout: FlowLayout, blocks: list[Block], width: int) -> list[tuple[int, int]]:
    layout.setGeometry(QRect(0, 0, width, 500))
    return [(block.x(), block.y()) for block in blocks]


@pytest.mark.parametrize(
    ("width", "expected", "height"),
    [
        (200, [(0, 0), (60, 0), (120, 0)], 20),
        (170, [(0, 0), (60, 0), (120, 0)], 20),
        (169, [(0, 0), (60, 0), (0, 30)], 50),
        (109, [(0, 0), (0, 30), (0, 60)], 80),
    ],
)
def test_that_lines_end_where_the_width_ends(
    qtbot: QtBot, width: int, expected: list[tuple[int, int]], height: int
) -> None:
    _holder, layout, blocks = flow(qtbot, 50, 50, 50)
    assert places(layout, blocks, width) == expected
    assert layout.heightForWidth(width) == height


def test_that_what_is_wider_than_the_line_is_made_narrow_and_has_it_alone(qtbot: QtBot) -> None:
    _holder, layout, blocks = flow(qtbot, 30, 300, 30)
    assert places(layout, blocks, 100) == [(0, 0), (0, 30), (0, 60)]
    assert blocks[1].width() == 100


def test_that_what_cannot_be_made_narrow_enough_takes_no_second_line(qtbot: QtBot) -> None:
    _holder, layout, blocks = flow(qtbot, 150, 30)
    blocks[0].setMinimumWidth(150)
    assert places(layout, blocks, 100) == [(0, 0), (0, 30)]
    assert blocks[0].width() == 150 == layout.minimumSize().width()


def test_that_a_line_is_as_high_as_its_highest(qtbot: QtBot) -> None:
    _holder, layout, blocks = flow(qtbot, 50)
    for block in (Block(50, 40), Block(50)):
        layout.addWidget(block)
        block.show()
        blocks.append(block)
    assert places(layout, blocks, 120) == [(0, 0), (60, 0), (0, 50)]


def test_that_hidden_widgets_leave_no_gap(qtbot: QtBot) -> None:
    _holder, layout, blocks = flow(qtbot, 50, 50, 50)
    blocks[1].hide()
    assert places(layout, [blocks[0], blocks[2]], 200) == [(0, 0), (60, 0)]
    assert layout.sizeHint() == QSize(110, 20)


def test_that_margins_are_kept(qtbot: QtBot) -> None:
    _holder, layout, blocks = flow(qtbot, 50, 50)
    layout.setContentsMargins(3, 5, 7, 11)
    assert places(layout, blocks, 119) == [(3, 5), (3, 35)]
    assert places(layout, blocks, 120) == [(3, 5), (63, 5)]
    assert layout.heightForWidth(119) == 5 + 20 + 10 + 20 + 11
    assert layout.sizeHint() == QSize(120, 36) and layout.minimumSize().height() >= 16


def test_that_a_widget_can_be_taken_out_and_none_where_there_is_none(qtbot: QtBot) -> None:
    _holder, layout, blocks = flow(qtbot, 50, 50)
    item = layout.takeAt(0)
    assert item is not None and item.widget() is blocks[0] and layout.count() == 1
    assert layout.itemAt(1) is None and layout.takeAt(5) is None and layout.itemAt(-1) is None


def test_that_an_empty_flow_takes_no_room(qtbot: QtBot) -> None:
    _holder, layout, _blocks = flow(qtbot)
    assert layout.heightForWidth(100) == 0 and layout.sizeHint() == QSize(0, 0)


def test_that_a_scroll_area_gives_it_the_height_its_width_needs(qtbot: QtBot) -> None:
    area = QScrollArea(widgetResizable=True)
    qtbot.addWidget(area)
    content = QWidget()
    column = QVBoxLayout(content)
    column.setContentsMargins(0, 0, 0, 0)
    layout = FlowLayout(spacing=10)
    for _ in range(12):
        layout.addWidget(Block(50))
    column.addLayout(layout)
    area.setWidget(content)
    area.resize(220, 60)
    area.show()
    qtbot.waitUntil(lambda: content.height() >= 4 * 20 + 3 * 10)
    assert content.width() <= 220
