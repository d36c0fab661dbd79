from __future__ import annotations

import errno
import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.analysis.pictures import check_picture, fit_picture, read_facts, read_picture, save_gif, save_png
from backend.errors import UserError, describe

GRADIENT = np.stack(np.broadcast_arrays(np.arange(0, 240, 10)[:, None], np.arange(0, 160, 10)[None, :], 77), -1).astype(
    np.uint8
)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header promises so many pixels and whose data end at once."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_that_lossless_formats_come_back_to_the_byte(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}

    assert np.array_equal(read_picture(encoded(Image.fromarray(GRADIENT), kind, **options)), GRADIENT)


def test_that_a_jpeg_comes_back_nearly_the_same(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(encoded(Image.fromarray(GRADIENT), "JPEG", quality=95, subsampling=0))

    read = read_picture(path)

    assert read.dtype == np.uint8
    assert np.abs(read.astype(int) - GRADIENT).max() < 12


def test_that_the_first_frame_of_a_gif_is_read() -> None:
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "blue")]

    read = read_picture(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))

    assert read.shape == (3, 4, 3)
    assert (read == (255, 0, 0)).all()


# What each EXIF orientation asks for, spelled out on rows and columns.
ORIENTATIONS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: a.transpose(1, 0, 2)[:, ::-1],
    7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda a: a.transpose(1, 0, 2)[::-1],
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_that_the_exif_orientation_is_applied(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    read = read_picture(encoded(Image.fromarray(GRADIENT), "PNG", exif=exif))

    assert np.array_equal(read, ORIENTATIONS[orientation](GRADIENT))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_that_damaged_exif_does_not_hide_the_picture() -> None:
    for exif in (b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff", b"Exif\x00\x00rubbish"):
        assert read_picture(encoded(Image.fromarray(GRADIENT), "JPEG", exif=exif)).shape == GRADIENT.shape


def test_that_grey_becomes_three_equal_channels() -> None:
    grey = GRADIENT[..., 0]

    assert np.array_equal(read_picture(encoded(Image.fromarray(grey), "PNG")), np.stack([grey] * 3, -1))


def test_that_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    deep = np.array([[0, 257, 257 * 128, 65535]], dtype=np.uint16)

    assert read_picture(encoded(Image.fromarray(deep), "PNG"))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_that_one_bit_and_palette_pictures_are_read() -> None:
    two = Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")

    assert read_picture(encoded(two, "PNG"))[0, :, 1].tolist() == [0, 255]
    assert (read_picture(encoded(Image.new("RGB", (2, 2), "lime").quantize(4), "PNG")) == (0, 255, 0)).all()


def test_that_what_is_transparent_is_laid_over_white() -> None:
    pixels = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [0, 0, 0, 128]]], np.uint8)

    read = read_picture(encoded(Image.fromarray(pixels), "PNG"))

    assert read.tolist() == [[[200, 0, 0], [255, 255, 255], [127, 127, 127]]]


def test_that_a_transparent_palette_colour_is_laid_over_white() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.putpixel((1, 0), 1)

    assert read_picture(encoded(palette, "PNG", transparency=0)).tolist() == [[[255] * 3, [10, 20, 30]]]


def test_that_a_cmyk_jpeg_keeps_its_colours() -> None:
    read = read_picture(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95))

    assert np.abs(read.astype(int) - (255, 0, 0)).max() < 8


