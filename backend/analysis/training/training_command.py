"""The command line of the trainer: `python -m backend.analysis.training --help`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from backend.analysis.datasets import open_dataset
from backend.analysis.events import Notice, Progress, finish
from backend.analysis.networks import save_network
from backend.analysis.training.training import EpochResult, TrainingSettings, train
from backend.errors import UserError, describe

PROGRAM = "python -m backend.analysis.training"


def main(argv: Sequence[str] | None = None) -> int:
    """Train, print a line an epoch, write weights and card. Exit code 2 goes with a sentence on stderr."""
    words = list(sys.argv[1:] if argv is None else argv)
    options = _parser().parse_args(words)
    try:
        dataset = open_dataset(options.data)
        test = open_dataset(options.test) if options.test else None
        network = finish(train(dataset, _settings(options), test), _print)
        card = replace(network.card, reproduce=f"uv run {PROGRAM} {shlex.join(words)}")
        card = save_network(network, card, options.output, half=not options.float32)
    except (UserError, OSError, MemoryError, torch.OutOfMemoryError) as error:
        print(describe(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; nothing was written.", file=sys.stderr)
        return 130
    print(f"wrote {card.source} and its weights")
    return 0


def _print(event: EpochResult | Progress | Notice) -> None:
    if isinstance(event, EpochResult):
        print(
            f"epoch {event.epoch:3d}  loss {event.loss:.4f}  test accuracy {event.accuracy:.2%}  "
            f"{event.images_per_second:,.0f} images/s  {event.seconds:.1f} s",
            flush=True,
        )
    elif isinstance(event, Notice):
        print(event.text, file=sys.stderr)


def _settings(options: argparse.Namespace) -> TrainingSettings:
    return TrainingSettings(
        architecture=options.architecture,
        width=options.width,
        classes=tuple(name.strip() for name in options.classes.split(",") if name.strip()),
        epochs=options.epochs,
        batch=options.batch,
        learning_rate=options.learning_rate,
        weight_decay=options.weight_decay,
        label_smoothing=options.label_smoothing,
        augmentation=not options.plain,
        seed=options.seed,
        device=options.device,
        name=Path(options.output).name.removesuffix(".safetensors").removesuffix(".json"),
    )


def _parser() -> argparse.ArgumentParser:
    usual = TrainingSettings()
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Train a network; writes OUTPUT.safetensors and its card OUTPUT.json.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("data", help="cifar10, cifar100, or a folder with a sub-folder of images for each class")
    parser.add_argument("--output", required=True, help="where to write, without suffix; its name names the network")
    parser.add_argument("--test", help="test images, such as cifar10/test; without it a tenth is held out")
    parser.add_argument(
        "--architecture", default=usual.architecture, help="resnet18-cifar, vgg16-bn-cifar or torchvision/<name>"
    )
    parser.add_argument("--width", type=int, default=usual.width, help="filters of the first stage, at 32 px")
    parser.add_argument("--classes", default="", help="only these, by name: cat,dog")
    parser.add_argument("--epochs", type=int, default=usual.epochs)
    parser.add_argument("--batch", type=int, default=usual.batch)
    parser.add_argument("--learning-rate", type=float, default=usual.learning_rate, help="peak of the one-cycle")
    parser.add_argument("--weight-decay", type=float, default=usual.weight_decay)
    parser.add_argument("--label-smoothing", type=float, default=usual.label_smoothing)
    parser.add_argument("--plain", action="store_true", help="no random crop and flip")
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--float32", action="store_true", help="write float32 in place of float16")
    return parser
