"""What a drag or the clipboard carries: the bytes of a picture, or a sentence that says why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage, QImageReader

UNIT_MIME = "application/x-filterscope-unit"
LARGEST_FILE = 50_000_000
NOTHING = "There is no picture here; copy or drop a JPEG, PNG or WebP picture."
# The window opens these itself; a picture's place must not swallow them.
FOR_THE_WINDOW = {".pt", ".pth", ".safetensors", ".json"}


@dataclass(frozen=True)
class NoPicture:
    """Why there is no picture to take."""

    sentence: str


def may_hold_picture(data: QMimeData) -> bool:
    """Say whether to take a drag at all; folders and networks are left to the window."""
    if data.hasImage():
        return True
    return any(not _for_the_window(url) for url in data.urls())


def picture_of(data: QMimeData | None, name: str) -> tuple[bytes, str] | NoPicture:
    """Return (bytes of a picture file, its name); image data without a file becomes a PNG called `name`."""
    if data is None:  # an empty clipboard, on some platforms
        return NoPicture(NOTHING)
    local = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if local:
        return _read(local[0])
    # A browser gives the picture beside its address.
    if data.hasImage():
        image = data.imageData()
        png = _as_png(image) if isinstance(image, QImage) else b""
        return (png, name) if png else NoPicture("The picture could not be read; save it to a file and drop that.")
    if data.urls():
        return NoPicture(f"{data.urls()[0].host()} gave only an address; save the picture and drop the file.")
    return NoPicture(NOTHING)


def _for_the_window(url: QUrl) -> bool:
    path = Path(url.toLocalFile())
    return url.isLocalFile() and (path.suffix.lower() in FOR_THE_WINDOW or path.is_dir())


def _read(path: Path) -> tuple[bytes, str] | NoPicture:
    try:
        if path.stat().st_size > LARGEST_FILE:
            return NoPicture(f"{path.name} is larger than 50 MB; drop a smaller picture.")
        content = path.read_bytes()
    except OSError as error:
        return NoPicture(f"{path.name} could not be read: {error.strerror or error}.")
    buffer = QBuffer()
    buffer.setData(QByteArray(content))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    if not QImageReader(buffer).canRead():
        return NoPicture(f"{path.name} is not a picture that can be read; drop a JPEG, PNG or WebP picture.")
    return content, path.name


def _as_png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # The stubs know only the file name; None lets Qt choose by the format.
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())
