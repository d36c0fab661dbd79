"""What a fine-tuning is asked for and what comes of it. Torch-free, for the window."""

from __future__ import annotations

from dataclasses import dataclass


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
        Images of the old test set.
    """

    rows: tuple[FineTuningRow, ...]
    trained: int
    tested: int
    held_out: bool
    old: int

    @property
    def remark(self) -> str:
        """Say which images the accuracy on new images is from."""
        if self.held_out:
            return (
                f"Trained on {self.trained} of {self.trained + self.tested} new images; "
                f"the accuracy on new images is that on the other {self.tested}."
            )
        return f"Too few new images to hold any out: the accuracy is that on the {self.tested} it was trained on."
