"""Optimise images until they excite a unit (paper sec. 2, eq. 1 and 2)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.analysis.arrays import frozen
from backend.analysis.capture import Captured, capturing
from backend.analysis.events import Progress
from backend.analysis.history import Curves, History
from backend.analysis.maximization.ascent import Ascent
from backend.analysis.maximization.canvases import Canvas
from backend.analysis.maximization.gradient_transforms import transform_gradient, transform_input
from backend.analysis.maximization.maximization_settings import PRESETS, MaximizationSettings
from backend.analysis.maximization.regularizers import penalties_of
from backend.analysis.networks import Network
from backend.analysis.objectives import Objective, Unit, check_objective, evaluate_terms, needed_calls
from backend.errors import UserError

__all__ = ["PRESETS", "Maximization", "MaximizationSettings", "MaximizationStep", "maximize"]

FRAME_SHARE = 0.04
"""Share of the time that may go into making frames, where a frame rate is asked for: large images get fewer."""
LONGEST_WAIT = 0.2
"""Seconds between two frames at the most, however dear they are: pause and cancel wait for the next one."""
PROBABILITY_SHARE = 0.01
"""Share of the time that may go into class probabilities, which the optimisation itself does not need."""


@dataclass(frozen=True, eq=False)
class MaximizationStep:
    """The state after one step, fit to cross the thread border: every array is read-only.

    Attributes
    ----------
    step : int
        Steps done, from 1.
    steps : int
        Steps that the settings ask for.
    images : ndarray of uint8
        (images, height, width, 3), after the step.
    scores : ndarray of float32
        (images,), Φ of the image that the step started from, as the random transform showed it.
    curve, norm_curve : ndarray of float32
        (steps done, images), Φ and the gradient norm of every step so far.
    terms : ndarray of float32
        (terms, images), the weighted units of Φ.
    penalties : dict of str to ndarray of float32
        (images,) each: λR of the regularisers that are on, "alpha-norm" and "total variation".
    gradient_norm : ndarray of float32
        (images,), L2 norm over the canvas.
    silent : ndarray of bool
        (images,), whether Φ had no gradient at all: a unit behind a dead ReLU.
    probabilities : ndarray of float32 or None
        (images, classes) of the plain image; the newest there is.
    difference : ndarray of float32
        (images, height, width), sqrt(Σ_c |x_f − x_s|²) against the start, in normalised units (paper sec. 2.1).
    film_steps : tuple of int
    film : tuple of ndarray of uint8
        A thinned sequence of frames from step 0 on, each (images, height, width, 3).
    changes : tuple of (int, MaximizationSettings)
        Settings that were sent while the run went on, each with the step after which it was taken.
    step_time : float
        Seconds a step, averaged since the last yield.
    """

    step: int
    steps: int
    images: NDArray[np.uint8]
    scores: NDArray[np.float32]
    curve: NDArray[np.float32]
    norm_curve: NDArray[np.float32]
    terms: NDArray[np.float32]
    penalties: dict[str, NDArray[np.float32]]
    gradient_norm: NDArray[np.float32]
    silent: NDArray[np.bool_]
    probabilities: NDArray[np.float32] | None
    difference: NDArray[np.float32]
    film_steps: tuple[int, ...]
    film: tuple[NDArray[np.uint8], ...]
    changes: tuple[tuple[int, MaximizationSettings], ...]
    step_time: float

    latest_wins: ClassVar[bool] = True

    @property
    def progress(self) -> Progress:
        return Progress(self.step, self.steps, "steps")


@dataclass(frozen=True, eq=False)
class Maximization:
    """What an optimisation gave.

    Attributes
    ----------
    start, images : Tensor
        (images, channels, height, width), normalised float32: before and after. Image i started from
        start[i // rates] with rate i % rates.
    scores : ndarray of float32
        (steps,), Φ at each evaluated step, averaged over the images.
    image_scores : ndarray of float32
        (steps, images).
    gradient_norms : ndarray of float32
        (steps, images).
    probabilities : ndarray of float32
        (images, classes) of the plain final images.
    silent : ndarray of bool
        (images,), whether Φ never had a gradient.
    history : History
        A thinned sequence of frames.
    """

    start: Tensor
    images: Tensor
    scores: NDArray[np.float32]
    image_scores: NDArray[np.float32]
    gradient_norms: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    silent: NDArray[np.bool_]
    history: History


def maximize(
    network: Network,
    objective: Objective | Unit,
    start: Tensor,
    settings: MaximizationSettings | None = None,
) -> Generator[MaximizationStep, MaximizationSettings | None, Maximization]:
    """Optimise images so that they maximise Φ(x) − Σ λR(x) (paper eq. 2), the weights being fixed.

    Parameters
    ----------
    network : Network
    objective : Objective or Unit
        Φ. Every image of the batch climbs it on its own: a batch gives what its images would give alone.
    start : Tensor
        (images, channels, height, width) or (channels, height, width), float32, normalised.
    settings : MaximizationSettings, optional
        R is averaged over the values of the image, so that a λ means the same at any size.

    Yields
    ------
    MaximizationStep
        After every step, or at most `frame_rate` times a second. `send(settings)` takes effect at the next step.

    Returns
    -------
    Maximization

    Raises
    ------
    UserError
        Where a unit does not exist, the start does not fit, or Φ becomes NaN (the sentence says at which step).
    """
    settings = settings or MaximizationSettings()
    check_objective(objective, network.card)
    run = _Run(network, objective, _batch(network, start, settings), settings)
    calls = needed_calls(objective, network.card)
    with capturing(network.module, calls, before_relu=True) as forward:
        while run.step < run.settings.steps:
            run.advance(forward)
            if run.frame_due():
                sent = yield run.frame()
                while sent is not None:
                    run.change(sent)
                    sent = yield run.frame()
                run.go_on()
    return run.result()


def _batch(network: Network, start: Tensor, settings: MaximizationSettings) -> Tensor:
    """Repeat every start once for each learning rate."""
    images = start.detach().to(network.device, torch.float32)
    images = images.unsqueeze(0) if images.dim() == 3 else images
    if images.dim() != 4 or images.shape[1] != network.in_channels or not len(images):
        raise UserError(
            "The start does not fit",
            f"Its shape is {tuple(start.shape)}; {network.name} takes (images, {network.in_channels}, height, width).",
            "Normalise a picture with the network's own normalize().",
        )
    return images.repeat_interleave(len(settings.learning_rates), 0)


class _Run:
    """The mutable state of one optimisation."""

    def __init__(self, network: Network, objective: Objective | Unit, start: Tensor, settings: MaximizationSettings):
        self.network, self.objective, self.start, self.settings = network, objective, start, settings
        self.step = self._yielded_step = 0
        self._rates = self._rate_of_each()
        self.canvas = Canvas(start, settings, network.value_range)
        self._rng = torch.Generator().manual_seed(settings.seed)
        self._ascent = Ascent()
        self._history = History(network.to_images(self.canvas.centre()))
        self._curves = Curves(len(start))
        self._alive = torch.zeros(len(start), dtype=torch.bool, device=start.device)
        self._terms = start.new_zeros(1, len(start))
        self._penalties: dict[str, Tensor] = {}
        self._scale: Tensor | None = None
        self._probabilities: NDArray[np.float32] | None = None
        self._probabilities_due = self._yielded = self._resumed = time.perf_counter()
        self._step_time = self._frame_time = 0.0
        self._changes: list[tuple[int, MaximizationSettings]] = []

    def advance(self, forward: Callable[[Tensor], Captured]) -> None:
        """Take one step: evaluate Φ − λR, pull its gradient back to the canvas, climb."""
        settings, canvas = self.settings, self.canvas
        canvas.parameters.requires_grad_()
        image = canvas.image()
        view = transform_input(image, canvas.size, settings, self._rng)
        captured = forward(view.contiguous(memory_format=torch.channels_last))
        terms = evaluate_terms(self.objective, captured, settings.pre_activation)
        penalties = penalties_of(image, settings)
        through = image is not canvas.parameters
        (gradient,) = torch.autograd.grad(terms.sum(), image, retain_graph=through)
        norms = gradient.flatten(1).norm(dim=1)
        # Before the regularisers: they have a gradient even where the unit is silent.
        self._alive |= norms > 0
        # Φ's gradient alone: blurred and shifted, that of the regularisers would grow rays.
        gradient = transform_gradient(gradient, settings, self._rng)
        if penalties:
            scale = self._objective_scale(norms)
            penalties = {name: penalty * scale for name, penalty in penalties.items()}
            total = torch.stack([penalty.sum() for penalty in penalties.values()]).sum()
            gradient = gradient - torch.autograd.grad(total, image, retain_graph=through)[0]
            norms = gradient.flatten(1).norm(dim=1)
        # As a product: `grad_outputs` would import sympy, half a second before the first picture.
        along = torch.autograd.grad((image * gradient).sum(), canvas.parameters)[0] if through else gradient
        canvas.parameters.requires_grad_(False)
        rates = self._rates.view(-1, *(1,) * (along.dim() - 1))
        self._ascent.step(canvas.parameters, along, rates, settings.optimizer)
        if settings.clip:
            canvas.clip()
        self._terms, self._penalties = terms.detach(), penalties
        self._curves.append(self._terms.sum(0), norms)
        self.step += 1

    def _objective_scale(self, norms: Tensor) -> Tensor | float:
        """Return what a λ counts in, (images,): the norm of Φ's gradient over the last ten steps or so, or 1."""
        if not self.settings.relative_weights:
            return 1.0
        self._scale = norms if self._scale is None else self._scale.lerp(norms, 0.1)
        return self._scale

    def change(self, settings: MaximizationSettings) -> None:
        """Go on with other settings; the canvas is made anew from the picture where its kind changes."""
        old, self.settings = self.settings, settings
        self._rates = self._rate_of_each()
        if replace(settings, frame_rate=old.frame_rate) != old:
            self._changes.append((self.step, settings))
        kind = ("parametrization", "decorrelate_colour", "margin")
        if any(getattr(old, name) != getattr(settings, name) for name in kind):
            self.canvas = Canvas(self.canvas.centre(), settings, self.network.value_range)
            self._ascent.forget()

    def go_on(self) -> None:
        """Begin to count step time: what passed since the last frame may have been a pause."""
        self._resumed = time.perf_counter()

    def frame_due(self) -> bool:
        rate = self.settings.frame_rate
        if self.step >= self.settings.steps or not 0 < rate < math.inf:
            return True
        wait = max(1 / rate, min(self._frame_time / FRAME_SHARE, LONGEST_WAIT))
        return time.perf_counter() - self._yielded >= wait

    def frame(self) -> MaximizationStep:
        """Describe the present state; raises `UserError` where Φ has become NaN."""
        self._check_finite()
        now = time.perf_counter()
        if self.step > self._yielded_step:
            self._step_time = (now - self._resumed) / (self.step - self._yielded_step)
        self._yielded, self._yielded_step = now, self.step
        centre_image = self.canvas.centre()
        images = frozen(self.network.to_images(centre_image))
        self._history.add(self.step, images)
        scores, norms = self._curves.arrays()
        self._frame_time = time.perf_counter() - now
        self._update_probabilities(centre_image)
        return MaximizationStep(
            step=self.step,
            steps=self.settings.steps,
            images=images,
            scores=scores[-1],
            curve=scores,
            norm_curve=norms,
            terms=frozen(self._terms.cpu().numpy()),
            penalties={name: frozen(value.detach().cpu().numpy()) for name, value in self._penalties.items()},
            gradient_norm=norms[-1],
            silent=frozen(~self._alive.cpu().numpy()),
            probabilities=self._probabilities,
            difference=frozen((centre_image - self.start).square().sum(1).sqrt().cpu().numpy()),
            film_steps=tuple(self._history.steps),
            film=tuple(self._history.frames),
            changes=tuple(self._changes),
            step_time=self._step_time,
        )

    def result(self) -> Maximization:
        self._check_finite()
        images = self.canvas.centre()
        scores, norms = self._curves.arrays()
        return Maximization(
            start=self.start,
            images=images,
            scores=frozen(scores.mean(1)),
            image_scores=scores,
            gradient_norms=norms,
            probabilities=_probabilities(self.network, images),
            silent=frozen(~self._alive.cpu().numpy()),
            history=self._history,
        )

    def _rate_of_each(self) -> Tensor:
        rates = self.settings.learning_rates
        # A live change may bring another number of rates than the batch was made for: the rates then repeat.
        return self.start.new_tensor([rates[index % len(rates)] for index in range(len(self.start))])

    def _update_probabilities(self, images: Tensor) -> None:
        now = time.perf_counter()
        if now < self._probabilities_due and self.step < self.settings.steps:
            return
        self._probabilities = _probabilities(self.network, images)
        took = time.perf_counter() - now
        self._probabilities_due = now + took / PROBABILITY_SHARE

    def _check_finite(self) -> None:
        broken = self._curves.collect()
        if broken is None:
            return
        raise UserError(
            "The optimisation diverged",
            f"The objective was no finite number any more at step {broken + 1}; the last good picture is kept.",
            "Lower the learning rate, or clip pixels to the valid range.",
        )


def _probabilities(network: Network, images: Tensor) -> NDArray[np.float32]:
    with torch.no_grad():
        return frozen(network.logits(images).softmax(1).cpu().numpy())
