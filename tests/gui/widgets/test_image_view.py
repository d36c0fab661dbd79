from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from gui.theme import DARK
from gui.widgets.dropped_pictures import LARGEST_FILE, UNIT_MIME
from gui.widgets.image_view import ImageView
from gui.widgets.pixels import heat_image, to_qimage

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(show_dark: Callable[..., Any]) -> ImageView:
    return show_dark(ImageView(), 200, 200)


class Heard:
    """What a view has said."""

    def __init__(self, view: ImageView) -> None:
        self.pictures: list[tuple[bytes, str]] = []
        self.units: list[str] = []
        self.sentences: list[str] = []
        view.picture_dropped.connect(lambda content, name: self.pictures.append((content, name)))
        view.unit_dropped.connect(self.units.append)
        view.rejected.connect(self.sentences.append)


def enters(view: ImageView, data: QMimeData) -> bool:
    event = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, LEFT, NONE)
    event.ignore()
    view.dragEnterEvent(event)
    return event.isAccepted()


def drop(view: ImageView, data: QMimeData) -> None:
    assert enters(view, data)
    view.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, NONE))


def file_data(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def red_and_blue() -> np.ndarray:
    """Return two pixels: red, blue."""
    return np.array([[[255, 0, 0], [0, 0, 255]]], dtype=np.uint8)


def test_that_a_picture_is_never_stretched(view: ImageView) -> None:
    view.set_image(np.zeros((16, 32, 3), np.uint8))
    place = view.picture_rect()
    assert (place.width(), place.height()) == (200, 100)
    assert (place.left(), place.top()) == (0, 50)
    view.resize(300, 60)
    assert (view.picture_rect().width(), view.picture_rect().height()) == (120, 60)


def test_that_a_caption_takes_its_line_from_the_room(view: ImageView) -> None:
    view.set_image(np.zeros((8, 8, 3), np.uint8))
    view.set_caption("start")
    assert view.picture_rect().height() == 180


def test_that_pixelated_shows_pure_pixels_and_smooth_mixes_them(view: ImageView) -> None:
    view.set_image(red_and_blue())
    view.smooth = False
    assert {view.grab().toImage().pixelColor(x, 100).name() for x in range(4, 196)} == {"#ff0000", "#0000ff"}
    view.smooth = True
    shot = view.grab().toImage()
    assert shot.pixelColor(100, 100).red() > 60 and shot.pixelColor(100, 100).blue() > 60
    # The other side must not shine through at the border.
    assert shot.pixelColor(2, 100).name() == "#ff0000"
    assert shot.pixelColor(197, 100).name() == "#0000ff"


def test_that_the_corners_are_round(view: ImageView) -> None:
    view.set_image(np.full((8, 8, 3), 255, np.uint8))
    shot = view.grab().toImage()
    assert shot.pixelColor(0, 0) == QColor(DARK.panel)
    assert shot.pixelColor(10, 10).name() == "#ffffff"


def test_that_the_image_is_given_back_and_none_shows_the_placeholder(view: ImageView) -> None:
    pixels = red_and_blue()
    view.set_image(pixels)
    assert view.image() is pixels
    view.set_image(None)
    plain = view.grab().toImage()
    view.set_placeholder("Drop a picture")
    assert view.image() is None
    assert view.grab().toImage() != plain


def test_that_what_is_shown_does_not_hang_on_the_array(view: ImageView) -> None:
    pixels = np.full((4, 4, 3), 200, np.uint8)
    view.set_image(pixels)
    pixels[:] = 0
    assert view.grab().toImage().pixelColor(100, 100).red() == 200


def test_that_a_dropped_file_arrives_as_its_bytes_and_name(view: ImageView, tmp_path: Path) -> None:
    heard, path = Heard(view), tmp_path / "ship.png"
    to_qimage(red_and_blue()).save(str(path))
    drop(view, file_data(path))
    assert heard.pictures == [(path.read_bytes(), "ship.png")]


def test_that_dropped_image_data_arrives_as_a_png(view: ImageView) -> None:
    heard, data = Heard(view), QMimeData()
    data.setImageData(to_qimage(red_and_blue()))
    drop(view, data)
    ((content, _),) = heard.pictures
    read = QImage.fromData(content, "PNG")
    assert (read.width(), read.height(), read.pixelColor(1, 0).name()) == (2, 1, "#0000ff")


def test_that_a_dropped_unit_arrives_as_its_address(view: ImageView) -> None:
    heard, data = Heard(view), QMimeData()
    data.setData(UNIT_MIME, b"layer4/37")
    data.setText("layer4/37")
    drop(view, data)
    assert heard.units == ["layer4/37"] and not heard.sentences


def test_that_what_is_no_picture_is_rejected_in_a_sentence(view: ImageView, tmp_path: Path) -> None:
    heard, path = Heard(view), tmp_path / "notes.txt"
    path.write_text("no picture")
    drop(view, file_data(path))
    drop(view, file_data(tmp_path / "gone.png"))
    web = QMimeData()
    web.setUrls([QUrl("https://example.org/ship.png")])
    drop(view, web)
    assert not heard.pictures
    assert heard.sentences[0].startswith("notes.txt is not a picture")
    assert heard.sentences[1].startswith("gone.png could not be read")
    assert heard.sentences[2].startswith("example.org gave only an address")


def test_that_a_file_too_large_is_not_read(view: ImageView, tmp_path: Path) -> None:
    heard, path = Heard(view), tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    drop(view, file_data(path))
    assert heard.sentences == ["huge.png is larger than 50 MB; drop a smaller picture."]


def test_that_networks_folders_and_plain_text_are_left_to_the_window(view: ImageView, tmp_path: Path) -> None:
    Heard(view)
    text = QMimeData()
    text.setText("hello")
    assert not enters(view, file_data(tmp_path / "net.safetensors"))
    assert not enters(view, file_data(tmp_path))
    assert not enters(view, text)


def test_that_a_view_nobody_listens_to_lets_drops_through(view: ImageView, tmp_path: Path) -> None:
    assert not enters(view, file_data(tmp_path / "ship.png"))
    unit = QMimeData()
    unit.setData(UNIT_MIME, b"layer4/37")
    assert not enters(view, unit)


def test_that_a_border_in_accent_shows_while_something_hovers(view: ImageView, tmp_path: Path) -> None:
    Heard(view)
    view.set_image(np.zeros((8, 8, 3), np.uint8))
    accent = QColor(DARK.accent)
    assert enters(view, file_data(tmp_path / "ship.png"))
    assert view.grab().toImage().pixelColor(100, 1) == accent
    view.dragLeaveEvent(QDragLeaveEvent())
    assert view.grab().toImage().pixelColor(100, 1) != accent


def test_that_copy_and_paste_carry_the_picture_in_its_own_size(qtbot: QtBot, view: ImageView) -> None:
    heard = Heard(view)
    view.set_image(red_and_blue())
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().image().size().toTuple() == (2, 1)
    qtbot.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [name for _, name in heard.pictures] == ["clipboard"]
    QGuiApplication.clipboard().setText("words")
    view.paste_picture()
    assert len(heard.pictures) == 1 and heard.sentences[0].startswith("There is no picture here")


def test_that_the_menu_copies_and_turns_pixels_on(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(red_and_blue())
    actions = {action.text(): action for action in view.menu().actions()}
    assert "Paste picture" not in actions
    with qtbot.waitSignal(view.smooth_changed) as said:
        actions["Pixelated"].trigger()
    assert said.args == [False] and not view.smooth
    QGuiApplication.clipboard().clear()
    actions["Copy picture"].trigger()
    assert QGuiApplication.clipboard().image().width() == 2


def test_that_a_double_click_is_told(qtbot: QtBot, view: ImageView) -> None:
    with qtbot.waitSignal(view.double_clicked):
        qtbot.mouseDClick(view, LEFT)


def test_that_heat_goes_evenly_from_dark_to_bright() -> None:
    ramp = heat_image(np.linspace(0, 2, 256, dtype=np.float32)[None], 2.0)
    assert ramp.shape == (1, 256, 3) and ramp.dtype == np.uint8
    brightness = ramp[0].astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(brightness) > -1.5).all() and brightness[0] < 5 and brightness[-1] > 220


def test_that_heat_is_clipped_and_scaled_by_the_largest() -> None:
    values = np.array([[0.0, 1.0, 2.0, 9.0]], np.float32)
    shown = heat_image(values, 2.0)
    assert (shown[0, 2] == shown[0, 3]).all()
    assert (heat_image(values)[0, 3] == shown[0, 3]).all()
    blank = heat_image(np.zeros((2, 3), np.float32))
    assert (blank == shown[0, 0]).all()
    assert (heat_image(np.array([[np.nan, 1.0]], np.float32), 1.0)[0, 0] == shown[0, 0]).all()
