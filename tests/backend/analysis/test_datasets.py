from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.analysis.datasets import default_data_folder, default_image_cache, open_dataset, opening
from backend.analysis.events import Notice, Progress
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.pictures import fit_picture
from backend.errors import UserError
from tests.steps import finish_with_events


def picture(seed: int, height: int = 12, width: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **({"lossless": True} if path.suffix == ".webp" else {}))
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes, three kinds of file, and what must be passed over."""
    root = tmp_path / "photos"
    save(root / "dog" / "b.webp", picture(3))
    save(root / "cat" / "2.png", picture(2))
    save(root / "cat" / "1.PNG", picture(1))
    save(root / "dog" / "deeper" / "a.bmp", picture(4))
    save(root / "dog" / ".hidden.png", picture(9))
    save(root / ".thumbnails" / "x.png", picture(9))
    (root / "cat" / "notes.txt").write_text("not a picture")
    (root / "empty").mkdir()
    return root


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def run(source: Path | str, **options: object) -> tuple[list[Progress | Notice], ImageDataset]:
    return finish_with_events(opening(source, **options))


def test_that_class_folders_are_classes_in_the_order_of_names(photos: Path, cache: Path) -> None:
    dataset = open_dataset(photos, cache=cache)

    assert dataset.class_names == ("cat", "dog")
    assert dataset.labels.tolist() == [0, 0, 1, 1]
    assert [dataset.describe(i) for i in range(4)] == ["cat/1.PNG", "cat/2.png", "dog/b.webp", "dog/deeper/a.bmp"]
    assert dataset.unreadable == ()
    assert dataset.name == "photos"
    for index, seed in enumerate((1, 2, 3, 4)):
        assert np.array_equal(dataset[index][0], picture(seed))
    assert [label for _, label in dataset] == [0, 0, 1, 1]


def test_that_indices_behave_as_those_of_a_list(photos: Path, cache: Path) -> None:
    dataset = open_dataset(photos, cache=cache)

    assert np.array_equal(dataset[-1][0], picture(4))
    assert np.array_equal(dataset.images([3, 0, 3]), np.stack([picture(4), picture(1), picture(4)]))
    assert np.array_equal(dataset.images(np.array([1])), picture(2)[None])
    assert dataset.images([]).shape == (0, 12, 12, 3)
    for beyond in (4, -5):
        with pytest.raises(IndexError):
            dataset[beyond]
        with pytest.raises(IndexError):
            dataset.images([beyond])
    with pytest.raises(ValueError, match="read-only"):
        dataset.labels[0] = 1


def test_that_what_was_read_can_be_changed_without_changing_the_data_set(photos: Path, cache: Path) -> None:
    dataset = open_dataset(photos, cache=cache)
    dataset[0][0][:] = 0
    dataset.images([0, 1])[:] = 0

    assert np.array_equal(dataset[0][0], picture(1))


def test_that_a_flat_folder_is_one_class_named_after_it(tmp_path: Path, cache: Path) -> None:
    for seed in range(3):
        save(tmp_path / "holiday" / f"{seed}.png", picture(seed))

    dataset = open_dataset(str(tmp_path / "holiday"), cache=cache)

    assert dataset.class_names == ("holiday",)
    assert dataset.labels.tolist() == [0, 0, 0]


def test_that_pictures_beside_class_folders_are_named_and_left_out(photos: Path, cache: Path) -> None:
    save(photos / "preview.png", picture(0))

    dataset = open_dataset(photos, cache=cache)

    assert len(dataset) == 4
    assert dataset.unreadable == ("preview.png: lies beside the class folders, in no class",)


def test_that_a_folder_of_splits_opens_train_and_the_other_by_its_path(tmp_path: Path, cache: Path) -> None:
    save(tmp_path / "pets" / "train" / "cat" / "1.png", picture(1))
    save(tmp_path / "pets" / "train" / "dog" / "2.png", picture(2))
    save(tmp_path / "pets" / "test" / "cat" / "3.png", picture(3))

    assert open_dataset(tmp_path / "pets", cache=cache).class_names == ("cat", "dog")
    test = open_dataset(tmp_path / "pets" / "test", cache=cache)
    assert (len(test), test.name) == (1, "pets/test")


def test_that_cifar_as_an_image_folder_opens_by_name(tmp_path: Path, cache: Path) -> None:
    save(tmp_path / "cifar10" / "train" / "cat" / "1.png", picture(1, 32, 32))
    save(tmp_path / "cifar10" / "test" / "cat" / "2.png", picture(2, 32, 32))

    train = open_dataset("cifar10", data_folder=tmp_path, cache=cache)
    test = open_dataset("cifar10/test", data_folder=tmp_path, cache=cache)

    assert (train.name, train.source, test.source) == ("cifar10", "cifar10", "cifar10/test")
    assert np.array_equal(train[0][0], picture(1, 32, 32))
    assert np.array_equal(test[0][0], picture(2, 32, 32))


def test_that_mixed_sizes_take_that_of_the_first_or_the_one_asked_for(tmp_path: Path, cache: Path) -> None:
    pixels = [picture(1, 20, 30), picture(2, 64, 10), np.stack([picture(3)[..., 0]] * 3, -1)]
    for number, array in enumerate(pixels):
        save(tmp_path / "mixed" / f"{number}.png", array)

    by_default = open_dataset(tmp_path / "mixed", cache=cache)
    asked = open_dataset(tmp_path / "mixed", size=(16, 16), cache=cache)

    assert (by_default.size, asked.size) == ((20, 30), (16, 16))
    for index, array in enumerate(pixels):
        assert np.array_equal(by_default[index][0], fit_picture(array, (20, 30)))
        assert np.array_equal(asked[index][0], fit_picture(array, (16, 16)))
    assert by_default.digest != asked.digest


def test_that_a_large_first_picture_gives_at_most_224_pixels_a_side(tmp_path: Path, cache: Path) -> None:
    save(tmp_path / "large" / "1.png", np.zeros((500, 200, 3), np.uint8))

    assert open_dataset(tmp_path / "large", cache=cache).size == (224, 200)


@pytest.mark.parametrize("size", [(12, 12), (100, 100)])
def test_that_unreadable_files_are_named_and_skipped(size: tuple[int, int], photos: Path, cache: Path) -> None:
    (photos / "cat" / "1.PNG").write_text("Dear aunt")
    half = photos / "dog" / "b.webp"
    half.write_bytes(half.read_bytes()[:-40])
    (photos / "dog" / "nowhere.png").symlink_to(photos / "gone.png")

    for opened in range(2):  # decoded, then from what the first opening kept
        events, dataset = run(photos, size=size, cache=cache)
        assert dataset.unreadable == (
            "cat/1.PNG: this is no picture",
            "dog/b.webp: the picture is damaged",
            "dog/nowhere.png: the picture cannot be read",
        )
        assert [dataset.describe(i) for i in range(len(dataset))] == ["cat/2.png", "dog/deeper/a.bmp"]
        assert dataset.labels.tolist() == [0, 1]
        assert np.array_equal(dataset[1][0], fit_picture(picture(4), size))
        assert np.array_equal(dataset.images([1, 0])[1], fit_picture(picture(2), size))
        assert bool(events) == (opened == 0)


def test_that_progress_counts_every_image_once(tmp_path: Path, cache: Path) -> None:
    save(tmp_path / "many" / "0.png", picture(0, 2, 2))
    for number in range(1, 600):
        shutil.copy(tmp_path / "many" / "0.png", tmp_path / "many" / f"{number}.png")

    events, _ = run(tmp_path / "many", cache=cache)

    assert events == [Progress(done, 600, "images") for done in (0, 256, 512, 600)]


def test_that_a_second_opening_decodes_nothing(photos: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_dataset(photos, size=(12, 12), cache=cache)

    def no_more(*_: object, **__: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr("backend.analysis.images.image_folders.read_picture", no_more)
    second = open_dataset(photos, size=(12, 12), cache=cache)

    assert second.digest == first.digest
    assert np.array_equal(second.images(range(4)), first.images(range(4)))


def test_that_a_moved_folder_keeps_its_digest_and_a_changed_file_does_not(photos: Path, cache: Path) -> None:
    before = open_dataset(photos, cache=cache)
    moved = photos.rename(photos.with_name("moved"))
    assert open_dataset(moved, cache=cache).digest == before.digest

    save(moved / "cat" / "2.png", picture(77, 12, 13))
    after = open_dataset(moved, cache=cache)

    assert after.digest != before.digest
    assert np.array_equal(after[1][0], fit_picture(picture(77, 12, 13), (12, 12)))


@pytest.mark.parametrize("harm", ["truncate", "no facts", "rubbish", "other size"])
def test_that_a_damaged_cache_is_made_again(harm: str, photos: Path, cache: Path) -> None:
    folder = cache / open_dataset(photos, cache=cache).digest
    if harm == "truncate":
        (folder / "images.raw").write_bytes((folder / "images.raw").read_bytes()[:-1])
    elif harm == "no facts":
        (folder / "facts.json").unlink()
    else:
        (folder / "facts.json").write_text("[" if harm == "rubbish" else '{"size": [1, 1], "skipped": [], "images": 4}')

    events, dataset = run(photos, cache=cache)

    assert events[-1] == Progress(4, 4, "images")
    assert np.array_equal(dataset[3][0], picture(4))
    assert run(photos, cache=cache)[0] == []


def test_that_a_cancelled_opening_leaves_nothing_in_the_cache(photos: Path, cache: Path) -> None:
    steps = opening(photos, cache=cache)
    while next(steps) != Progress(4, 4, "images"):
        pass
    assert list(cache.iterdir())
    steps.close()

    assert not list(cache.iterdir())


def disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    real_open = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda self, mode="r", *rest, **named: real_open(
            Path("/dev/full") if "w" in mode else self, mode, *rest, **named
        ),
    )


def disk_is_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)


def last_step_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", refuse)


@pytest.mark.parametrize("trouble", [disk_is_full, disk_is_read_only, last_step_fails])
def test_that_a_full_or_read_only_disk_falls_back_to_decoding_and_says_so(
    trouble: Callable[[pytest.MonkeyPatch], None], photos: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "cat" / "1.PNG").write_text("Dear aunt")
    trouble(monkeypatch)

    events, dataset = run(photos, cache=cache)

    monkeypatch.undo()
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert len(notices) == 1
    assert "cache could not be written" in notices[0] and "decoded each time" in notices[0]
    assert np.array_equal(dataset.images([0, 2]), np.stack([picture(2), picture(4)]))
    assert len(dataset.unreadable) == 1
    assert not cache.exists() or not list(cache.iterdir())


def test_that_large_images_are_decoded_when_asked_for(photos: Path, cache: Path) -> None:
    dataset = open_dataset(photos, size=(80, 80), cache=cache)

    assert not list(cache.rglob("images.raw"))
    assert np.array_equal(dataset[0][0], fit_picture(picture(1), (80, 80)))
    assert run(photos, size=(80, 80), cache=cache)[0] == []  # and not checked again


@pytest.mark.parametrize("make", ["empty", "only text", "only hidden"])
def test_that_an_empty_folder_says_so(make: str, tmp_path: Path, cache: Path) -> None:
    root = tmp_path / "nothing"
    root.mkdir()
    if make == "only text":
        (root / "notes.txt").write_text("x")
    if make == "only hidden":
        save(root / ".a" / "1.png", picture(1))

    with pytest.raises(UserError, match=r"holds no JPEG") as caught:
        open_dataset(root, cache=cache)

    assert str(root) in str(caught.value)


@pytest.mark.parametrize("size", [None, (12, 12), (80, 80)])
def test_that_a_folder_of_nothing_readable_says_so(size: tuple[int, int] | None, tmp_path: Path, cache: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "1.jpg").write_text("x")

    with pytest.raises(UserError, match=r"No picture can be read.*1\.jpg"):
        open_dataset(tmp_path / "broken", size=size, cache=cache)


def test_that_a_path_to_nothing_and_to_a_file_say_so(photos: Path, cache: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        open_dataset(photos / "gone", cache=cache)
    with pytest.raises(UserError, match="is a file"):
        open_dataset(photos / "cat" / "2.png", cache=cache)


def test_that_a_folder_that_vanishes_in_use_says_so(photos: Path, cache: Path) -> None:
    dataset = open_dataset(photos, size=(80, 80), cache=cache)
    (photos / "cat" / "1.PNG").unlink()
    with pytest.raises(UserError, match=r"1\.PNG"):
        dataset[0]
    shutil.rmtree(photos)

    with pytest.raises(UserError, match="not any more"):
        dataset[1]
    with pytest.raises(UserError, match="not any more"):
        dataset.images([1, 2])


def test_that_a_folder_that_vanishes_while_it_is_decoded_says_so(photos: Path, cache: Path) -> None:
    steps = opening(photos, size=(12, 12), cache=cache)
    next(steps)
    shutil.rmtree(photos)

    with pytest.raises(UserError, match="not any more"):
        list(steps)
    assert not cache.exists() or not list(cache.iterdir())


def test_that_a_link_round_in_a_circle_is_not_followed(photos: Path, cache: Path) -> None:
    (photos / "cat" / "round").symlink_to(photos)

    assert len(open_dataset(photos, cache=cache)) == 4


def test_that_the_probe_set_opens_by_name_at_the_networks_size() -> None:
    dataset = open_dataset("probe", size=(48, 48), mean=(0.5,) * 3, std=(0.1,) * 3)

    assert dataset.size == (48, 48)
    assert open_dataset(dataset.source, size=(48, 48), mean=(0.5,) * 3, std=(0.1,) * 3).digest == dataset.digest


def test_that_the_environment_names_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILTERSCOPE_DATA", str(tmp_path))
    assert default_data_folder() == tmp_path
    monkeypatch.delenv("FILTERSCOPE_DATA")
    monkeypatch.setenv("FILTERSCOPE_HOME", str(tmp_path / "home"))
    assert default_data_folder() == tmp_path / "home" / "data"
    assert default_image_cache() == tmp_path / "home" / "images"


def test_that_opening_images_does_not_import_torch(photos: Path, cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from backend.analysis.datasets import open_dataset\n"
        "count = len(open_dataset(sys.argv[1], cache=Path(sys.argv[2])))\n"
        "print(count, 'torch' in sys.modules or 'torchvision' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(photos), str(cache)], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["4", "False"]


def test_that_the_real_cifar_10_opens(cifar10_folder: Path, cache: Path) -> None:
    test = open_dataset("cifar10/test", data_folder=cifar10_folder.parent, cache=cache)

    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert test.class_names[5] == "dog"
    assert test.unreadable == ()
    assert test.images(range(0, 10000, 40)).mean() == pytest.approx(121, abs=6)
