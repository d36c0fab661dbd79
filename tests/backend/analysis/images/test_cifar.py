from __future__ import annotations

import codecs
import errno
import hashlib
import io
import os
import pickle
import pickletools
import tarfile
from pathlib import Path

import numpy as np
import pytest

from backend.analysis.datasets import open_dataset, opening
from backend.analysis.events import finish
from backend.analysis.images.cifar import download_cifar, read_plain_pickle
from backend.errors import UserError
from tests.steps import finish_with_events

NAMES = [b"airplane", b"automobile", b"bird", b"cat", b"deer", b"dog", b"frog", b"horse", b"ship", b"truck"]


def python_2_pickle(value: object) -> bytes:
    """Write protocol 2 as Python 2 did: bytes as its plain `str`, modules under the names they had in NumPy 1."""

    def write(value: object) -> bytes:
        if isinstance(value, dict):
            return b"}(" + b"".join(write(key) + write(item) for key, item in value.items()) + b"u"
        if isinstance(value, list):
            return b"](" + b"".join(map(write, value)) + b"e"
        if isinstance(value, bytes):
            return b"T" + len(value).to_bytes(4, "little") + value
        if isinstance(value, int):
            return b"J" + value.to_bytes(4, "little", signed=True)
        assert isinstance(value, np.ndarray)
        kind = b"cnumpy\ndtype\n(" + write(b"u1") + write(0) + write(1) + b"tR("
        kind += write(3) + write(b"|") + b"NNN" + write(-1) + write(-1) + write(0) + b"tb"
        shape = b"(" + b"".join(map(write, value.shape)) + b"t"
        start = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + write(0) + b"t" + write(b"b") + b"tR("
        return start + write(1) + shape + kind + b"\x89" + write(value.tobytes()) + b"tb"

    return b"\x80\x02" + write(value) + b"."


def images_of(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 3072), dtype=np.uint8)


@pytest.fixture
def cifar10(tmp_path: Path) -> Path:
    """A data folder with the official layout, four images a batch."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "batches.meta").write_bytes(python_2_pickle({b"num_cases_per_batch": 4, b"label_names": NAMES}))
    for number, name in enumerate([*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]):
        labels = [(number + i) % 10 for i in range(4)]
        batch = {b"batch_label": b"training batch", b"labels": labels, b"data": images_of(number, 4)}
        (folder / name).write_bytes(python_2_pickle(batch))
    return tmp_path


def test_that_the_files_the_tests_write_are_of_the_true_format(cifar10: Path) -> None:
    content = (cifar10 / "cifar-10-batches-py" / "data_batch_1").read_bytes()

    names = {argument for code, argument, _ in pickletools.genops(content) if code.name == "GLOBAL"}
    assert names == {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"}
    assert np.array_equal(pickle.loads(content, encoding="bytes")[b"data"], images_of(0, 4))


def test_that_the_official_batches_are_read_in_order(cifar10: Path) -> None:
    dataset = open_dataset("cifar10", data_folder=cifar10)

    assert len(dataset) == 20
    assert dataset.class_names == tuple(name.decode() for name in NAMES)
    assert dataset.labels.tolist() == [(number + i) % 10 for number in range(5) for i in range(4)]
    row = images_of(2, 4)[1]  # 1,024 bytes of red, then green, then blue, row by row
    image, label = dataset[9]
    assert label == 3
    for y, x, channel in [(0, 0, 0), (0, 31, 1), (31, 0, 2), (17, 5, 1)]:
        assert image[y, x, channel] == row[channel * 1024 + y * 32 + x]
    assert np.array_equal(dataset.images([9, 0])[0], image)


def test_that_the_test_split_and_the_folder_itself_open_too(cifar10: Path) -> None:
    folder = cifar10 / "cifar-10-batches-py"

    by_name = open_dataset("cifar10/test", data_folder=cifar10)
    by_path = open_dataset(folder / "test")

    assert len(by_name) == len(by_path) == 4
    assert np.array_equal(by_name[3][0], by_path[3][0])
    assert len(open_dataset(folder)) == 20
    assert by_name.source == "cifar10/test"
    assert open_dataset(by_path.source).digest == by_path.digest == by_name.digest


def test_that_batches_can_be_opened_in_another_size(cifar10: Path) -> None:
    dataset = open_dataset("cifar10", data_folder=cifar10, size=(48, 40))

    assert dataset.size == (48, 40)
    assert dataset.images([1, 2]).shape == (2, 48, 40, 3)
    assert dataset.digest != open_dataset("cifar10", data_folder=cifar10).digest


def test_that_cifar_100_gives_its_fine_classes(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    meta = {b"fine_label_names": [b"apple", b"bear"], b"coarse_label_names": [b"food"]}
    (folder / "meta").write_bytes(python_2_pickle(meta))
    for name in ("train", "test"):
        batch = {b"coarse_labels": [0, 0], b"fine_labels": [1, 0], b"data": images_of(1, 2)}
        (folder / name).write_bytes(python_2_pickle(batch))

    dataset = open_dataset("cifar100/test", data_folder=tmp_path)

    assert dataset.class_names == ("apple", "bear")
    assert dataset.labels.tolist() == [1, 0]


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_that_batches_written_by_python_3_are_read(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({b"labels": [1, 2], b"data": images_of(5, 2)}, protocol=protocol))

    content = read_plain_pickle(path)

    assert isinstance(content, dict)
    assert content[b"labels"] == [1, 2]
    assert np.array_equal(content[b"data"].array, images_of(5, 2))


class Runs:
    """Pickles as a call of any function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def test_that_a_pickle_that_names_os_system_is_refused_and_not_run(cifar10: Path) -> None:
    mark = cifar10 / "it-ran"
    batch = cifar10 / "cifar-10-batches-py" / "data_batch_2"
    for protocol in range(5):
        batch.write_bytes(pickle.dumps({b"data": Runs(os.system, f"touch {mark}")}, protocol=protocol))

        with pytest.raises(UserError, match=r"data_batch_2 is no plain CIFAR batch: it asks for posix\.system"):
            open_dataset("cifar10", data_folder=cifar10)

    assert not mark.exists()


