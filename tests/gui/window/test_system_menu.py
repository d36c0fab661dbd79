from __future__ import annotations

import configparser
import plistlib
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from backend.errors import UserError
from gui.window import system_menu


@pytest.fixture
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def keys_of(entry: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(entry)
    return dict(parser["Desktop Entry"])


@pytest.mark.parametrize(
    ("argument", "exec_value"),
    [
        ("/opt/plain", "/opt/plain"),
        ("/opt/two words", '"/opt/two words"'),
        ("/opt/50%", "/opt/50%%"),
        ("/opt/$HOME", '"/opt/\\\\$HOME"'),
        ('/opt/"q"', '"/opt/\\\\"q\\\\""'),
        ("/opt/back\\slash", '"/opt/back\\\\\\\\slash"'),
    ],
)
def test_that_a_path_is_quoted_as_the_desktop_entry_specification_says(argument: str, exec_value: str) -> None:
    assert keys_of(system_menu.desktop_entry([argument, "main.py"], "filterscope"))["Exec"] == f"{exec_value} main.py"


def test_that_the_linux_entry_and_its_icons_are_written_and_removed(data_home: Path) -> None:
    place = system_menu.add_to_system_menu("linux")
    assert place == data_home / "applications" / "filterscope.desktop"
    keys = keys_of(place.read_text(encoding="utf-8"))
    assert keys["Icon"] == "filterscope"
    assert Path(system_menu.launch_command("linux")[0]).is_file()
    assert keys["Exec"].split()[0].strip('"') == system_menu.launch_command("linux")[0]
    icons = sorted(path.name for path in (data_home / "icons").rglob("filterscope.*"))
    assert icons == ["filterscope.png", "filterscope.svg"]
    assert system_menu.remove_from_system_menu("linux")
    assert not [path for path in data_home.rglob("*") if path.is_file()]
    assert not system_menu.remove_from_system_menu("linux")


def test_that_a_second_press_replaces_the_entry_and_leaves_no_temporary_file(data_home: Path) -> None:
    place = system_menu.add_to_system_menu("linux")
    place.write_text("old")
    system_menu.add_to_system_menu("linux")
    assert place.read_text(encoding="utf-8").startswith("[Desktop Entry]")
    assert [path.name for path in place.parent.iterdir()] == ["filterscope.desktop"]


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="desktop-file-validate is not installed.")
def test_that_the_desktop_accepts_the_entry(data_home: Path, tmp_path: Path) -> None:
    strange = tmp_path / "strange.desktop"
    strange.write_text(system_menu.desktop_entry(['/a b/$x/`y`/"z"/50%\\', "main.py"], "filterscope"), encoding="utf-8")
    for entry in (system_menu.add_to_system_menu("linux"), strange):
        check = subprocess.run(["desktop-file-validate", str(entry)], capture_output=True, text=True, check=False)
        assert check.returncode == 0, check.stdout
        assert check.stdout == ""


def test_that_a_place_that_cannot_be_written_is_a_sentence(data_home: Path) -> None:
    data_home.mkdir()
    (data_home / "applications").write_text("a file where a folder should be")
    with pytest.raises(UserError) as caught:
        system_menu.add_to_system_menu("linux")
    assert "filterscope.desktop" in caught.value.report.happened


def test_that_the_entry_starts_the_script_where_there_is_one_and_main_py_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert system_menu.launch_command("linux") == [str(tmp_path / "python"), str(system_menu.ROOT / "main.py")]
    (tmp_path / "pythonw.exe").touch()
    assert system_menu.launch_command("win32")[0] == str(tmp_path / "pythonw.exe")
    (tmp_path / "filterscope").touch()
    assert system_menu.launch_command("linux") == [str(tmp_path / "filterscope")]


def test_that_the_mac_bundle_holds_what_macos_asks_for() -> None:
    png = (system_menu.ICONS / "filterscope.png").read_bytes()
    files = system_menu.macos_bundle(["/a b/it's/python", "main.py"], png)
    information = plistlib.loads(files["Contents/Info.plist"])
    assert f"Contents/MacOS/{information['CFBundleExecutable']}" in files
    icns = files[f"Contents/Resources/{information['CFBundleIconFile']}"]
    tag, length, kind, entry = struct.unpack(">4sI4sI", icns[:16])
    assert (tag, length, kind, entry) == (b"icns", len(icns), b"ic08", len(icns) - 8)
    assert icns[16:] == png


@pytest.mark.skipif(sys.platform == "win32", reason="The launcher is a shell script.")
def test_that_the_mac_bundle_is_written_replaced_started_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    command = ["/bin/echo", "it's", "a  b"]
    monkeypatch.setattr(system_menu, "launch_command", lambda platform: command)
    (tmp_path / "Applications" / "Filterscope.app" / "Contents").mkdir(parents=True)
    (tmp_path / "Applications" / "Filterscope.app" / "Contents" / "stale").touch()
    place = system_menu.add_to_system_menu("darwin")
    assert not (place / "Contents" / "stale").exists()
    assert [path.name for path in place.parent.iterdir()] == ["Filterscope.app"]
    started = subprocess.run([place / "Contents" / "MacOS" / "Filterscope", "more"], capture_output=True, text=True)
    assert started.stdout == "it's a  b more\n"
    assert system_menu.remove_from_system_menu("darwin")
    assert not place.exists()


def test_that_powershell_takes_no_quote_in_a_path_for_its_own() -> None:
    script = system_menu.windows_shortcut_script(
        ["C:\\it's\\pythonw.exe", "C:\\my ’folder’\\main.py"], Path("x.ico"), Path("Filterscope.lnk")
    )
    assert "$link.TargetPath = 'C:\\it''s\\pythonw.exe'" in script
    assert "$link.Arguments = '\"C:\\my ’’folder’’\\main.py\"'" in script
    assert "$link.IconLocation = 'x.ico,0'" in script


def test_that_windows_without_powershell_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPDATA", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError):
        system_menu.add_to_system_menu("win32")
    assert not [path for path in tmp_path.rglob("*.lnk")]
