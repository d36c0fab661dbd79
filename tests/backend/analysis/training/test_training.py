"""The trainer on small synthetic images, its schedule and augmentation against literal ones, and its command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from backend.analysis.events import Notice, Progress, finish
from backend.analysis.images.image_dataset import ArrayDataset
from backend.analysis.networks import load_network
from backend.analysis.training.training import EpochResult, TrainingSettings, one_cycle, train
from backend.analysis.training.training_command import main
from backend.analysis.training.training_data import augment, choose, hold_out, samples_of, statistics
from backend.errors import UserError
from tests.steps import finish_with_events

SETTINGS = TrainingSettings(width=4, epochs=2, batch=32, learning_rate=0.05)


def stripes(count: int, seed: int = 0, names: tuple[str, ...] = ("upright", "flat", "noise")) -> ArrayDataset:
    """Noisy 16-px stripes, upright or flat (a crop and a flip leave the class as it is), and noise alone."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % len(names)
    pattern = np.where(np.arange(16) // 2 % 2, 70, 180)
    clean = np.stack([np.tile(pattern, (16, 1)), np.tile(pattern[:, None], (1, 16)), np.full((16, 16), 125)])
    noisy = clean[labels][..., None] + generator.normal(0, 20, (count, 16, 16, 3))
    return ArrayDataset("stripes", "stripes", names, labels, noisy.clip(0, 255).astype(np.uint8), f"{count} {seed}")


def test_that_two_classes_are_learned_and_the_card_says_how() -> None:
    settings = replace(SETTINGS, classes=("flat", "upright"), name="stripes-tiny", seed=3)
    events, network = finish_with_events(train(stripes(480), settings, stripes(90, seed=1)))
    epochs = [event for event in events if isinstance(event, EpochResult)]
    assert [event.epoch for event in epochs] == [1, 2]
    assert epochs[-1].accuracy > 0.9 and epochs[-1].loss < 0.3 and epochs[-1].images_per_second > 0
    card = network.card
    assert (card.name, card.classes, card.seed, card.input_size) == ("stripes-tiny", ("flat", "upright"), 3, (16, 16))
    assert card.test_accuracy == pytest.approx(epochs[-1].accuracy, abs=1e-4)
    assert dict(card.arguments) == {"width": 4} and "epochs 2, batch 32" in card.recipe
    assert card.data == "stripes: flat, upright"
    # Logit 0 is "flat", which is class 1 of the data set.
    test = stripes(30, seed=2)
    flat = network.normalize(test.images(np.flatnonzero(test.labels == 1)))
    assert (network.logits(flat).argmax(1) == 0).float().mean() > 0.9
    assert not network.module.training and not any(p.requires_grad for p in network.module.parameters())


def test_that_progress_counts_the_images_of_all_epochs() -> None:
    events, _ = finish_with_events(train(stripes(96), SETTINGS, stripes(9)))
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(event.done, event.total, event.unit) for event in progress] == [(96, 192, "images"), (192, 192, "images")]


def test_that_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.rand(seed + 1)  # The random numbers of others must not matter.
        network = finish(train(stripes(64), replace(SETTINGS, epochs=1, seed=seed), stripes(9)))
        return network.module.get_parameter("layer4.1.conv2.weight")

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_that_a_training_leaves_everyone_elses_random_numbers_alone() -> None:
    before = torch.get_rng_state()
    finish(train(stripes(64), replace(SETTINGS, epochs=1), stripes(9)))
    assert torch.equal(torch.get_rng_state(), before)


def test_that_without_a_test_set_a_tenth_of_each_class_is_held_out_and_said() -> None:
    events, _ = finish_with_events(train(stripes(120), replace(SETTINGS, epochs=1)))
    assert [event.text for event in events if isinstance(event, Notice)] == [
        "No test set: the accuracy is that on 12 of 120 images, held out of training."
    ]
    kept, held = hold_out(np.arange(120), np.arange(120) % 3, seed=0)
    assert (kept ^ held).all() and np.bincount(np.arange(120)[held] % 3).tolist() == [4, 4, 4]


def test_that_given_weights_are_the_start_and_stay_as_they_are() -> None:
    start = finish(train(stripes(96), replace(SETTINGS, epochs=1), stripes(9))).module
    before = {name: tensor.clone() for name, tensor in start.state_dict().items()}
    settings = replace(SETTINGS, epochs=1, learning_rate=1e-12)
    again = finish(train(stripes(96), settings, stripes(9), module=start)).module
    torch.testing.assert_close(again.get_parameter("conv1.weight"), start.get_parameter("conv1.weight"))
    assert all(torch.equal(tensor, before[name]) for name, tensor in start.state_dict().items())


