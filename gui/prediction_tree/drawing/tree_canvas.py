"""A tree of merges that can be walked, opened and closed, moved and enlarged."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from gui.prediction_tree.drawing.condensing import ABOVE_ROOTS
from gui.prediction_tree.drawing.tree_frame import Frame
from gui.prediction_tree.drawing.tree_openable import OpenableTree
from gui.prediction_tree.drawing.walking import Step, first_place, next_place
from gui.prediction_tree.drawing.words import fallen_tip, small_roots_tip

NOTCH = 1.2
"""How much one notch of the wheel enlarges."""
DOWNWARDS: dict[Qt.Key, Step] = {
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
}
SIDEWAYS: dict[Qt.Key, Step] = {
    Qt.Key.Key_Left: "up",
    Qt.Key.Key_Right: "down",
    Qt.Key.Key_Up: "left",
    Qt.Key.Key_Down: "right",
}


class TreeCanvas(OpenableTree):
    """A prediction tree: drag and wheel move the view, arrows walk, + and − open and close.

    Keys, as the tree grows down (sideways they turn with it): ↑ parent, ↓ larger child, or along the path; ← → the
    neighbour of the same depth; Home the root; Enter activates; + opens all that is below, * the branch above, −
    closes; F shows all.

    Signals
    -------
    node_hovered(int)
        The pointer came to a node; −1 where it left all.
    node_activated(int)
        Enter, or a double click.
    node_chosen(int), expanded(int), collapsed(int)
        Of `OpenableTree`.
    pictures_wanted(list), drawing_changed()
        Of `TreeView`.
    """

    node_hovered = Signal(int)
    node_activated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._press: tuple[QPointF, Frame] | None = None
        self._dragging = False
        self._opened_by_click = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _toggle(self, place: int) -> None:
        node = self._drawing.nodes[place]
        if self._drawing.closed[place]:
            self.expand(node)
        else:
            self.collapse(node)

    # --- hands -------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._press, self._dragging = (event.position(), self._frame), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None:
            self._point_at(event.position())
            return
        start, frame = self._press
        way = event.position() - start
        if self._dragging or way.manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._move_frame(frame.moved(way.x(), way.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._press is None:
            return
        self._press = None
        if not self._dragging:
            self._click(event.position())
        self._point_at(event.position())

    def _click(self, at: QPointF) -> None:
        self._point_at(at)
        self._opened_by_click = self._on_badge or self._pill >= 0
        if self._on_badge:
            self._toggle(self._hovered)
        elif self._hovered >= 0:
            self._choose_place(self._hovered)
        elif self._pill >= 0:
            self.open_branch(self._drawing.nodes[self._pill])

    def _choose_place(self, place: int) -> None:
        node = self._drawing.nodes[place]
        if node == ABOVE_ROOTS:
            self.expand(node)
        else:
            self.set_current(node)
            self.node_chosen.emit(node)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._point_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or self._opened_by_click:
            # What was opened by the first click may have gone from below the pointer.
            self.mousePressEvent(event)
        elif self._hovered < 0:
            self.fit()
        elif self._drawing.nodes[self._hovered] >= 0:
            self.node_activated.emit(self._drawing.nodes[self._hovered])

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches and self._drawing.nodes:
            self._move_frame(self._frame.zoomed(NOTCH**notches, event.position()))
            self._point_at(event.position())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1, -1, False)

    def _point_at(self, at: QPointF) -> None:
        """Let the pointer be at a point: on a button, a node, the words on a branch, or the ground."""
        scene = self.scene()
        badged = (self._hovered, scene.marks.current if self.hasFocus() else -1)
        for place in (place for place in badged if place >= 0):
            badge = scene.badge_rect(place)
            if badge is not None and badge.contains(at):
                self._hover(place, -1, True)
                return
        place = scene.place_at(at)
        pill = next((key for key, rect in self._pills.items() if rect.contains(at)), -1) if place < 0 else -1
        self._hover(place, pill, False)

    def _hover(self, place: int, pill: int, on_badge: bool) -> None:
        before = self._hovered
        shape = Qt.CursorShape.ArrowCursor if place < 0 and pill < 0 else Qt.CursorShape.PointingHandCursor
        self.setCursor(shape)
        if (place, pill, on_badge) != (before, self._pill, self._on_badge):
            self._hovered, self._pill, self._on_badge = place, pill, on_badge
            self._refresh()
        if place != before:
            self.node_hovered.emit(max(self._drawing.nodes[place], -1) if place >= 0 else -1)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._words_at_pointer(), self)
            return True
        return super().event(event)

    def _words_at_pointer(self) -> str:
        if self._pill >= 0:
            return fallen_tip(self._drawing, self._pill, self.share())
        if self._hovered < 0:
            return ""
        if self._on_badge:
            return "Show all that is below (+)" if self._drawing.closed[self._hovered] else "Close (−)"
        node = self._drawing.nodes[self._hovered]
        return self.tip(node) if node >= 0 else small_roots_tip(self._drawing.fell[self._hovered])

    # --- keys --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = Qt.Key(event.key()), event.modifiers()
        step = (SIDEWAYS if self._sideways else DOWNWARDS).get(key)
        if held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            super().keyPressEvent(event)
        elif step is not None:
            self._step(step)
        elif not self._press_key(key):
            super().keyPressEvent(event)

    def _step(self, step: Step) -> None:
        path = self._trails[0].places
        place = self._place_for(self._current)
        self._go_to(next_place(self._tree, self._drawing, self._layout, place, step, path))

    def _press_key(self, key: Qt.Key) -> bool:
        """Do what a key means; say whether it means anything."""
        place = self._place_for(self._current)
        node = self._drawing.nodes[place] if place >= 0 else -1
        if key == Qt.Key.Key_F:
            self.fit()
        elif key == Qt.Key.Key_Home:
            self._go_to(first_place(self._drawing))
        elif node < 0:
            return False
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.node_activated.emit(node)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.expand(node)
        elif key == Qt.Key.Key_Minus:
            self.collapse(node)
        elif key == Qt.Key.Key_Asterisk:
            self.open_branch(node)
        else:
            return False
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        reason = Qt.FocusReason
        self._ring = event.reason() in (reason.TabFocusReason, reason.BacktabFocusReason, reason.ShortcutFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        self.update()
