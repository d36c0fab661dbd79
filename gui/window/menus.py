"""Every action of the window: in the menu, behind the buttons of the top bar, and in search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QDockWidget, QFileDialog, QInputDialog, QMainWindow, QMenu

from backend.errors import UserError
from backend.jobs import shipped_card_path, shipped_networks
from gui.actions import make_action
from gui.settings import Theme
from gui.text import DATASET_NAMES, source_name
from gui.theme import apply_theme
from gui.units.label_keeper import LabelKeeper
from gui.window.key_list import KeyList
from gui.window.opening import Opening
from gui.window.room_frame import RoomFrame
from gui.window.system_menu import add_to_system_menu, remove_from_system_menu
from gui.window.top_bar import TopBar

THEMES: tuple[tuple[str, Theme], ...] = (("System", "system"), ("Dark", "dark"), ("Light", "light"))
NETWORKS = "Networks (*.json *.safetensors *.pt *.pth)"
POPULAR = ("resnet18", "resnet50", "vgg16", "alexnet", "googlenet", "densenet121", "mobilenet_v2", "efficientnet_b0")
ARCHITECTURES = ("resnet18-cifar", "vgg16-bn-cifar", *(f"torchvision/{name}" for name in POPULAR))


class Menus:
    """Builds the actions of `window` and fills its menus.

    Attributes
    ----------
    actions : list of QAction
        All that search finds.
    """

    def __init__(
        self, window: QMainWindow, opening: Opening, frames: Sequence[RoomFrame], labels: LabelKeeper, theme: Theme
    ) -> None:
        self._window, self._opening, self.theme = window, opening, theme
        self._session = opening.session
        self.actions: list[QAction] = []
        self._rooms = {frame.room.title: self._room_actions(frame) for frame in frames}
        self._label_actions = labels.menu_actions()
        self._file = [
            self._action("Open network…", "Ctrl+O", self.choose_network),
            self._action("Open weights as a named architecture…", "", self.choose_architecture),
            self._action("Open network of torchvision…", "", self.choose_torchvision),
            self._action("Open images of a folder…", "Ctrl+Shift+D", self.choose_folder),
            self._action("Choose the data folder…", "", self.choose_data_folder),
            self._action(
                "Add to the system's menu", "", self.add_to_system_menu, words="install shortcut desktop icon"
            ),
            self._action("Remove from the system's menu", "", self.remove_from_system_menu, words="uninstall"),
        ]
        self.undo = self._session.undo_stack.createUndoAction(window, "Undo")
        self.undo.setShortcut(QKeySequence.StandardKey.Undo)
        self.redo = self._session.undo_stack.createRedoAction(window, "Redo")
        self.redo.setShortcut(QKeySequence.StandardKey.Redo)
        self._help = [
            self._action("Find a unit, class or action", "Ctrl+K", self.focus_search),
            self._action("Keyboard", "?", self.show_keys),
            self._action("Quit", "Ctrl+Q", window.close),
        ]
        self._themes = [
            self._action(f"{name} theme", "", partial(self.choose_theme, choice)) for name, choice in THEMES
        ]
        self._sizes = self._view_actions()
        self.actions += [*self._label_actions, self.undo, self.redo]
        for action in self.actions:
            window.addAction(action)

    def fill(self, bar: TopBar, docks: Sequence[QDockWidget]) -> None:
        """Put the actions where they belong; called once the top bar is there."""
        bar.export_menu.addActions([action for _, exports in self._rooms.values() for action in exports])
        for title, actions in (
            ("File", self._file),
            ("Edit", [self.undo, self.redo]),
            *((title, [*commands, *exports]) for title, (commands, exports) in self._rooms.items()),
            ("Labels", self._label_actions),
            ("View", [*(dock.toggleViewAction() for dock in docks), *self._sizes, *self._themes]),
        ):
            bar.main_menu.addMenu(title).addActions(actions)
        bar.main_menu.addSeparator()
        bar.main_menu.addActions(self._help)
        self._search = bar.search
        self._network_menu, self._dataset_menu = bar.network_menu, bar.dataset_menu
        bar.network_menu.aboutToShow.connect(self._fill_networks)
        bar.dataset_menu.aboutToShow.connect(self._fill_datasets)

    def _room_actions(self, frame: RoomFrame) -> tuple[list[QAction], list[QAction]]:
        """Make the actions of a room: those that do something in it, and those that write a file."""
        commands: list[QAction] = []
        exports: list[QAction] = []
        for command in frame.room.commands:
            action = self._action(command.text, command.shortcut, partial(frame.run, command), words=command.words)
            (exports if command.export else commands).append(action)
        return commands, exports

    # --- actions -----------------------------------------------------------------------------------------------

    def choose_network(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "Open a network", "", NETWORKS)
        if path:
            self._opening.open_network(path)

    def choose_architecture(self) -> None:
        """Open weights whose architecture was guessed wrongly, or not at all."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open weights", "", NETWORKS)
        if not path:
            return
        name, chosen = QInputDialog.getItem(
            self._window, "Architecture", "What these weights were trained as:", ARCHITECTURES, 0, True
        )
        if chosen and name:
            self._opening.open_network(path, name.strip())

    def choose_data_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Choose the data folder", self._opening.data_folder)
        if path:
            self._opening.set_data_folder(path)

    def choose_torchvision(self) -> None:
        name, chosen = QInputDialog.getItem(
            self._window, "Network of torchvision", "Name; its published weights are downloaded once:", POPULAR, 0, True
        )
        if chosen and name:
            self._opening.open_network(f"torchvision/{name.removeprefix('torchvision/')}")

    def choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Open a folder of pictures")
        if path:
            self._opening.open_dataset(path)

    def add_to_system_menu(self) -> None:
        try:
            place = add_to_system_menu()
        except (UserError, OSError) as error:
            self._session.events.notice.emit(f"Filterscope could not be added to the system's menu: {error}")
        else:
            self._session.events.notice.emit(f"Filterscope is in the system's menu now ({place}).")

    def remove_from_system_menu(self) -> None:
        try:
            removed = remove_from_system_menu()
        except OSError as error:
            self._session.events.notice.emit(f"Filterscope could not be taken out of the system's menu: {error}")
        else:
            said = "Filterscope is no longer in the system's menu." if removed else "It was not in the system's menu."
            self._session.events.notice.emit(said)

    def focus_search(self) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def choose_theme(self, choice: Theme) -> None:
        self.theme = choice
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, choice)

    def show_keys(self) -> None:
        KeyList([action for action in self.actions if not action.shortcut().isEmpty()], self._window).show()

    # --- menus -------------------------------------------------------------------------------------------------

    def _fill_networks(self) -> None:
        menu = self._network_menu
        menu.clear()
        card = self._session.facts.card
        opened = card.source if card else ""
        for name in shipped_networks():
            path = str(shipped_card_path(name))
            self._entry(menu, name, partial(self._opening.open_network, path), current=path == opened)
        shipped = {str(shipped_card_path(name)) for name in shipped_networks()}
        recent = [source for source in self._opening.recent_networks if source not in shipped]
        self._recent(menu, recent, self._opening.open_network, opened)
        menu.addSeparator()
        menu.addActions(self._file[:3])

    def _fill_datasets(self) -> None:
        menu = self._dataset_menu
        menu.clear()
        dataset = self._session.facts.dataset
        opened = dataset.source if dataset else ""
        for source, title in DATASET_NAMES.items():
            self._entry(menu, title, partial(self._opening.open_dataset, source), current=source == opened)
        recent = [source for source in self._opening.recent_datasets if source not in DATASET_NAMES]
        self._recent(menu, recent, self._opening.open_dataset, opened)
        menu.addSeparator()
        menu.addActions(self._file[3:5])
        for title, name in (("Download CIFAR-10 (170 MB)", "cifar10"), ("Download CIFAR-100 (169 MB)", "cifar100")):
            self._entry(menu, title, partial(self._opening.download, name))

    def _recent(self, menu: QMenu, sources: list[str], open_source: Callable[[str], object], opened: str) -> None:
        if sources:
            menu.addSection("Recent")
        for source in sources:
            self._entry(menu, source_name(source), partial(open_source, source), current=source == opened)

    def _view_actions(self) -> list[QAction]:
        smooth = self._action("Smooth or pixelated pictures", "Ctrl+P", self._toggle_smooth)
        return [smooth, self._action("Full screen", "F11", self._toggle_full_screen)]

    def _toggle_smooth(self) -> None:
        self._session.preferences.set_smooth(not self._session.preferences.smooth)

    def _toggle_full_screen(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()

    def _entry(self, menu: QMenu, text: str, slot: Callable[[], object], *, current: bool = False) -> None:
        action = make_action(menu, text, "", slot)
        action.setCheckable(current)
        action.setChecked(current)
        menu.addAction(action)

    def _action(self, text: str, shortcut: str, slot: Callable[[], object], *, words: str = "") -> QAction:
        action = make_action(self._window, text, shortcut, slot, words=words)
        self.actions.append(action)
        return action
