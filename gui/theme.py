"""The look of the program: colour tokens for a dark and a light theme, one palette and one style sheet made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

Choice = Literal["system", "dark", "light"]

FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Cantarell", "Noto Sans", "DejaVu Sans"]
TEXT_SIZE = 13
CAPTION_SIZE = 11
RADIUS = 6


@dataclass(frozen=True)
class Tokens:
    """What each colour is for, as "#rrggbb".

    `accent` is for lines, marks and text; `primary` fills what carries text in `on_accent`.
    """

    ground: str
    panel: str
    raised: str
    hover: str
    line: str
    text: str
    quiet: str
    accent: str
    primary: str
    on_accent: str
    selection: str
    path: str
    good: str
    warn: str


DARK = Tokens(
    ground="#16181d",
    panel="#1c1f26",
    raised="#262a33",
    hover="#303541",
    line="#2a2e37",
    text="#d7dae0",
    quiet="#8b93a3",
    accent="#6ea0ff",
    primary="#3d6de0",
    on_accent="#ffffff",
    selection="#2b3a57",
    path="#f7556a",
    good="#9ece6a",
    warn="#e0af68",
)
LIGHT = Tokens(
    ground="#eff1f5",
    panel="#fafbfc",
    raised="#e6e9ef",
    hover="#d9dde6",
    line="#d5d9e1",
    text="#1e222b",
    quiet="#5c6475",
    accent="#2b66dd",
    primary="#2f66dc",
    on_accent="#ffffff",
    selection="#d3e1fd",
    path="#cf2f48",
    good="#427a15",
    warn="#95600a",
)


class ThemeManager(QObject):
    """Holds the theme of the application and says when it changes, so that painters paint anew."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("theme")
        self.tokens = DARK
        self.choice: Choice = "dark"
        app.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)

    def choose(self, choice: Choice) -> None:
        """Follow the system, or stay dark or light whatever the system says."""
        self.choice = choice
        hints = QApplication.styleHints()
        if choice == "system":
            hints.unsetColorScheme()
        else:
            # Title bars and native dialogs follow this one.
            hints.setColorScheme(Qt.ColorScheme.Dark if choice == "dark" else Qt.ColorScheme.Light)
        self._dress()

    @Slot()
    def _on_scheme_changed(self) -> None:
        if self.choice == "system":
            self._dress()

    def _dress(self) -> None:
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        light = self.choice == "light" or (
            self.choice == "system" and app.styleHints().colorScheme() == Qt.ColorScheme.Light
        )
        self.tokens = LIGHT if light else DARK
        app.setPalette(palette(self.tokens))
        if app.styleSheet() != STYLE_SHEET:
            app.setStyleSheet(STYLE_SHEET)
        else:
            _dress_again(app)
        self.changed.emit()


def theme_manager() -> ThemeManager:
    """Return the one manager, a child of the application; there must be a QApplication."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("The theme needs a QApplication.")
    found = app.findChild(ThemeManager, "theme")
    return found if isinstance(found, ThemeManager) else ThemeManager(app)


def tokens() -> Tokens:
    """Return the colours of the theme that is shown now; the dark ones before any is applied."""
    app = QCoreApplication.instance()
    found = app.findChild(ThemeManager, "theme") if app is not None else None
    return found.tokens if isinstance(found, ThemeManager) else DARK


def apply_theme(app: QApplication, choice: Choice) -> None:
    """Dress the whole application; "system" follows the desktop's dark or light from now on."""
    # Under a style sheet the style does not tell its name, and to set it again dresses every widget twice.
    if not app.styleSheet():
        app.setStyle("Fusion")
    app.setFont(text_font())
    theme_manager().choose(choice)


def text_font(pixels: int = TEXT_SIZE) -> QFont:
    """Return the font of the program; its figures are all of one width, so that numbers that change do not dance."""
    font = QFont()
    font.setFamilies(FAMILIES)
    font.setPixelSize(pixels)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def heading_font() -> QFont:
    """Return the font of the small headings above a block."""
    font = text_font(CAPTION_SIZE)
    font.setWeight(QFont.Weight.DemiBold)
    font.setCapitalization(QFont.Capitalization.AllUppercase)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.9)
    return font


def with_alpha(colour: str, alpha: float) -> QColor:
    """Return a token's colour made translucent; alpha 0 to 1."""
    mixed = QColor(colour)
    mixed.setAlphaF(alpha)
    return mixed


_Role = QPalette.ColorRole
ROLES: dict[str, tuple[_Role, ...]] = {
    "ground": (_Role.Shadow, _Role.AlternateBase),
    "panel": (_Role.Window,),
    "raised": (_Role.Button, _Role.Base, _Role.Midlight, _Role.ToolTipBase),
    "hover": (_Role.Light,),
    "line": (_Role.Mid, _Role.Dark),
    "text": (_Role.Text, _Role.WindowText, _Role.ButtonText, _Role.ToolTipText),
    "quiet": (_Role.PlaceholderText,),
    "accent": (_Role.Link,),
    "primary": (_Role.Highlight, _Role.Accent),
    "on_accent": (_Role.BrightText, _Role.HighlightedText),
    "selection": (_Role.LinkVisited,),
}
"""Where the palette keeps each token; the style sheet reads it in the first of its roles."""


def palette(colours: Tokens) -> QPalette:
    """Return the palette: what Fusion paints where the style sheet is silent, and what the style sheet asks for."""
    made = QPalette()
    for token, roles in ROLES.items():
        for role in roles:
            made.setColor(role, QColor(getattr(colours, token)))
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText, _Role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, role, with_alpha(colours.quiet, 0.6))
    return made


