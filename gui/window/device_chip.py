"""The device the engine computes on, as a chip in the status bar that also switches it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from backend.jobs import EngineStatus


class DeviceChip(QToolButton):
    """“CPU · 2 threads”. A press lists the devices of this machine."""

    device_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.device = ""
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAutoRaise(True)
        self.setText("○  Engine is waking…")
        self.setToolTip("The computing part of Filterscope is being loaded; the window can already be used.")

    @Slot(object)
    def show_status(self, status: EngineStatus) -> None:
        """Show the device that is in use and offer the others."""
        self.device = status.device
        threads = f" · {status.threads} threads" if status.device == "cpu" else ""
        self.setText(f"●  {status.device.upper()}{threads}")
        self.setToolTip(f"PyTorch {status.torch_version}. Press to compute on another device.")
        menu = QMenu(self)
        for device in status.devices:
            action = QAction(device.upper(), menu, checkable=True, checked=device == status.device)
            action.setData(device)
            menu.addAction(action)
        menu.triggered.connect(self._chosen)
        self.setMenu(menu)

    @Slot(QAction)
    def _chosen(self, action: QAction) -> None:
        self.device_chosen.emit(action.data())
