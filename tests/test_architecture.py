"""The rules of the house, read off the source. Each rule is a function from source text to the lines that break it."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

Rule = Callable[[str, str], list[str]]

ROOT = Path(__file__).resolve().parents[1]
QT = {"PySide6", "PySide2", "PyQt6", "PyQt5", "shiboken6", "qtpy", "pyqtgraph"}
HEAVY = ("torch", "torchvision", "scipy", "sklearn", "umap", "captum")
GUI_MAY_ASK = {"backend.jobs", "backend.worker", "backend.errors"}
SHARED = {"widgets", "charts", "units"}
"""Folders of gui that rooms may import."""
OPENS_THE_WINDOW = {"gui/app.py"}
LONGEST_FILE = 350
MOST_FILES = 30
LONGEST_FUNCTION = 40

# What may be longer, as "gui/file.py" or "gui/file.py:function". Each entry needs a comment that says why.
ALLOWED_TO_BE_LONG: frozenset[str] = frozenset()

# Circles that are still to be opened.
NOT_YET_OPENED = {
    "gui.categories.dendrogram and gui.categories.dendrogram_paint import each other",
}

# CIFAR's batches are pickles: read by an Unpickler whose find_class admits a short list of names.
MAY_UNPICKLE = frozenset({"backend/analysis/images/cifar.py"})


def sources(*places: str) -> Iterator[tuple[str, str]]:
    """Yield (path from the root, text) of each Python file."""
    for place in places:
        for path in sorted((ROOT / place).rglob("*.py")) or [ROOT / place]:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def imports(source: str, package: str = "") -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of everything imported anywhere in `source`, also inside functions.

    `from a import b` gives a.b. `package` is the dotted folder of the file, for relative imports.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and called(node.func) in ("import_module", "__import__"):
            names = (part.value for part in node.args[:1] if isinstance(part, ast.Constant))
            yield from ((node.lineno, name) for name in names if isinstance(name, str))


def called(function: ast.expr) -> str:
    """Return the last part of what is called: `load` for torch.load."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_or_in(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def package_of(path: str) -> str:
    return path.rpartition("/")[0].replace("/", ".")


# Rule 1: Qt in the backend


def qt_in_backend(path: str, source: str) -> list[str]:
    """Find Qt outside backend/worker.py, and in there anything but QtCore."""
    found = [(line, name) for line, name in imports(source, package_of(path)) if name.split(".")[0] in QT]
    if path == "backend/worker.py":
        found = [(line, name) for line, name in found if not is_or_in(name, "PySide6.QtCore")]
    return [f"{path}:{line} imports {name}" for line, name in found]


def test_that_of_the_backend_only_the_worker_imports_qt() -> None:
    assert not broken(qt_in_backend, "backend")


# Rule 2: nothing heavy before the window

IMPORT_AND_TELL = """
import importlib, json, sys
heavy, guilty = json.loads(sys.argv[1]), {}
for name in sys.argv[2:]:
    importlib.import_module(name)
    for module in heavy:
        if module in sys.modules:
            guilty.setdefault(module, name)
print(json.dumps(guilty))
"""


def heavy_at_import(modules: list[str], folder: Path = ROOT) -> dict[str, str]:
    """Import `modules` in a fresh interpreter; for each heavy one that comes along, return the one that brought it."""
    command = [sys.executable, "-c", IMPORT_AND_TELL, json.dumps(HEAVY), *modules]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    answer = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    guilty: dict[str, str] = json.loads(answer.stdout)
    return guilty


def test_that_a_heavy_import_is_noticed_and_a_late_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "drawer.py").write_text("import scipy")
    (tmp_path / "room.py").write_text("import drawer")
    (tmp_path / "late.py").write_text("def f():\n    import scipy")
    assert heavy_at_import(["late", "room"], folder=tmp_path) == {"scipy": "room"}
    assert heavy_at_import(["late"], folder=tmp_path) == {}


def test_that_the_window_is_there_before_torch() -> None:
    modules = [path.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path, _ in sources("gui")]
    assert heavy_at_import(["main", *modules]) == {}


# Rule 3: who may ask whom


def crossing(path: str, source: str) -> list[str]:
    """Find imports of gui in backend, and in gui what is neither jobs, worker nor errors of backend."""
    found = list(imports(source, package_of(path)))
    if path.startswith("backend/"):
        found = [(line, name) for line, name in found if is_or_in(name, "gui") or is_or_in(name, "main")]
    else:
        found = [
            (line, name)
            for line, name in found
            if is_or_in(name, "backend") and not any(is_or_in(name, module) for module in GUI_MAY_ASK)
        ]
    return [f"{path}:{line} imports {name}" for line, name in found]


