"""Train a network: a generator of epochs, and `python -m backend.analysis.training` for the command line."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from backend.analysis.cards import NetworkCard
from backend.analysis.events import Notice, Progress
from backend.analysis.images.image_dataset import ImageDataset
from backend.analysis.network import Network
from backend.analysis.training.training_data import Samples, augment, choose, hold_out, samples_of, statistics
from backend.analysis.weights.architectures import OWN_ARCHITECTURES, build
from backend.analysis.weights.narrow_convolutions import is_narrow, without_onednn
from backend.errors import UserError

MOMENTUM = 0.9
WARM_UP = 0.25
# As torch's OneCycleLR: the first step takes 1/25 of the peak rate, the last one next to nothing.
_FIRST_SHARE, _LAST_SHARE = 1 / 25, 1 / 250_000
_PROGRESS_IMAGES = 2_048
_TEST_BATCH = 500


@dataclass(frozen=True)
class TrainingSettings:
    """What decides a training, besides the images.

    Attributes
    ----------
    architecture : str
        A name of `backend.analysis.weights.architectures`.
    width : int
        For the 32-px architectures; torchvision's have none.
    arguments : mapping
        More keyword arguments of the architecture.
    classes : tuple of str
        Names of the data set's classes to tell apart, in the order of the logits; empty means all.
    epochs, batch : int
    learning_rate : float
        The peak of the one-cycle schedule.
    weight_decay, label_smoothing : float
    augmentation : bool
        Random crop with a reflected border of an eighth of the side, and horizontal flip.
    seed : int
        Of weights, order and augmentation: on the CPU the same seed and thread count give the same bytes.
    device : str
    name : str
        Of the network; empty means made of data set and architecture.
    """

    architecture: str = "resnet18-cifar"
    width: int = 64
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    classes: tuple[str, ...] = ()
    epochs: int = 30
    batch: int = 128
    learning_rate: float = 0.1
    weight_decay: float = 5e-4
    label_smoothing: float = 0.0
    augmentation: bool = True
    seed: int = 0
    device: str = "cpu"
    name: str = ""

    @property
    def recipe(self) -> str:
        """The recipe in words, as it stands in the card."""
        crop = "random crop with reflected padding of 1/8 of the side, horizontal flip; " if self.augmentation else ""
        smoothing = f", label smoothing {self.label_smoothing:g}" if self.label_smoothing else ""
        return (
            f"SGD with Nesterov momentum {MOMENTUM:g}, weight decay {self.weight_decay:g}{smoothing}, "
            f"one-cycle ({WARM_UP:.0%} warm-up), {crop}"
            f"epochs {self.epochs}, batch {self.batch}, peak learning rate {self.learning_rate:g}"
        )


@dataclass(frozen=True)
class EpochResult:
    """One pass over the training images.

    Attributes
    ----------
    epoch : int
        From 1.
    loss : float
        Mean cross-entropy over the epoch, in nats.
    accuracy : float
        Share of the test images, 0..1.
    images_per_second : float
        Of training alone.
    seconds : float
        Training and test.
    """

    epoch: int
    loss: float
    accuracy: float
    images_per_second: float
    seconds: float


TrainingSteps = Generator[EpochResult | Progress | Notice, None, Network]


def train(
    dataset: ImageDataset,
    settings: TrainingSettings | None = None,
    test: ImageDataset | None = None,
    module: nn.Module | None = None,
) -> TrainingSteps:
    """Train a network on any classes of a data set, at the size of its images.

    Parameters
    ----------
    dataset : ImageDataset
    settings : TrainingSettings, optional
    test : ImageDataset, optional
        Without it a tenth of every class is held out for the test.
    module : nn.Module, optional
        Weights to start from; it is copied, not changed. By default the settings' architecture with fresh weights.

    Yields
    ------
    EpochResult, Progress or Notice
        Progress in images, over all epochs.

    Returns
    -------
    Network
        Its card says data, recipe, seed and test accuracy.

    Raises
    ------
    UserError
        Where a class is not in the data, the network does not take images of this size, or the loss becomes NaN.
    """
    settings = settings or TrainingSettings()
    classes = settings.classes or dataset.class_names
    training, tested, notice = _split(dataset, test, classes, settings)
    if notice is not None:
        yield notice
    mean, std = statistics(training)
    module = _fresh(settings, len(classes), dataset.size) if module is None else copy.deepcopy(module)
    card = NetworkCard(
        name=settings.name or f"{dataset.name.partition('/')[0]}-{settings.architecture.rpartition('/')[2]}",
        architecture=settings.architecture,
        arguments=MappingProxyType(_arguments(settings)),
        classes=tuple(classes),
        input_size=dataset.size,
        mean=mean,
        std=std,
        data=dataset.name if len(classes) == len(dataset.class_names) else f"{dataset.name}: {', '.join(classes)}",
        recipe=settings.recipe,
        seed=settings.seed,
    )
    # Refuses a wrong size or device before the first step; the trainer then takes its module over.
    network = Network(module, card, settings.device)
    accuracy = yield from _epochs(network, training, tested, settings)
    return Network(network.module, replace(card, test_accuracy=round(accuracy, 4)), settings.device)


def one_cycle(step: int, steps: int, peak: float) -> float:
    """Give the learning rate of a step (from 0): up over the first quarter, down over the rest, along cosines."""
    summit = max(WARM_UP * steps - 1, 1e-9)
    if step <= summit:
        return _along_cosine(_FIRST_SHARE * peak, peak, step / summit)
    return _along_cosine(peak, _LAST_SHARE * peak, (step - summit) / max(steps - 1 - summit, 1e-9))


def _along_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _split(
    dataset: ImageDataset, test: ImageDataset | None, classes: tuple[str, ...], settings: TrainingSettings
) -> tuple[Samples, Samples, Notice | None]:
    if settings.epochs < 1 or settings.batch < 2 or len(classes) < 2:
        raise UserError(
            "Nothing to train", "Training needs at least one epoch, a batch of two and two classes.", "Change those."
        )
    device = torch.device(settings.device)
    rows, targets = choose(dataset, classes)
    if test is not None:
        tested = samples_of(test, *choose(test, classes), device)
        return samples_of(dataset, rows, targets, device), tested, None
    kept, held = hold_out(rows, targets, settings.seed)
    if kept.sum() < 2:
        raise UserError("Too few images", f"{dataset.name} has {len(rows)} images of these classes.", "Add images.")
    notice = Notice(f"No test set: the accuracy is that on {held.sum()} of {len(rows)} images, held out of training.")
    training = samples_of(dataset, rows[kept], targets[kept], device)
    return training, samples_of(dataset, rows[held], targets[held], device), notice


def _arguments(settings: TrainingSettings) -> dict[str, Any]:
    own = {"width": settings.width} if settings.architecture in OWN_ARCHITECTURES else {}
    return {**own, **settings.arguments}


def _fresh(settings: TrainingSettings, classes: int, size: tuple[int, int]) -> nn.Module:
    with _seeded(settings.seed, torch.device("cpu")):
        return build(settings.architecture, classes, size, _arguments(settings))


def _epochs(
    network: Network, training: Samples, tested: Samples, settings: TrainingSettings
) -> Generator[EpochResult | Progress, None, float]:
    module = network.module.requires_grad_(True)
    optimizer = torch.optim.SGD(
        module.parameters(),
        lr=settings.learning_rate,
        momentum=MOMENTUM,
        nesterov=True,
        weight_decay=settings.weight_decay,
    )
    generator = torch.Generator().manual_seed(settings.seed)
    accuracy = 0.0
    for epoch in range(settings.epochs):
        start = time.perf_counter()
        loss = yield from _epoch(network, training, optimizer, settings, epoch, generator)
        trained = time.perf_counter()
        accuracy = yield from _accuracy(network, tested, settings)
        speed = len(training) / max(trained - start, 1e-9)
        yield EpochResult(epoch + 1, loss, accuracy, speed, time.perf_counter() - start)
    return accuracy


def _epoch(
    network: Network,
    samples: Samples,
    optimizer: torch.optim.Optimizer,
    settings: TrainingSettings,
    epoch: int,
    generator: torch.Generator,
) -> Generator[Progress, None, float]:
    batches = _batches(len(samples), settings.batch, generator)
    total = torch.zeros((), device=network.device)
    seen, said, total_images = 0, 0, settings.epochs * len(samples)
    network.module.train()
    for number, picks in enumerate(batches):
        step = epoch * len(batches) + number
        for group in optimizer.param_groups:
            group["lr"] = one_cycle(step, settings.epochs * len(batches), settings.learning_rate)
        images = samples.read(picks)
        images = augment(images, generator) if settings.augmentation else images
        targets = samples.targets[picks.to(network.device)]
        with _seeded(settings.seed + 1 + step, network.device):
            total += len(picks) * _step(network, images, targets, optimizer, settings)
        seen += len(picks)
        if seen - said >= _PROGRESS_IMAGES or number + 1 == len(batches):
            said = seen
            # The sum stays NaN once one loss was, so looking now and then (each look waits for a GPU) misses none.
            if not math.isfinite(total.item()):
                raise _diverged(epoch, step, settings)
            yield Progress(epoch * len(samples) + seen, total_images, "images")
    return float(total) / seen


def _step(
    network: Network, images: Tensor, targets: Tensor, optimizer: torch.optim.Optimizer, settings: TrainingSettings
) -> Tensor:
    inputs = network.normalize(images)
    with without_onednn(is_narrow(network)):
        with torch.autocast("cuda", torch.bfloat16, enabled=network.device.type == "cuda"):
            logits = network.logits(inputs)
        loss = cross_entropy(logits.float(), targets, label_smoothing=settings.label_smoothing)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach()


def _accuracy(network: Network, samples: Samples, settings: TrainingSettings) -> Generator[Progress, None, float]:
    """Share of right answers; yields between batches, so that a long test can be cancelled too."""
    right = torch.zeros((), dtype=torch.int64, device=network.device)
    network.module.eval()
    batches = torch.arange(len(samples)).split(_TEST_BATCH)  # type: ignore[no-untyped-call]
    for number, picks in enumerate(batches):
        with torch.inference_mode():
            logits = network.logits(network.normalize(samples.read(picks)))
            right += (logits.argmax(1) == samples.targets[picks.to(network.device)]).sum()
        if number + 1 < len(batches) and number % 4 == 3:
            yield Progress((number + 1) * _TEST_BATCH, len(samples), "test images")
    return right.item() / len(samples)


def _batches(count: int, batch: int, generator: torch.Generator) -> list[Tensor]:
    order = torch.randperm(count, generator=generator).split(min(batch, count))  # type: ignore[no-untyped-call]
    # A short last batch would weigh its images more, and batch norm cannot take a single one.
    return [picks for picks in order if len(picks) == len(order[0])]


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Fix the random numbers of dropout and fresh weights, and leave everyone else's as they were."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _diverged(epoch: int, step: int, settings: TrainingSettings) -> UserError:
    return UserError(
        "The training diverged",
        f"The loss became NaN or infinite in epoch {epoch + 1}, at step {step + 1} or shortly before.",
        f"Use a smaller learning rate than {settings.learning_rate:g}; the network was not saved.",
    )