def test_that_a_picture_of_one_pixel_is_read_and_fitted() -> None:
    read = read_picture(encoded(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG"))

    assert read.tolist() == [[[1, 2, 3]]]
    assert (fit_picture(read, (32, 32)) == (1, 2, 3)).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_that_ten_thousand_pixels_a_side_are_scaled_down_within_bounded_memory(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "large"
    large = Image.new("L", (10_000, 10_000), 90)
    large.paste(200, (0, 0, 5_000, 10_000))
    large.save(path, kind, **({"compress_level": 1} if kind == "PNG" else {}))
    # In a process of its own, where the peak is that of this reading.
    code = (
        "import sys; from pathlib import Path; from backend.analysis.pictures import read_picture\n"
        "image = read_picture(Path(sys.argv[1]))\n"
        "status = Path('/proc/self/status')  # not getrusage, which counts the parent's peak as well\n"
        "lines = status.read_text().splitlines() if status.exists() else ['VmHWM: 0 kB']\n"
        "peak = next(int(line.split()[1]) // 1024 for line in lines if line.startswith('VmHWM'))\n"
        "print(*image.shape, image[2000, 1000, 0], image[2000, 3000, 2], peak)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    height, width, channels, left, right, peak = map(int, done.stdout.split())

    assert (height, width, channels, left, right) == (4096, 4096, 3, 200, 90)
    assert peak < 450  # MB; 385 seen; turned into RGB as a whole, the picture alone would be 400


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "I;16"])
def test_that_scaling_down_on_reading_is_the_mean_of_what_falls_together(mode: str) -> None:
    # 4 × 4 blocks of a chessboard of 2 pixels, over several strips and with a rest at the edge.
    board = np.kron(np.indices((523, 10)).sum(0) % 2, np.ones((2, 2))).astype(bool)
    image = Image.fromarray(board) if mode == "1" else Image.fromarray(np.where(board, 255, 0).astype(np.uint8))
    if mode == "I;16":
        image = Image.fromarray(np.where(board, 65535, 0).astype(np.uint16))
    elif mode != "1":
        image = image.convert(mode)

    read = read_picture(encoded(image, "PNG"), max_side=1046 // 4)

    assert read.shape == (261, 5, 3)
    assert np.abs(read[1:-1].astype(int) - 127).max() <= 2


def test_that_a_picture_of_more_than_300_megapixels_is_refused_with_a_sentence(
    recwarn: pytest.WarningsRecorder,
) -> None:
    with pytest.raises(UserError, match=r"30,000 × 20,000"):
        read_picture(png_claiming(30_000, 20_000))

    assert not recwarn.list


def test_that_what_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_text("Dear aunt, the weather is fine.")

    for read in (read_picture, check_picture, read_facts):
        with pytest.raises(UserError, match=r"holiday\.jpg is not a JPEG"):
            read(path)


def test_that_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (read_picture, check_picture, read_facts):
        with pytest.raises(UserError, match=r"gone\.png: No such file"):
            read(tmp_path / "gone.png")


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_that_a_picture_cut_off_is_called_damaged(kind: str, suffix: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    path = tmp_path / f"half.{suffix}"
    path.write_bytes(content[: len(content) // 2])

    for read in (read_picture, check_picture):
        with pytest.raises(UserError, match=rf"half\.{suffix}"):
            read(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_that_whole_pictures_pass_the_check(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "whole"
    path.write_bytes(encoded(Image.fromarray(GRADIENT), kind))
    check_picture(path)
    if kind == "JPEG":
        path.write_bytes(path.read_bytes() + b"what some cameras append")
        check_picture(path)


def test_that_a_broken_png_in_the_middle_is_found_by_the_check(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = bytearray(encoded(Image.fromarray(noise), "PNG"))
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "bent.png"
    path.write_bytes(content)

    with pytest.raises(UserError, match="damaged"):
        check_picture(path)


def test_that_a_large_jpeg_read_for_a_small_size_still_covers_it_twice() -> None:
    content = encoded(Image.new("RGB", (2000, 1500)), "JPEG")

    height, width = read_picture(content, cover=(100, 100)).shape[:2]

    assert 200 <= height < 1500
    assert abs(width / height - 4 / 3) < 0.01


def test_that_fitting_fills_and_cuts_the_middle_without_stretching() -> None:
    # 20 × 60: three squares side by side; only the middle one remains, whatever the scale.
    image = np.concatenate([np.full((20, 20, 3), value, np.uint8) for value in (0, 120, 255)], axis=1)

    for side in (10, 20, 40):
        # The outermost column is smoothed with its neighbour, as it is when a whole picture is scaled and then cut.
        assert (fit_picture(image, (side, side))[:, 1:-1] == 120).all()
        whole = Image.fromarray(image).resize((3 * side, side), Image.Resampling.BILINEAR)
        cut = np.asarray(whole)[:, side : 2 * side].astype(int)
        assert np.abs(fit_picture(image, (side, side)) - cut).max() <= 1
    assert fit_picture(image, (30, 10)).shape == (30, 10, 3)
    assert fit_picture(image, (20, 60)) is image


def test_that_a_round_disk_stays_round_when_fitted() -> None:
    y, x = np.mgrid[:90, :150]
    disk = np.where(np.hypot(y - 44.5, x - 74.5) < 30, 255, 0).astype(np.uint8)

    fitted = fit_picture(np.stack([disk] * 3, -1), (45, 60))[..., 0] > 127

    assert abs(int(fitted.any(0).sum()) - int(fitted.any(1).sum())) <= 1


def test_that_scaling_down_is_antialiased() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255

    inner = fit_picture(stripes, (16, 16))[:, 2:-2]

    assert np.abs(inner.astype(int) - 127).max() < 12


def test_that_facts_come_back_from_a_saved_picture(tmp_path: Path) -> None:
    facts = {
        "unit": "cifar10-resnet18/layer4/37",
        "seed": np.int64(3),
        "λ": np.array([0.5, 2.0]),
        "settings": {"a": None},
    }
    save_png(tmp_path / "out.png", GRADIENT, facts)

    assert np.array_equal(read_picture(tmp_path / "out.png"), GRADIENT)
    expected = {"unit": "cifar10-resnet18/layer4/37", "seed": 3, "λ": [0.5, 2.0], "settings": {"a": None}}
    assert read_facts(tmp_path / "out.png") == expected
    assert read_facts((tmp_path / "out.png").read_bytes()) == expected


def test_that_a_picture_without_facts_says_so() -> None:
    with pytest.raises(UserError, match="holds no settings"):
        read_facts(encoded(Image.fromarray(GRADIENT), "PNG"))


@pytest.mark.parametrize("rubbish", ["{", "[1, 2]", "\x00\x01", "[" * 100_000])
def test_that_rubbish_in_place_of_facts_is_refused(rubbish: str) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("filterscope", rubbish)

    with pytest.raises(UserError, match="no JSON object"):
        read_facts(encoded(Image.fromarray(GRADIENT), "PNG", pnginfo=info))


def test_that_a_gif_is_enlarged_pixel_by_pixel_and_loops(tmp_path: Path) -> None:
    frames = np.zeros((3, 2, 3, 3), np.uint8)
    frames[0, 0, 0] = frames[1, 1, 2] = 255
    save_gif(tmp_path / "out.gif", frames, milliseconds=80, enlarge_to=13)

    with Image.open(tmp_path / "out.gif") as gif:
        assert gif.size == (12, 8)
        assert (gif.n_frames, gif.info["duration"], gif.info["loop"]) == (3, 80, 0)
        gif.seek(1)
        assert np.array_equal(np.asarray(gif.convert("RGB"))[::4, ::4], frames[1])


def test_that_no_frames_make_no_gif(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no frame"):
        save_gif(tmp_path / "out.gif", np.zeros((0, 2, 2, 3), np.uint8), 50)

    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="No /dev/full to play a full disk.")
@pytest.mark.parametrize("save", ["png", "gif"])
def test_that_a_full_disk_leaves_the_older_file_as_it_was(
    save: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"older")
    real_open = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode="r": real_open(Path("/dev/full"), mode))

    with pytest.raises(OSError) as caught:
        if save == "png":
            save_png(path, GRADIENT, {})
        else:
            save_gif(path, GRADIENT[None], 50)

    monkeypatch.undo()
    assert describe(caught.value).title == "The disk is full"
    assert path.read_bytes() == b"older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_that_a_folder_that_refuses_the_last_step_is_left_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(errno.EROFS, "Read-only file system", str(target))

    monkeypatch.setattr(Path, "replace", refuse)

    with pytest.raises(OSError, match="Read-only"):
        save_png(tmp_path / "out.png", GRADIENT, {})

    assert not list(tmp_path.iterdir())