def _dress_again(app: QApplication) -> None:
    """Let every widget look up its colours anew: a style sheet holds on to those of the palette it was first read with.

    To set the style sheet again does that too, and lays out every widget besides: ten times the work.
    """
    style = app.style()
    for widget in app.allWidgets():
        style.polish(widget)


def _written_out(sheet: str) -> str:
    """Return a style sheet with its `$token` as the palette's role of it, and `$radius`, `$caption` in pixels."""
    sheet = sheet.replace("$radius", f"{RADIUS}px").replace("$caption", f"{CAPTION_SIZE}px")
    return re.sub(r"\$(\w+)", lambda found: f"palette({_css_name(ROLES[found[1]][0])})", sheet)


def _css_name(role: QPalette.ColorRole) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", role.name).lower()


STYLE_SHEET = _written_out("""
QMainWindow, QStatusBar { background: $ground; }
QStatusBar { border-top: 1px solid $line; color: $quiet; }
QStatusBar::item { border: none; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 6px; }

QLabel[role="caption"] { color: $quiet; font-size: $caption; }
QLabel[role="heading"] {
    color: $quiet; font-size: $caption; font-weight: 600; text-transform: uppercase; letter-spacing: 0.9px;
}
QLabel[role="figure"] { color: $text; }

QPushButton, QToolButton, QComboBox {
    background: $raised; color: $text; border: 1px solid transparent; border-radius: $radius; padding: 5px 11px;
}
QToolButton { padding: 4px 8px; }
QPushButton:hover, QToolButton:hover, QComboBox:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked { background: $selection; }
QPushButton:focus, QToolButton:focus, QComboBox:focus { border-color: $accent; }
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled {
    color: $quiet; background: $panel; border-color: $line;
}
QPushButton[primary="true"] { background: $primary; color: $on_accent; }
QPushButton[primary="true"]:hover { background: $accent; color: $ground; }
QPushButton[primary="true"]:focus { border-color: $text; }
QPushButton[primary="true"]:disabled { background: $raised; color: $quiet; }
QPushButton[small="true"] { padding: 3px 8px; font-size: $caption; }
QPushButton[flat="true"], QToolButton[autoRaise="true"] { background: transparent; }
QPushButton[flat="true"] { color: $accent; padding: 3px 4px; }
QPushButton[flat="true"]:hover { color: $text; }
QToolButton[autoRaise="true"]:hover { background: $hover; }
QToolButton::menu-indicator, QPushButton::menu-indicator { subcontrol-position: right center; right: 6px; }
QPushButton[hasMenu="true"], QToolButton[popupMode="2"] { padding-right: 20px; }
QToolButton[popupMode="1"] { padding-right: 22px; }

/* It draws its own arrow. */
CalmCombo::drop-down { border: none; background: transparent; width: 20px; }
CalmCombo::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; padding: 4px; outline: none; }

QLineEdit, QSpinBox, QDoubleSpinBox, QPlainTextEdit, QTextEdit {
    background: $raised; color: $text; border: 1px solid transparent; border-radius: $radius; padding: 5px 8px;
    selection-background-color: $primary; selection-color: $on_accent;
}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled { color: $quiet; }
QSpinBox, QDoubleSpinBox { padding: 3px 6px; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
    width: 0px; border: none;
}

QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab {
    background: transparent; color: $quiet; padding: 10px 2px 9px 2px; margin: 0 9px;
    border-bottom: 2px solid transparent;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $accent; }

QDockWidget {
    color: $quiet; font-size: $caption; font-weight: 600; text-transform: uppercase; letter-spacing: 0.9px;
}
QDockWidget::title { background: $panel; padding: 10px 16px 6px 16px; text-align: left; }
QMainWindow::separator, QSplitter::handle { background: $line; }
QMainWindow::separator { width: 1px; height: 1px; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QMainWindow::separator:hover, QSplitter::handle:hover { background: $accent; }
QScrollArea { border: none; background: transparent; }
QFrame[role="chip"] { background: $raised; border-radius: $radius; }
QToolBar { background: $ground; border: none; border-bottom: 1px solid $line; padding: 6px 16px; spacing: 8px; }
QFrame[frameShape="4"] { color: $line; }

QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $hover; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QAbstractScrollArea::corner { background: transparent; border: none; }
QTreeView, QListView, QTableView { background: transparent; border: none; outline: none; }
QTreeView::item, QListView::item { padding: 3px 4px; border-radius: 4px; color: $text; }
QTreeView::item:hover, QListView::item:hover { background: $raised; }
QTreeView::item:selected, QListView::item:selected { background: $selection; color: $text; }
QTreeView { show-decoration-selected: 1; }
QTreeView::item { border-radius: 0; }
QHeaderView::section { background: transparent; color: $quiet; border: none; padding: 4px; font-size: $caption; }

QMenuBar { background: $ground; color: $text; }
QMenuBar::item { padding: 4px 8px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $raised; color: $text; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $quiet; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QProgressBar {
    background: $raised; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; color: transparent;
}
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSlider { min-height: 18px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $raised; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $hover; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; background: $accent; }
QSlider::handle:horizontal:hover { background: $primary; }
QSlider::handle:horizontal:focus { background: $primary; }
QSlider::handle:horizontal:disabled { background: $quiet; }
QCheckBox, QRadioButton { color: $text; spacing: 8px; }
QCheckBox:disabled, QRadioButton:disabled { color: $quiet; }
""")