def test_that_a_loss_that_becomes_nan_stops_with_a_sentence() -> None:
    class Explosive(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv2d(3, 3, 16)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits = self.convolution(x).flatten(1)
            return logits * torch.nan if self.training else logits

    with pytest.raises(UserError, match=r"epoch 1.*smaller learning rate than 0\.05"):
        finish(train(stripes(64), SETTINGS, stripes(9), module=Explosive()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": ("flat", "zebra")}, "zebra"),
        ({"classes": ("flat",)}, "two classes"),
        ({"epochs": 0}, "one epoch"),
        ({"architecture": "torchvision/alexnet", "arguments": {}}, "3×16×16"),
    ],
)
def test_that_what_cannot_be_trained_is_a_sentence(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        finish(train(stripes(60), replace(SETTINGS, **changes), stripes(9)))


def test_that_a_class_without_images_is_named() -> None:
    with pytest.raises(UserError, match="noise"):
        choose(stripes(2), ("upright", "noise"))


def test_that_the_schedule_is_torchs_one_cycle() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1)
    reference = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.3, total_steps=40, pct_start=0.25, cycle_momentum=False
    )
    for step in range(40):
        assert one_cycle(step, 40, 0.3) == pytest.approx(reference.get_last_lr()[0], rel=1e-6)
        optimizer.step()
        if step < 39:
            reference.step()


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_that_the_shortest_schedules_stay_within_their_peak(steps: int) -> None:
    assert all(0 < one_cycle(step, steps, 0.3) <= 0.3 for step in range(steps))


def test_that_augmentation_is_a_crop_out_of_the_reflected_image_with_a_flip_of_half() -> None:
    batch = np.random.default_rng(0).integers(0, 256, (200, 16, 24, 3), dtype=np.uint8)
    shown = augment(torch.from_numpy(batch), torch.Generator().manual_seed(0)).numpy()
    flips, places = 0, set()
    for image, result in zip(batch, shown, strict=True):
        padded = np.pad(image, ((2, 2), (3, 3), (0, 0)), mode="reflect")
        found = [
            (top, left, flip)
            for top in range(5)
            for left in range(7)
            for flip in (False, True)
            if np.array_equal(padded[top : top + 16, left : left + 24][:, :: -1 if flip else 1], result)
        ]
        assert len(found) == 1
        flips += found[0][2]
        places.add(found[0][:2])
    assert 70 < flips < 130
    assert len(places) == 35


def test_that_an_image_too_small_to_shift_is_only_mirrored() -> None:
    pixel = torch.tensor([[[[1, 2, 3]]]], dtype=torch.uint8)
    assert torch.equal(augment(pixel, torch.Generator().manual_seed(0)), pixel)


def test_that_the_statistics_are_those_of_all_pixels() -> None:
    dataset = stripes(30)
    rows = np.arange(30)
    mean, std = statistics(samples_of(dataset, rows, dataset.labels, torch.device("cpu")))
    pixels = dataset.images(rows).reshape(-1, 3) / 255
    np.testing.assert_allclose(mean, pixels.mean(0), atol=1e-4)
    np.testing.assert_allclose(std, pixels.std(0), atol=1e-4)


def test_that_images_too_many_for_memory_are_read_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, rows = stripes(30), np.arange(3, 30)
    held = samples_of(dataset, rows, dataset.labels[rows], torch.device("cpu"))
    monkeypatch.setattr("backend.analysis.training.training_data._HELD_BYTES", 0)
    streamed = samples_of(dataset, rows, dataset.labels[rows], torch.device("cpu"))
    picks = torch.tensor([5, 0, 26])
    assert torch.equal(held.read(picks), streamed.read(picks))
    np.testing.assert_array_equal(held.read(picks).numpy(), dataset.images(rows[picks.numpy()]))


def test_that_the_command_writes_a_network_that_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = stripes(60)
    for index, (image, label) in enumerate(dataset):
        folder = tmp_path / "data" / dataset.class_names[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{index}.png")
    words = [str(tmp_path / "data"), "--width", "4", "--classes", "flat,noise", "--epochs", "1", "--batch", "8"]
    words += ["--device", "cpu", "--output", str(tmp_path / "mine")]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("epoch   1  loss ") and len(lines) == 2
    network = load_network(tmp_path / "mine.json")
    assert network.classes == ("flat", "noise") and network.name == "mine"
    assert network.card.reproduce.startswith("uv run python -m backend.analysis.training ")
    assert "--classes flat,noise" in network.card.reproduce


def test_that_the_command_answers_bad_input_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "absent"), "--output", str(tmp_path / "mine")]) == 2
    errors = capsys.readouterr().err
    assert "absent" in errors and "Traceback" not in errors
    assert list(tmp_path.glob("mine*")) == []
