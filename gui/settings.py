"""What is remembered between starts: one JSON file. A bad key costs that key and never the start."""

from __future__ import annotations

import base64
import binascii
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from backend.errors import UserError, describe
from backend.jobs import MaximizationSettings

Theme = Literal["system", "dark", "light"]


@dataclass(frozen=True)
class Remembered:
    """What comes back at the next start.

    Attributes
    ----------
    theme : {"system", "dark", "light"}
    network, dataset : str
        Sources, as the jobs that open them take them; empty for none.
    unit : str
        Address of the unit that was looked at.
    recent_networks, recent_datasets : tuple of str
        Sources, newest first.
    data_folder : str
        Where data sets are downloaded to and looked for; empty for the default.
    device : str
        "cuda", "mps", "cpu", or empty for the best there is.
    geometry, layout : str
        Qt's window geometry and dock state in base64.
    run : dict
        Objective (rows of weight and address) and start of the canvas, as JSON.
    canvas : dict
        Settings of the optimisation canvas, as `MaximizationSettings.to_json` gives them; empty for the preset.
    folded : tuple of str
        Titles of the sections that are folded.
    smooth : bool
        Whether pictures are drawn smooth rather than pixelated.
    panels : dict
        What each panel wants to find again, by its class name.
    scan_at_once : bool
        Whether small data sets are scanned without asking.
    """

    theme: Theme = "system"
    network: str = ""
    unit: str = ""
    recent_networks: tuple[str, ...] = ()
    dataset: str = ""
    recent_datasets: tuple[str, ...] = ()
    data_folder: str = ""
    device: str = ""
    geometry: str = ""
    layout: str = ""
    run: dict[str, Any] = field(default_factory=dict)
    canvas: dict[str, Any] = field(default_factory=dict)
    folded: tuple[str, ...] = ()
    panels: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True
    scan_at_once: bool = True

    def canvas_settings(self) -> MaximizationSettings | None:
        """Give the canvas's settings; None where none were remembered."""
        return MaximizationSettings.from_json(self.canvas) if self.canvas else None


def settings_path() -> Path:
    """Where the settings lie: `$FILTERSCOPE_HOME`, or the system's folder for settings."""
    home = os.environ.get("FILTERSCOPE_HOME")
    folder = Path(home) if home else platformdirs.user_config_path("filterscope", appauthor=False)
    return folder / "settings.json"


def load(path: Path | None = None) -> tuple[Remembered, list[str]]:
    """Read the settings; what cannot be used keeps its default.

    Returns
    -------
    remembered : Remembered
    sentences : list of str
        What was wrong, for the user to read; empty where all is well or there is no file yet. Where something was
        wrong, the file as it was is kept beside it as `settings.json.bad`.
    """
    path = path or settings_path()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Remembered(), []
    except OSError as error:
        return Remembered(), [f"The settings could not be read, so the defaults are used. {describe(error).happened}"]
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        kept = _keep_aside(path)
        return Remembered(), [f"The settings file was unreadable, so the defaults are used.{kept}"]
    remembered, sentences = _from_json(content)
    if sentences:
        sentences[-1] += _keep_aside(path)
    return remembered, sentences


def save(remembered: Remembered, path: Path | None = None) -> str | None:
    """Write the settings at once or not at all; return a sentence where the system does not allow it."""
    path = path or settings_path()
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=".settings-", delete=False, encoding="utf-8"
        ) as file:
            temporary = Path(file.name)
            json.dump(asdict(remembered), file, indent=2)
        temporary.replace(path)
    except OSError as error:
        return f"The settings could not be saved. {describe(error).happened}"
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    return None


def _from_json(content: Mapping[str, Any]) -> tuple[Remembered, list[str]]:
    """Take every key that can be used; say a sentence about every other."""
    known = {each.name for each in fields(Remembered)}
    remembered, sentences = Remembered(), []
    for key, value in content.items():
        if key not in known:
            sentences.append(f"The settings hold “{_short(key)}”, which this version does not know; it is ignored.")
            continue
        try:
            remembered = replace(remembered, **{key: _checked(key, value, getattr(remembered, key))})
        except ValueError as error:
            sentences.append(f"The setting “{key}” is back to its default: {error}.")
    return remembered, sentences


def _checked(key: str, value: Any, default: Any) -> Any:
    """Return `value` as the type of `default`; `ValueError` says what is wrong with it."""
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise ValueError(f"{_short(value)} is no list of texts")
        return tuple(value)
    if type(value) is not type(default):
        raise ValueError(f"{_short(value)} is not like {json.dumps(default)}")
    if key == "theme" and value not in get_args(Theme):
        raise ValueError(f"there is no theme {_short(value)}")
    if key in ("geometry", "layout"):
        _check_base64(value)
    if key == "canvas":
        try:
            MaximizationSettings.from_json(value)
        except UserError as error:
            raise ValueError(error.report.happened.rstrip(".")) from error
    return value


def _check_base64(text: str) -> None:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error


def _keep_aside(path: Path) -> str:
    """Copy the file to where nothing overwrites it; return a sentence, or nothing where that failed."""
    aside = path.with_name(path.name + ".bad")
    try:
        shutil.copyfile(path, aside)
    except OSError:
        return ""
    return f" The file as it was is kept as {aside.name}."


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else text[:39] + "…"
