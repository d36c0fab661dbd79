"""Puts Filterscope into the system's menu, so that a double click starts it, and takes it out again."""

from __future__ import annotations

import base64
import os
import plistlib
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from backend.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
ICONS = ROOT / "resources" / "icons"
COMMENT = "See what the filters of a convolutional network look for"


def add_to_system_menu(platform: str = sys.platform) -> Path:
    """Write the entry for this installation and return where it lies; an older one is replaced.

    Raises
    ------
    UserError
        Where the system does not let the entry be written.
    """
    place = entry_path(platform)
    try:
        if platform == "win32":
            _write_shortcut(place, launch_command(platform))
        elif platform == "darwin":
            _write_bundle(place, macos_bundle(launch_command(platform), (ICONS / "filterscope.png").read_bytes()))
        else:
            for icon, target in _hicolor_icons().items():
                _write_file(target, icon.read_bytes())
            _write_file(place, desktop_entry(launch_command(platform), "filterscope").encode())
    except (OSError, subprocess.SubprocessError) as error:
        raise UserError(
            "The menu entry was not written",
            f"{place}: {_reason(error)}.",
            "Check that this folder can be written to, and try again.",
        ) from error
    return place


def remove_from_system_menu(platform: str = sys.platform) -> bool:
    """Delete what `add_to_system_menu` wrote; say whether there was an entry."""
    place = entry_path(platform)
    found = place.exists()
    try:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        if platform not in ("win32", "darwin"):
            for target in _hicolor_icons().values():
                target.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            "The menu entry was not removed", f"{place}: {_reason(error)}.", "Delete it by hand."
        ) from error
    return found


def entry_path(platform: str = sys.platform) -> Path:
    """Where the entry of this user lies, written or not."""
    if platform == "win32":
        roaming = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
        return roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Filterscope.lnk"
    if platform == "darwin":
        return Path.home() / "Applications" / "Filterscope.app"
    return _data_home() / "applications" / "filterscope.desktop"


def launch_command(platform: str = sys.platform) -> list[str]:
    """What starts this very installation: its `filterscope` script, or its interpreter with main.py."""
    # Not resolved: in a virtual environment the interpreter is a link, and its place is what counts.
    interpreter = Path(sys.executable).absolute()
    script = interpreter.with_name("filterscope.exe" if platform == "win32" else "filterscope")
    if script.is_file():
        return [str(script)]
    windowed = interpreter.with_name("pythonw.exe")
    if platform == "win32" and windowed.is_file():
        interpreter = windowed
    return [str(interpreter), str(ROOT / "main.py")]


def desktop_entry(command: Sequence[str], icon: str) -> str:
    """Return a freedesktop.org desktop entry; `icon` is a theme name or an absolute path."""
    lines = {
        "Type": "Application",
        "Version": "1.0",
        "Name": "Filterscope",
        "Comment": COMMENT,
        "Exec": _escaped(" ".join(_exec_argument(part) for part in command)),
        "Icon": _escaped(icon),
        "Terminal": "false",
        "Categories": "Science;ArtificialIntelligence;",
        "Keywords": "neural;network;CNN;filter;visualization;",
        "StartupWMClass": "filterscope",
    }
    return "[Desktop Entry]\n" + "".join(f"{key}={value}\n" for key, value in lines.items())


def macos_bundle(command: Sequence[str], png: bytes) -> dict[str, bytes]:
    """Return the files of a minimal .app by their paths inside it; `png` is a 256-pixel icon."""
    information = {
        "CFBundleName": "Filterscope",
        "CFBundleDisplayName": "Filterscope",
        "CFBundleIdentifier": "io.filterscope.Filterscope",
        "CFBundleExecutable": "Filterscope",
        "CFBundleIconFile": "filterscope.icns",
        "CFBundlePackageType": "APPL",
        "NSHighResolutionCapable": True,
    }
    # An .icns is a row of tagged pictures; "ic08" is a 256-pixel PNG as it is.
    icns = struct.pack(">4sI4sI", b"icns", len(png) + 16, b"ic08", len(png) + 8) + png
    return {
        "Contents/Info.plist": plistlib.dumps(information),
        "Contents/MacOS/Filterscope": f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'.encode(),
        "Contents/Resources/filterscope.icns": icns,
    }


def windows_shortcut_script(command: Sequence[str], icon: Path, place: Path) -> str:
    """Return the PowerShell text that writes a .lnk at `place`."""
    return "\n".join(
        [
            "$ErrorActionPreference = 'Stop'",
            f"$link = (New-Object -ComObject WScript.Shell).CreateShortcut({_powershell(str(place))})",
            f"$link.TargetPath = {_powershell(command[0])}",
            f"$link.Arguments = {_powershell(subprocess.list2cmdline(command[1:]))}",
            f"$link.IconLocation = {_powershell(f'{icon},0')}",
            f"$link.Description = {_powershell(COMMENT)}",
            "$link.Save()",
        ]
    )


def _exec_argument(argument: str) -> str:
    """Quote one argument as the Exec key wants it: double quotes where needed, % doubled."""
    doubled = argument.replace("%", "%%")
    if doubled and not any(character in " \t\n\"'\\><~|&;$*?#()`" for character in doubled):
        return doubled
    for character in '\\"`$':
        doubled = doubled.replace(character, "\\" + character)
    return f'"{doubled}"'


def _escaped(value: str) -> str:
    """Escape a value of type string; this comes on top of the quoting of Exec."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _powershell(text: str) -> str:
    """Quote for PowerShell, which takes typographic single quotes for quotes too."""
    return "'" + "".join(character * 2 if character in "'‘’‚‛" else character for character in text) + "'"


def _data_home() -> Path:
    # The specification says that a relative XDG_DATA_HOME is to be ignored.
    given = Path(os.environ.get("XDG_DATA_HOME", ""))
    return given if given.is_absolute() else Path.home() / ".local" / "share"


def _hicolor_icons() -> Mapping[Path, Path]:
    """Each shipped icon and the place where the desktop looks for it."""
    theme = _data_home() / "icons" / "hicolor"
    return {
        ICONS / "filterscope.svg": theme / "scalable" / "apps" / "filterscope.svg",
        ICONS / "filterscope.png": theme / "256x256" / "apps" / "filterscope.png",
    }


def _write_file(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".filterscope-", delete=False) as file:
        temporary = Path(file.name)
    try:
        temporary.write_bytes(content)
        temporary.chmod(0o644)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


def _write_bundle(place: Path, files: Mapping[str, bytes]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".filterscope-") as folder:
        fresh, older = Path(folder) / "fresh.app", Path(folder) / "older.app"
        for name, content in files.items():
            _write_file(fresh / name, content)
        (fresh / "Contents" / "MacOS" / "Filterscope").chmod(0o755)
        # A folder that is not empty cannot be replaced: the older one steps aside, and goes with the temporary folder.
        if place.exists():
            place.rename(older)
        fresh.rename(place)


def _write_shortcut(place: Path, command: Sequence[str]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    # WScript.Shell writes only to names that end in .lnk.
    temporary = place.with_name(".filterscope-new.lnk")
    script = windows_shortcut_script(command, ICONS / "filterscope.ico", temporary)
    encoded = base64.b64encode(script.encode("utf-16-le")).decode()
    try:
        subprocess.run(
            ["powershell", "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded],
            check=True,
            capture_output=True,
            timeout=30,
        )
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".")