@pytest.mark.parametrize(
    "call", [(eval, "1"), (exec, "1"), (getattr, "a", "upper"), (codecs.lookup, "zip"), (open, "/dev/null")]
)
def test_that_nothing_beyond_plain_arrays_is_admitted(call: tuple[object, ...], tmp_path: Path) -> None:
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps(Runs(*call), protocol=2))

    with pytest.raises(UserError, match="asks for"):
        read_plain_pickle(path)


@pytest.mark.parametrize("array", [np.zeros((2, 3072), object), np.zeros((2, 3072)), np.zeros((2, 3072), "V1")])
def test_that_arrays_of_anything_but_bytes_are_refused(array: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({b"labels": [0, 1], b"data": array}, protocol=2))

    with pytest.raises(UserError, match="not of bytes"):
        read_plain_pickle(path)


def test_that_an_array_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "batch"
    content = python_2_pickle({b"data": images_of(0, 2)})
    assert content.count((3072).to_bytes(4, "little") + b"t") == 1
    path.write_bytes(content.replace((3072).to_bytes(4, "little") + b"t", (1 << 30).to_bytes(4, "little") + b"t"))

    with pytest.raises(UserError, match="cannot reshape"):
        read_plain_pickle(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no plain CIFAR batch"),
        (b"\x80\x02}q\x00(U", "no plain CIFAR batch"),
        (python_2_pickle([1, 2]), "it has no “labels”"),
        (python_2_pickle({b"labels": [0, 1]}), "it has no “data”"),
        (python_2_pickle({b"labels": [0, 1], b"data": images_of(0, 3)}), "one for each label"),
        (python_2_pickle({b"labels": [0, 77], b"data": images_of(0, 2)}), "do not fit the class names"),
        (python_2_pickle({b"labels": [], b"data": images_of(0, 0)}), "do not fit the class names"),
    ],
)
def test_that_a_damaged_batch_is_named(content: bytes, sentence: str, cifar10: Path) -> None:
    (cifar10 / "cifar-10-batches-py" / "data_batch_3").write_bytes(content)

    with pytest.raises(UserError, match=sentence) as caught:
        open_dataset("cifar10", data_folder=cifar10)

    assert "data_batch_3" in str(caught.value)


