"""The scan against a direct loop over single images; resumed, split, merged, cut short, out of disk and memory."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backend.analysis import activation_scan
from backend.analysis.activation_scan import ScanStep, pool_space, scan_activations
from backend.analysis.capture import capturing
from backend.analysis.cards import LayerInfo
from backend.analysis.events import Notice, Progress, finish
from backend.analysis.images.image_dataset import ArrayDataset
from backend.analysis.network import Network
from backend.analysis.networks import load_network
from backend.analysis.scans.scan_files import merge_scans, open_scan
from backend.analysis.scans.scan_precision import autocast_keeps_ranks
from backend.analysis.scans.scan_results import BLOCK, ActivationScan, top_of
from backend.analysis.scans.scanned_layers import default_layers, scanned_name
from backend.errors import UserError
from tests.networks import count_hooks, tiny_network

LAYERS = ("bn1", "relu1", "conv2", "relu2", "logits")
TABLES = ("mean", "maximum", "place", "probability", "label")


def pictures(count: int, seed: int = 0, classes: int = 3) -> ArrayDataset:
    """Random blocks of colour, 12 px, so that scores differ from image to image."""
    generator = np.random.default_rng(seed)
    blocks = generator.integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    names = tuple("abcdefgh"[:classes])
    labels = np.arange(count) % classes
    return ArrayDataset("blocks", "blocks", names, labels, blocks.repeat(3, 1).repeat(3, 2), f"blocks {count} {seed}")


def scanned(network: Network, dataset: ArrayDataset, **named: Any) -> ActivationScan:
    return finish(scan_activations(network, dataset, LAYERS, **named))


def same_bytes(first: Path, second: Path) -> bool:
    return all((first / name).read_bytes() == (second / name).read_bytes() for name in (*TABLES, "scan.json"))


def test_that_scores_are_those_of_a_loop_over_single_images() -> None:
    network, dataset = tiny_network(classes=("x", "y", "z")), pictures(300)
    scan = scanned(network, dataset)
    calls = {layer.name: layer.calls for layer in network.layers if layer.name in LAYERS}
    with capturing(network.module, calls) as forward, torch.inference_mode():
        for index in (0, 1, 63, 64, 255, 256, 299):
            image, label = dataset[index]
            outputs = forward(network.normalize(image[None])).outputs
            assert scan.labels[index] == label
            probabilities = outputs["logits"].softmax(1)[0].numpy()
            assert np.allclose(scan.probabilities(index), probabilities, atol=1e-5)
            for layer in LAYERS:
                maps = outputs[layer][0].numpy()
                flat = maps.reshape(len(maps), -1)
                assert np.allclose(scan.scores(layer)[index], flat.mean(1), atol=1e-5)
                assert np.allclose(scan.scores(layer, "maximum")[index], flat.max(1), atol=1e-5)
                for channel in range(len(maps)):
                    found = scan.place(layer, channel, index)
                    value = maps[(channel, *found)] if maps.ndim == 3 else flat[channel, 0]
                    # Of places that differ by rounding alone, either may be found.
                    assert np.isclose(value, flat[channel].max(), atol=1e-5)
    assert count_hooks(network) == 0


def test_that_the_place_is_the_first_of_equals_in_any_memory_format() -> None:
    maps = torch.relu(torch.randn(9, 5, 7, 6).round())  # many equal values
    for tensor in (maps, maps.contiguous(memory_format=torch.channels_last)):
        mean, maximum, place = pool_space(tensor)
        assert np.array_equal(place.numpy(), maps.flatten(2).numpy().argmax(2))
        assert torch.equal(maximum, maps.amax((2, 3))) and torch.allclose(mean, maps.mean((2, 3)), atol=1e-6)


def test_that_top_and_bottom_images_are_those_of_a_full_sort() -> None:
    network, dataset = tiny_network(), pictures(300)
    scan = scanned(network, dataset)
    for layer, channel in (("bn1", 0), ("relu2", 3), ("logits", 1)):
        scores = scan.scores(layer)[:, channel]
        for k in (1, 9, 300, 1000):
            highest = sorted(range(300), key=lambda i: (-scores[i], i))[:k]
            lowest = sorted(range(300), key=lambda i: (scores[i], i))[:k]
            assert scan.top_images(layer, channel, k).tolist() == highest
            assert scan.top_images(layer, channel, k, lowest=True).tolist() == lowest


@pytest.mark.parametrize("k", [1, 3, 5, 8, 20])
def test_that_ties_negative_scores_and_nan_are_ranked(k: int) -> None:
    scores = np.array([-2, np.nan, -1, -1, -np.inf, -5, np.nan, -1], dtype=np.float32)
    assert top_of(scores, k).tolist() == [2, 3, 7, 0, 5, 4, 1, 6][:k]
    assert top_of(scores, k, lowest=True).tolist() == [4, 5, 0, 2, 3, 7, 1, 6][:k]


def test_that_default_layers_are_first_norm_blocks_last_convolution_and_logits() -> None:
    network = load_network("cifar10-resnet18")
    blocks = [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]
    assert default_layers(network.card) == ("bn1", *blocks, "layer4.1.conv2", "logits")
    assert scanned_name(network.card, "layer4") == "layer4.1"
    assert scanned_name(network.card, "conv1") == "conv1"


def test_that_a_network_without_blocks_is_scanned_at_its_pooling_layers() -> None:
    card = tiny_network().card
    made = [
        LayerInfo("features.0", "Conv2d", (8, 12, 12), 1),
        LayerInfo("features.1", "MaxPool2d", (8, 6, 6), 0),
        LayerInfo("features.2", "Conv2d", (8, 6, 6), 1),
        LayerInfo("features.3", "MaxPool2d", (8, 3, 3), 0),
        LayerInfo("logits", "Output", (2,), 0),
    ]
    card = type(card)(**{**{name: getattr(card, name) for name in card.__dataclass_fields__}, "layers": tuple(made)})
    assert default_layers(card) == ("features.1", "features.2", "features.3", "logits")


def test_that_a_sequential_is_found_under_its_own_name() -> None:
    network = load_network("cifar10-resnet18")
    dataset = pictures(5)
    dataset = ArrayDataset(
        "b", "b", ("a",), [0] * 5, dataset.images(range(5)).repeat(3, 1)[:, :32].repeat(3, 2)[:, :, :32], "b"
    )
    scan = finish(scan_activations(network, dataset, ["layer4", "logits"]))
    assert [layer.name for layer in scan.header.layers] == ["layer4.1", "logits"]
    assert scan.has("layer4") and np.array_equal(scan.scores("layer4"), scan.scores("layer4.1"))
    assert not scan.has("layer3")
    with pytest.raises(UserError, match="layer3"):
        scan.scores("layer3")


def test_that_partial_results_can_be_used_while_the_scan_runs(tmp_path: Path) -> None:
    network, dataset = tiny_network(), pictures(600)
    whole = scanned(network, dataset)
    seen = []
    for event in scan_activations(network, dataset, LAYERS, folder=tmp_path / "scan"):
        if isinstance(event, ScanStep):
            seen.append(event.scan.done)
            assert np.array_equal(event.scan.scores("relu1"), whole.scores("relu1")[: event.scan.done])
            assert event.progress == Progress(event.scan.done, 600, "images")
            assert len(event.scan.top_images("relu1", 0, 9)) == min(9, event.scan.done)
    assert seen == [0, 256, 512, 600]


def test_that_progress_comes_after_every_batch() -> None:
    events = list(scan_activations(tiny_network(), pictures(600), LAYERS))
    done = [event.done if isinstance(event, Progress) else event.progress.done for event in events]
    assert done == sorted(done) and done[0] == 0 and done[-1] == 600
    assert {event.unit for event in events if isinstance(event, Progress)} <= {"images"}


def test_that_a_cancelled_scan_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, dataset = tiny_network(), pictures(900)
    monkeypatch.setattr(activation_scan, "BATCH_PIXELS", 12 * 12 * 64)
    scanned(network, dataset, folder=tmp_path / "whole")
    folder = tmp_path / "part"
    steps = scan_activations(network, dataset, LAYERS, folder=folder)
    for event in steps:
        if isinstance(event, ScanStep) and event.scan.done == 512:
            break
    next(steps)  # a batch of the next block, which is lost
    steps.close()
    assert count_hooks(network) == 0
    stored = open_scan(folder)
    assert stored is not None and stored.done == 512 and not stored.complete
    first = next(steps := scan_activations(network, dataset, LAYERS, folder=folder))
    assert isinstance(first, ScanStep) and first.scan.done == 512
    assert finish(steps).complete
    assert same_bytes(tmp_path / "whole", folder)


KILLED = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, ".")
import torch
from backend.analysis.activation_scan import scan_activations
from backend.analysis.scans.scan_files import open_scan
from tests.backend.analysis.test_activation_scan import LAYERS, pictures
from tests.networks import tiny_network

torch.set_num_threads(1)

def scan(folder):
    child = os.fork()
    if child == 0:
        for _ in scan_activations(tiny_network(), pictures(3000), LAYERS, folder=folder):
            time.sleep(0.002)
        os._exit(0)
    return child

def done(folder):
    found = open_scan(folder)
    return 0 if found is None else found.done

whole, killed = Path(sys.argv[1]), Path(sys.argv[2])
os.waitpid(scan(whole), 0)
for kill in range(10):
    child = scan(killed)
    while done(killed) < 256 * (kill + 1):
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), "it had ended before it was killed"
assert done(killed) < 3000
os.waitpid(scan(killed), 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_that_a_scan_killed_ten_times_equals_the_uninterrupted_one_to_the_byte(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    places = [tmp_path / "whole", tmp_path / "killed"]
    # In a process of its own: one that forks must hold neither Qt nor threads.
    command = [sys.executable, "-c", KILLED, *map(str, places)]
    subprocess.run(command, cwd=root, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)
    stored = open_scan(places[1])
    assert stored is not None and stored.complete
    assert same_bytes(*places)


@pytest.mark.parametrize("folder", [None, "merged"])
def test_that_the_scans_of_two_parts_combine_to_that_of_the_whole(tmp_path: Path, folder: str | None) -> None:
    network, dataset = tiny_network(), pictures(900)
    whole = scanned(network, dataset)
    parts = [scanned(network, dataset, images=part) for part in (range(500, 900), range(500))]
    assert parts[0].header.first == 500 and parts[0].done == 400
    merged = merge_scans(parts, tmp_path / folder if folder else None)
    assert merged.header == whole.header and merged.complete
    for layer in LAYERS:
        assert np.allclose(merged.scores(layer), whole.scores(layer), atol=1e-6)
        assert merged.top_images(layer, 0, 9).tolist() == whole.top_images(layer, 0, 9).tolist()
    assert np.array_equal(merged.labels, whole.labels)
    if folder:
        opened = open_scan(tmp_path / folder)
        assert opened is not None and np.array_equal(opened.scores("bn1"), merged.scores("bn1"))


def test_that_parts_that_do_not_fit_are_refused_with_a_sentence() -> None:
    network, dataset = tiny_network(), pictures(900)
    first = scanned(network, dataset, images=range(300))
    for other, words in (
        (scanned(network, dataset, images=range(400, 900)), "begins at image 400 where 300"),
        (scanned(network, dataset, images=range(200, 900)), "begins at image 200 where 300"),
        (scanned(network, pictures(900, seed=1), images=range(300, 900)), "another network"),
        (finish(scan_activations(network, dataset, ["bn1"], images=range(300, 900))), "another network"),
    ):
        with pytest.raises(UserError, match=words):
            merge_scans([first, other])
    steps = scan_activations(network, dataset, LAYERS, images=range(300, 900))
    partial = next(event.scan for event in steps if isinstance(event, ScanStep) and event.scan.done)
    steps.close()
    with pytest.raises(UserError, match="only 256 of its 600"):
        merge_scans([first, partial])
    with pytest.raises(UserError, match="no scan"):
        merge_scans([])


def test_that_a_long_scan_that_is_not_stored_lies_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.analysis.scans.scan_files.MOST_IN_MEMORY", 300)
    network, dataset = tiny_network(), pictures(600)
    scan = scanned(network, dataset)
    assert isinstance(scan.tables["mean"].block(0).base, np.memmap)
    assert np.allclose(scan.scores("bn1"), scanned(network, pictures(600)).scores("bn1"))
    in_memory = scanned(network, pictures(300))
    assert not isinstance(in_memory.tables["mean"].block(0).base, np.memmap)


def test_that_a_disk_that_fills_up_keeps_what_was_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, dataset = tiny_network(), pictures(900)
    scanned(network, dataset, folder=tmp_path / "whole")
    from backend.analysis.scans import scan_files

    write = scan_files._write_all
    calls = iter(range(1000))

    def full(file: Any, values: Any) -> None:
        if next(calls) >= 12:  # in the third block
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, values)

    monkeypatch.setattr(scan_files, "_write_all", full)
    with pytest.raises(OSError, match="No space"):
        scanned(network, dataset, folder=tmp_path / "full")
    assert count_hooks(network) == 0
    stored = open_scan(tmp_path / "full")
    assert stored is not None and stored.done == 512
    monkeypatch.setattr(scan_files, "_write_all", write)
    scanned(network, dataset, folder=tmp_path / "full")
    assert same_bytes(tmp_path / "whole", tmp_path / "full")


def test_that_a_scan_for_which_there_is_no_room_does_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(activation_scan.shutil, "disk_usage", lambda place: usage)
    with pytest.raises(UserError, match="Not enough room"):
        scanned(tiny_network(), pictures(600), folder=tmp_path / "scan")
    assert not (tmp_path / "scan").exists()


def test_that_a_large_scan_says_what_it_will_take_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation_scan, "WORTH_SAYING", 1000)
    steps = scan_activations(tiny_network(), pictures(600), LAYERS, folder=tmp_path / "scan")
    first = next(steps)
    assert isinstance(first, Notice) and "600 images" in first.text and "MB" in first.text
    assert not (tmp_path / "scan").exists()
    finish(steps)
    again = next(scan_activations(tiny_network(), pictures(600), LAYERS, folder=tmp_path / "scan"))
    assert isinstance(again, ScanStep)


def test_that_the_size_on_disk_is_what_was_said(tmp_path: Path) -> None:
    scan = scanned(tiny_network(), pictures(600), folder=tmp_path / "scan")
    assert sum((tmp_path / "scan" / name).stat().st_size for name in TABLES) == scan.header.bytes_on_disk()


def test_that_less_memory_makes_the_batch_smaller_and_the_result_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    network, dataset = tiny_network(), pictures(300)
    whole = scanned(network, dataset)
    normalize = network.normalize

    def short_of_memory(images: Any) -> torch.Tensor:
        if len(images) > 16:
            raise torch.OutOfMemoryError("too much")
        return normalize(images)

    monkeypatch.setattr(network, "normalize", short_of_memory)
    events = list(scan_activations(network, dataset, LAYERS))
    said = [event.text for event in events if isinstance(event, Notice)]
    assert said and "16 images at once" in said[-1]
    last = next(event.scan for event in reversed(events) if isinstance(event, ScanStep))
    assert last.complete and np.allclose(last.scores("conv2"), whole.scores("conv2"), atol=1e-5)


def test_that_a_damaged_scan_is_computed_anew(tmp_path: Path) -> None:
    network, dataset = tiny_network(), pictures(300)
    scan = scanned(network, dataset, folder=tmp_path / "scan")
    for damage in (
        lambda: (tmp_path / "scan" / "mean").write_bytes(b"short"),
        lambda: (tmp_path / "scan" / "scan.json").write_text("{"),
        lambda: (tmp_path / "scan" / "maximum").unlink(),
        lambda: (tmp_path / "scan" / "scan.json").write_text('{"format": 99}'),
    ):
        damage()
        assert open_scan(tmp_path / "scan") is None
        again = scanned(network, dataset, folder=tmp_path / "scan")
        assert again.complete and np.array_equal(again.scores("bn1"), np.array(scan.scores("bn1")))


def test_that_another_network_in_the_same_folder_starts_anew(tmp_path: Path) -> None:
    dataset = pictures(300)
    scanned(tiny_network(), dataset, folder=tmp_path / "scan")
    other = tiny_network(classes=("x", "y", "z"))
    first = next(scan_activations(other, dataset, LAYERS, folder=tmp_path / "scan"))
    assert isinstance(first, ScanStep) and first.scan.done == 0


@pytest.mark.parametrize("count", [1, 255, 256, 257, 512])
def test_that_any_number_of_images_will_do(count: int) -> None:
    scan = scanned(tiny_network(), pictures(count, classes=1))
    assert scan.complete and scan.scores("relu2").shape == (count, 8)
    assert len(scan.top_images("relu2", 0, 9)) == min(9, count)
    assert np.array_equal(scan.labels, np.zeros(count, np.int32))


@pytest.mark.parametrize("images", [range(0), range(5, 5), range(301), range(-1, 4), range(0, 10, 2)])
def test_that_no_images_is_a_sentence(images: range) -> None:
    with pytest.raises(UserError, match="No images to scan"):
        scanned(tiny_network(), pictures(300), images=images)


def test_that_a_layer_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(UserError, match="layer9"):
        finish(scan_activations(tiny_network(), pictures(3), ["layer9"]))


def test_that_grey_images_of_a_one_channel_network_are_scanned() -> None:
    network, dataset = tiny_network(channels=1), pictures(10)
    scan = scanned(network, dataset)
    logits = network.logits(network.normalize(dataset.images(range(10))))
    assert np.allclose(scan.scores("logits"), logits.numpy(), atol=1e-5)


def test_that_an_image_that_vanishes_in_the_middle_ends_the_scan_with_its_sentence() -> None:
    network, dataset = tiny_network(), pictures(300)

    class Vanishing(ArrayDataset):
        def images(self, indices: Any) -> Any:
            if 280 in np.asarray(indices):
                raise UserError("Not found", "image 280 is not there any more.")
            return super().images(indices)

    dataset.__class__ = Vanishing
    steps = scan_activations(network, dataset, LAYERS)
    with pytest.raises(UserError, match="280"):
        finish(steps)
    assert count_hooks(network) == 0


def test_that_half_precision_is_taken_only_where_ranks_stay() -> None:
    network, dataset = tiny_network(), pictures(200)
    assert autocast_keeps_ranks(network, dataset, LAYERS, torch.float16)
    # Images that differ in one pixel have scores that differ by less than eight bits can tell.
    near = dataset.images([0] * 200)
    near[:, 5, 5, 0] = np.random.default_rng(0).permutation(200)
    close = ArrayDataset("close", "close", ("a",), [0] * 200, near, "close")
    assert not autocast_keeps_ranks(network, close, ["conv2"], torch.bfloat16)


@pytest.fixture
def trained() -> Iterator[Network]:
    yield load_network("cifar10-resnet18")


def test_that_the_cifar_scan_finds_what_the_network_knows(trained: Network, cifar10_folder: Path) -> None:
    from backend.analysis.datasets import open_dataset

    dataset = open_dataset(cifar10_folder / "test", size=(32, 32))
    rows = np.concatenate([np.flatnonzero(dataset.labels == label)[:26] for label in range(10)])
    few = ArrayDataset("few", "few", dataset.class_names, dataset.labels[rows], dataset.images(rows), "few")
    scan = finish(scan_activations(trained, few, ["logits"]))
    right = np.mean([scan.probabilities(image).argmax() == few.labels[image] for image in range(len(few))])
    assert right > 0.75
    dog = trained.classes.index("dog")
    assert np.mean(few.labels[scan.top_images("logits", dog, 9)] == dog) > 0.6
    assert len(few) > BLOCK
