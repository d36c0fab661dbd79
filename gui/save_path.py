"""Ask where to save a file, so that nothing is overwritten that the dialog did not ask about."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from gui.session import Session


def ask_save_path(parent: QWidget, session: Session, title: str, name: str, *suffixes: str) -> Path | None:
    """Ask for a path that ends in one of `suffixes`; what is typed without one gets that of the chosen filter.

    None where the user gave none, or a notice says why it cannot be used.
    """
    name = name.replace("/", "-").replace(" ", "-")
    filters = ";;".join(f"*.{suffix}" for suffix in suffixes)
    typed, chosen = QFileDialog.getSaveFileName(parent, title, f"{name}.{suffixes[0]}", filters)
    path = Path(typed)
    if not typed or path.suffix:
        return path if typed else None
    suffix = next((suffix for suffix in suffixes if chosen == f"*.{suffix}"), suffixes[0])
    whole = path.with_name(f"{path.name}.{suffix}")
    if whole.exists():
        # The dialog has asked about the name as it was typed, not about this one.
        session.events.notice.emit(f"{whole.name} is there already. Export again under another name.")
        return None
    return whole
