"""What a fine-tuning is asked for and what comes of it. Torch-free, for the window."""

from __future__ import annotations

import math
from dataclasses import dataclass

NEARLY_ALL = 0.9
"""Share of a layer's filters from which on it makes little difference that only those on the paths are trained."""


@dataclass(frozen=True)
class FineTuningSettings:
    """What decides a fine-tuning, besides images and filters.

    Attributes
    ----------
    epochs : int
        Passes over the new images.
    learning_rate : float
        The same at every step; with Nesterov momentum 0.9, and no weight decay.
    batch : int
        New images in a step.
    seed : int
        Of the split and of the order of the images: on the CPU the same seed and thread count give the same result.
    """

    epochs: int = 20
    learning_rate: float = 0.001
    batch: int = 16
    seed: int = 0


@dataclass(frozen=True)
class FineTuningRow:
    """One way to fine-tune, from the same start and with the same steps as the others. Accuracies are shares in 0..1.

    Attributes
    ----------
    name : str
        "filters on the paths", "last layer" or "all weights".
    weights_changed : int
        Weights (single numbers) that this way trains; no other changes by a bit.
    new_before, new_after : float
        Accuracy on the new images: on those held out, where some are.
    old_before, old_after : float
        Accuracy on the old test set.
    """

    name: str
    weights_changed: int
    new_before: float
    new_after: float
    old_before: float
    old_after: float


@dataclass(frozen=True)
class FineTuning:
    """The three ways beside each other.

    Attributes
    ----------
    rows : tuple of FineTuningRow
    trained, tested : int
        New images that were trained on, and those that the accuracy on new images is from.
    held_out : bool
        Whether these are different images.
    old : int
        Images of the old test set that were tested.
    left_out : int
        Images of the old test set that were not, for they are among the new ones.
    layer : str
        Whose filters were trained.
    filters, of_filters : int
        Filters that were trained, and those of the layer in all.
    new_classes : tuple of str
        Classes of the new images.
    unseen_classes : tuple of str
        Classes of the network that the old test set has no image of any more.
    """

    rows: tuple[FineTuningRow, ...]
    trained: int
    tested: int
    held_out: bool
    old: int
    left_out: int = 0
    layer: str = ""
    filters: int = 0
    of_filters: int = 0
    new_classes: tuple[str, ...] = ()
    unseen_classes: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """Say which images the accuracy on new images is from."""
        if self.held_out:
            return (
                f"Trained on {self.trained} of {self.trained + self.tested} new images; "
                f"the accuracy on new images is that on the other {self.tested}."
            )
        return f"Too few new images to hold any out: the accuracy is that on the {self.tested} it was trained on."

    @property
    def filters_remark(self) -> str:
        """Say how much of the layer the paths' filters are."""
        share = self.filters / max(self.of_filters, 1)
        words = f"{self.filters:,} of the {self.of_filters:,} filters of {self.layer} are critical on the paths"
        if share == 1:
            return f"All {self.of_filters:,} filters of {self.layer} are critical on the paths: none is spared."
        if share >= NEARLY_ALL:
            return f"{words}: nearly all, so few are spared."
        return f"{words}."

    @property
    def conclusion(self) -> str:
        """Say what the paths' filters come to, beside the last layer."""
        if all(row.new_after <= row.new_before for row in self.rows):
            return "None of the three learns the new images in these steps: take more epochs or a larger learning rate."
        paths, last = self.rows[0], self.rows[1]
        gains = paths.new_after - paths.new_before, last.new_after - last.new_before
        losses = paths.old_before - paths.old_after, last.old_before - last.old_after
        learn = _compared(paths.new_after, last.new_after, self.tested)
        forget = _compared(last.old_after, paths.old_after, self.old)
        gained = f"({_points(gains[0])} against {_points(gains[1])} points)"
        lost = f"({_points(-losses[0])} against {_points(-losses[1])})"
        both = "and" if learn != "more" or forget != "more" else "but also"
        return f"The paths' filters learn {learn} {_than(learn)} the last layer {gained} {both} forget {forget} {lost}."

    @property
    def cautions(self) -> tuple[str, ...]:
        """Say what the choice of images alone does to the figures; a sentence each, often none."""
        found = []
        if len(self.new_classes) == 1:
            name = self.new_classes[0]
            found.append(
                f"All new images are of {name}: all that is to learn is to say {name} more often, "
                "at the cost of the other classes."
            )
        before = self.rows[0]
        if before.new_before == 0:
            if before.old_before == 1:
                words = f"and all {self.old:,} old ones rightly: the first can only gain, the others only lose."
            else:
                words = "so they can only gain."
            found.append(f"The new images tested were all seen wrongly before, {words}")
        if self.left_out:
            found.append(f"{self.left_out:,} of the old test set's images are among the new ones, and not tested.")
        if self.unseen_classes:
            found.append(f"No old image is left of {', '.join(self.unseen_classes)}.")
        return tuple(found)


def _compared(first: float, second: float, images: int) -> str:
    """Say how a share stands to another of as many images: "as much" within what chance makes of it.

    Chance is the standard error of the difference of two shares, which is too large rather than too small here, for
    both are of the same images.
    """
    middle = (first + second) / 2
    error = math.sqrt(2 * middle * (1 - middle) / max(images, 1))
    if abs(first - second) <= error:
        return "as much"
    return "more" if first > second else "less"


def _than(word: str) -> str:
    return "as" if word == "as much" else "than"


def _points(change: float) -> str:
    """Give a change of a share in per cent points, with its sign: "+12.3", "−0.4", "0.0"."""
    text = f"{100 * change:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")