def test_that_gui_asks_through_jobs_worker_and_errors_only() -> None:
    assert not broken(crossing, "gui", "backend", "main.py")


# Rule 6: who may enter which room


def in_a_room(path: str) -> str:
    """Return the folder of gui that a path or dotted name lies in; "" for what lies at its root, or elsewhere."""
    parts = path.removesuffix(".py").replace("/", ".").split(".")
    return parts[1] if parts[0] == "gui" and len(parts) > 1 and (ROOT / "gui" / parts[1]).is_dir() else ""


def trespassing(path: str, source: str) -> list[str]:
    """Find a room that imports another, and what several rooms share that imports a room."""
    here, found = in_a_room(path), []
    for line, name in imports(source, package_of(path)):
        there = in_a_room(name)
        if there in ("", here):
            continue
        to_shared = there in SHARED and not (here in ("widgets", "charts") and there == "units")
        if not to_shared and here != "window" and path not in OPENS_THE_WINDOW:
            found.append(f"{path}:{line} imports {name}")
    return found


def test_that_a_room_imports_no_other() -> None:
    assert not broken(trespassing, "gui")


# Rule 4: hooks in one place


def hooks(path: str, source: str) -> list[str]:
    """Find every mention of a register_..._hook outside capture.py."""
    if path == "backend/analysis/capture.py":
        return []
    found = [
        (node.lineno, node.attr if isinstance(node, ast.Attribute) else node.id)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute | ast.Name)
    ]
    return [f"{path}:{line} {name}" for line, name in found if re.fullmatch(r"_?register_(\w+_)?hook", name)]


def test_that_only_capture_registers_hooks() -> None:
    assert not broken(hooks, "gui", "backend")


# Rule 7: short files, short functions, small folders, no circles


def too_long(path: str, source: str) -> list[str]:
    """Find a file of too many lines and functions of too many; signature and docstring do not count."""
    lines = len(source.splitlines())
    found = {path: lines} if lines > LONGEST_FILE else {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if length > LONGEST_FUNCTION:
                found[f"{path}:{node.name}"] = length
    return [f"{name} has {length} lines" for name, length in found.items() if name not in ALLOWED_TO_BE_LONG]


def full_folders(files: Iterable[str]) -> list[str]:
    """Find folders with more than `MOST_FILES` files of code."""
    counts = Counter(file.rpartition("/")[0] for file in files if not file.endswith("__init__.py"))
    return [f"{folder} holds {count} files" for folder, count in counts.items() if count > MOST_FILES]


def test_that_no_folder_is_a_drawer() -> None:
    assert full_folders([f"gui/a{count}.py" for count in range(MOST_FILES + 1)])
    assert not full_folders([f"gui/a{count}.py" for count in range(MOST_FILES)])
    assert not full_folders(path for path, _ in sources("gui", "backend"))


def circles(files: dict[str, str]) -> list[str]:
    """Find pairs of files that import each other, also for types alone; `files` maps paths to sources."""
    names = {path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): path for path in files}
    asks = {
        name: {
            other
            for _, found in imports(files[path], package_of(path))
            for other in (found, found.rpartition(".")[0])
            if other in names and other != name
        }
        for name, path in names.items()
    }
    pairs = [(one, other) for one in asks for other in asks[one] if one < other and one in asks[other]]
    return sorted(f"{one} and {other} import each other" for one, other in pairs)


def test_that_no_two_files_import_each_other() -> None:
    there_and_back = {"gui/a.py": "from gui.b import B", "gui/b.py": "if TYPE_CHECKING:\n    from gui import a"}
    assert circles(there_and_back)
    assert not circles({"gui/a.py": "from gui.b import B", "gui/b.py": "from gui.c import C", "gui/c.py": ""})
    assert set(circles(dict(sources("gui", "backend")))) <= NOT_YET_OPENED


def function_of(lines: int) -> str:
    return 'def f(\n    a: int,\n) -> None:\n    """Say.\n\n    More.\n    """\n' + "    a = 1\n" * lines


def test_that_files_and_functions_are_short() -> None:
    assert not broken(too_long, "gui", "backend")


# No pickle that runs code

