"""How the user likes it, in every room. It comes back at the next start."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot


class Preferences(QObject):
    """Holds what no undo takes back.

    Attributes
    ----------
    smooth : bool
        Whether enlarged pictures are drawn interpolated rather than pixel by pixel.
    scan_at_once : bool
        Whether a data set is scanned as soon as it is open.
    """

    smooth_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.smooth = True
        self.scan_at_once = True

    @Slot(bool)
    def set_smooth(self, smooth: bool) -> None:
        if smooth != self.smooth:
            self.smooth = smooth
            self.smooth_changed.emit(smooth)