def test_that_a_missing_batch_is_named(cifar10: Path) -> None:
    (cifar10 / "cifar-10-batches-py" / "data_batch_4").unlink()

    with pytest.raises(UserError, match="data_batch_4: No such file"):
        open_dataset("cifar10", data_folder=cifar10)


def test_that_cifar_that_is_not_here_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="CIFAR-100 is not on this machine") as caught:
        open_dataset("cifar100", data_folder=tmp_path)

    assert str(tmp_path) in str(caught.value)


@pytest.fixture
def archive(cifar10: Path) -> tuple[str, str]:
    """The official archive in small, with an entry that would climb out: its URL and its MD5."""
    path = cifar10 / "served.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(cifar10 / "cifar-10-batches-py", "cifar-10-batches-py")
        for name in ("cifar-10-batches-py/../../escaped", "/escaped", "cifar-10-batches-py/sub/escaped"):
            entry = tarfile.TarInfo(name)
            entry.size = 4
            tar.addfile(entry, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("cifar-10-batches-py/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return path.as_uri(), hashlib.md5(path.read_bytes()).hexdigest()


def test_that_a_download_is_checked_unpacked_and_opens(archive: tuple[str, str], tmp_path: Path) -> None:
    target = tmp_path / "new" / "data"

    events, folder = finish_with_events(download_cifar("cifar10", target, *archive))

    assert events and all(event.unit == "MB" for event in events)
    assert [entry.name for entry in target.iterdir()] == ["cifar-10-batches-py"]
    assert len(list(folder.iterdir())) == 7
    assert not list(tmp_path.rglob("escaped"))
    assert len(open_dataset("cifar10", data_folder=target)) == 20


def test_that_a_wrong_checksum_leaves_nothing(archive: tuple[str, str], tmp_path: Path) -> None:
    target = tmp_path / "data"

    with pytest.raises(UserError, match="checksum"):
        finish(download_cifar("cifar10", target, archive[0], "0" * 32))

    assert not list(target.iterdir())


def test_that_a_cancelled_download_leaves_nothing(archive: tuple[str, str], tmp_path: Path) -> None:
    steps = download_cifar("cifar10", tmp_path / "data", *archive)
    next(steps)
    assert list((tmp_path / "data").iterdir())
    steps.close()

    assert not list((tmp_path / "data").iterdir())


def test_that_without_a_network_the_url_and_the_place_are_named(tmp_path: Path) -> None:
    url = (tmp_path / "nobody-serves-this").as_uri()

    with pytest.raises(UserError, match="The download failed") as caught:
        finish(download_cifar("cifar10", tmp_path / "data", url, "0" * 32))

    assert url in str(caught.value)
    assert str(tmp_path / "data") in str(caught.value)


def test_that_a_full_disk_while_downloading_is_not_taken_for_the_network(
    archive: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", no_room)

    with pytest.raises(OSError, match="No space left"):
        finish(download_cifar("cifar10", tmp_path / "data", *archive))

    assert not list((tmp_path / "data").iterdir())


def test_that_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tar.gz"
    for content in (b"no archive", b""):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"cannot be unpacked|not CIFAR"):
            finish(download_cifar("cifar10", tmp_path / "d", path.as_uri(), hashlib.md5(content).hexdigest()))


def test_that_torchvisions_address_and_checksum_are_taken_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def unreachable(url: str, timeout: float) -> None:
        asked.append(url)
        raise OSError("no network here")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    for name in ("cifar10", "cifar100/test"):
        with pytest.raises(UserError):
            finish(download_cifar(name, tmp_path))

    assert [url.rpartition("/")[2] for url in asked] == ["cifar-10-python.tar.gz", "cifar-100-python.tar.gz"]


def test_that_opening_batches_needs_no_steps(cifar10: Path) -> None:
    events, dataset = finish_with_events(opening("cifar10", data_folder=cifar10))

    assert events == [] and len(dataset) == 20