UNPICKLERS = {
    f"{module}.{name}" for module in ("pickle", "_pickle", "cloudpickle", "dill") for name in ("load", "loads")
}
UNPICKLERS |= {"pickle.Unpickler", "_pickle.Unpickler", "joblib.load", "shelve.open"}
# torchvision's weights enums hand their keywords on to the same loader, which unpickles as code unless told not to.
NEED_WEIGHTS_ONLY = {"torch.load", "load_state_dict_from_url", "get_state_dict"}


def unpickling(path: str, source: str) -> list[str]:
    """Find what could run a stranger's code: pickle, torch.load without weights_only=True, allow_pickle=True."""
    tree = ast.parse(source)
    names = local_names(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not restricted(path, node):
            bases = {full_name(base, names) for base in node.bases}
            found += [(node.lineno, f"{base} as a base") for base in bases & UNPICKLERS]
        elif isinstance(node, ast.Call):
            name, truths = full_name(node.func, names), truth_keywords(node)
            if name in UNPICKLERS or "allow_pickle" in truths:
                found.append((node.lineno, f"{name}()"))
            elif NEED_WEIGHTS_ONLY & {name, name.rpartition(".")[2]} and "weights_only" not in truths:
                found.append((node.lineno, f"{name}() without weights_only=True"))
    return [f"{path}:{line} {name}" for line, name in found]


def restricted(path: str, node: ast.ClassDef) -> bool:
    """Say whether this Unpickler is one that may be, and chooses what it finds."""
    chooses = any(isinstance(part, ast.FunctionDef) and part.name == "find_class" for part in node.body)
    return path in MAY_UNPICKLE and chooses


def local_names(tree: ast.AST) -> dict[str, str]:
    """Map each name that an import binds to what it stands for: t to torch after `import torch as t`."""
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            bound |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return bound


def full_name(expression: ast.expr, names: dict[str, str]) -> str:
    """Return the dotted name of an expression with its imports followed; `?` stands for what is no name."""
    if isinstance(expression, ast.Attribute):
        return f"{full_name(expression.value, names)}.{expression.attr}"
    return names.get(expression.id, expression.id) if isinstance(expression, ast.Name) else "?"


def truth_keywords(call: ast.Call) -> set[str]:
    """Return the keywords given as the constant True."""
    return {
        word.arg
        for word in call.keywords
        if word.arg and isinstance(word.value, ast.Constant) and word.value.value is True
    }


def test_that_only_an_unpickler_that_chooses_is_admitted_and_only_in_its_place() -> None:
    chooses = "import pickle\nclass Careful(pickle.Unpickler):\n    def find_class(self, module, name):\n        ..."
    (place,) = MAY_UNPICKLE
    assert not unpickling(place, chooses)
    assert unpickling("backend/store.py", chooses)
    assert unpickling(place, chooses.replace("find_class", "find"))


def test_that_nothing_in_the_backend_unpickles_code() -> None:
    assert not broken(unpickling, "backend", "gui")


# Rule 5: what travels across the thread border is frozen


def melted(path: str, source: str) -> list[str]:
    """Find dataclasses that are not frozen."""
    return [
        f"{path}:{node.lineno} {node.name} is not frozen"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        for mark in node.decorator_list
        if called(mark.func if isinstance(mark, ast.Call) else mark) == "dataclass"
        and not (isinstance(mark, ast.Call) and "frozen" in truth_keywords(mark))
    ]


def test_that_jobs_errors_and_events_are_frozen() -> None:
    goods = ("backend/jobs/", "backend/errors.py", "backend/analysis/events.py")
    assert not [line for path, source in sources("backend") if path.startswith(goods) for line in melted(path, source)]


# Each rule on a line that breaks it and on one beside it that does not: a rule that cannot fail guards nothing.
CASES = [
    (qt_in_backend, "backend/analysis/scan.py", "import PySide6.QtCore", True),
    (qt_in_backend, "backend/analysis/scan.py", "def f():\n    from PySide6 import QtGui", True),
    (qt_in_backend, "backend/engine.py", "import importlib\nimportlib.import_module('pyqtgraph')", True),
    (qt_in_backend, "backend/worker.py", "from PySide6 import QtCore, QtWidgets", True),
    (qt_in_backend, "backend/worker.py", "from PySide6.QtCore import QThread", False),
    (qt_in_backend, "backend/analysis/scan.py", "import torch", False),
    (crossing, "gui/categories/panel.py", "from backend.analysis import cards", True),
    (crossing, "gui/categories/panel.py", "from backend import engine", True),
    (crossing, "gui/categories/panel.py", "import backend", True),
    (crossing, "gui/categories/panel.py", "from backend import jobs\nfrom backend.worker import Worker", False),
    (crossing, "gui/categories/panel.py", "from .. import session", False),
    (crossing, "backend/jobs/canvas.py", "import gui.session", True),
    (crossing, "backend/jobs/canvas.py", "from backend.analysis import cards\nimport guidebook", False),
    (trespassing, "gui/histogram/panel.py", "from gui.canvas.live_curve import LiveCurve", True),
    (trespassing, "gui/histogram/panel.py", "def f():\n    from gui.canvas import live_curve", True),
    (trespassing, "gui/histogram/panel.py", "from gui.window.menus import Menus", True),
    (trespassing, "gui/widgets/toggle.py", "from gui.units.unit_scores import UnitScores", True),
    (trespassing, "gui/units/label_keeper.py", "from gui.histogram import panel", True),
    (trespassing, "gui/session.py", "from gui.canvas.run import Run", True),
    (trespassing, "gui/histogram/panel.py", "from gui.histogram.scan_offer import ScanOffer", False),
    (trespassing, "gui/histogram/panel.py", "from gui.widgets.toggle import Toggle\nfrom gui import text", False),
    (trespassing, "gui/units/label_keys.py", "from gui.widgets import toggle\nfrom gui.session import Session", False),
    (trespassing, "gui/window/main_window.py", "from gui.canvas.panel import PANEL", False),
    (hooks, "backend/analysis/attribution.py", "layer.register_forward_hook(f)", True),
    (hooks, "backend/analysis/attribution.py", "add = layer.register_full_backward_pre_hook", True),
    (hooks, "backend/analysis/attribution.py", "tensor.register_hook(print)", True),
    (hooks, "backend/analysis/capture.py", "layer.register_forward_hook(f)", False),
    (hooks, "backend/analysis/attribution.py", "layer.register_buffer('x', None)", False),
    (too_long, "gui/a.py", function_of(LONGEST_FUNCTION + 1), True),
    (too_long, "gui/a.py", function_of(LONGEST_FUNCTION), False),
    (too_long, "gui/a.py", function_of(0), False),
    (too_long, "gui/a.py", "a = 1\n" * (LONGEST_FILE + 1), True),
    (too_long, "gui/a.py", "a = 1\n" * LONGEST_FILE, False),
    (unpickling, "backend/a.py", "import pickle\npickle.load(file)", True),
    (unpickling, "backend/a.py", "from pickle import loads as read\nread(file)", True),
    (unpickling, "backend/a.py", "import pickle\npickle.Unpickler(file).load()", True),
    (unpickling, "backend/a.py", "import pickle\nclass Free(pickle.Unpickler):\n    pass", True),
    (unpickling, "backend/a.py", "import torch\ntorch.load(path)", True),
    (unpickling, "backend/a.py", "import torch as t\nt.load(path, weights_only=False)", True),
    (unpickling, "backend/a.py", "from torch import load\nload(path, weights_only=safe)", True),
    (unpickling, "backend/a.py", "import numpy\nnumpy.load(path, allow_pickle=True)", True),
    (unpickling, "backend/a.py", "weights.get_state_dict(progress=True)", True),
    (unpickling, "backend/a.py", "weights.get_state_dict(progress=True, weights_only=True)", False),
    (unpickling, "backend/a.py", "import torch\ntorch.load(path, weights_only=True)", False),
    (unpickling, "backend/a.py", "import json\njson.load(file)", False),
    (unpickling, "backend/a.py", "class Plain(Base):\n    pass", False),
    (melted, "backend/jobs/canvas.py", "@dataclass\nclass Job: ...", True),
    (melted, "backend/jobs/canvas.py", "@dataclasses.dataclass(slots=True)\nclass Job: ...", True),
    (melted, "backend/jobs/canvas.py", "@dataclass(frozen=True)\nclass Job: ...", False),
    (melted, "backend/jobs/canvas.py", "class Panel: ...", False),
]


@pytest.mark.parametrize(("rule", "path", "source", "breaks"), CASES)
def test_that_a_rule_tells_right_from_wrong(rule: Rule, path: str, source: str, breaks: bool) -> None:
    assert bool(rule(path, source)) == breaks


def broken(rule: Rule, *places: str) -> list[str]:
    """Apply a rule to every file of `places`."""
    return [line for path, source in sources(*places) for line in rule(path, source)]
