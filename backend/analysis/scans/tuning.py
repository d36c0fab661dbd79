"""Tuning curves: how a unit's score follows one parameter of the probe set's stimuli. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.analysis.images.stimuli import ProbeSet

CurveName = Literal["orientation", "frequency", "hue", "size"]

VIVID = 0.75
"""Colour fields of less saturation are left out: their hue hardly shows."""


@dataclass(frozen=True, eq=False)
class TuningCurve:
    """A unit's score against one parameter, over all other parameters of its family.

    Attributes
    ----------
    name : {"orientation", "frequency", "hue", "size"}
        Orientation and frequency are those of gratings, hue that of vivid colour fields, size that of disks.
    unit : str
        What to put behind a value: "°", " cycles", " of the side".
    values : ndarray of float64
        (k,), ascending.
    mean, largest, deviation : ndarray of float32
        (k,): the scores at each value; NaN where no stimulus of that value has a score yet.
    """

    name: CurveName
    unit: str
    values: NDArray[np.float64]
    mean: NDArray[np.float32]
    largest: NDArray[np.float32]
    deviation: NDArray[np.float32]


class _Groups(NamedTuple):
    """Which stimuli belong to each value: `members` (k, m) of stimulus numbers, as many at every value."""

    name: CurveName
    unit: str
    values: NDArray[np.float64]
    members: NDArray[np.intp]


class _Axis(NamedTuple):
    name: CurveName
    unit: str
    family: str


_AXES = (
    _Axis("orientation", "°", "grating"),
    _Axis("frequency", " cycles", "grating"),
    _Axis("hue", "°", "colour field"),
    _Axis("size", " of the side", "disk"),
)


def tuning_curves(scores: NDArray[np.float32], dataset: ProbeSet) -> tuple[TuningCurve, ...]:
    """Read a unit's tuning off its scores.

    Parameters
    ----------
    scores : ndarray of float32
        (n,), of the first n stimuli: fewer than the set has while a scan still goes on.
    dataset : ProbeSet

    Returns
    -------
    tuple of TuningCurve
        Orientation, frequency, hue and size, in this order; their arrays are read-only.

    Raises
    ------
    ValueError
        Where there are more scores than stimuli, or not one score a stimulus.
    """
    if scores.ndim != 1 or len(scores) > len(dataset):
        raise ValueError(f"scores must be (n,) with n up to {len(dataset)}, not {scores.shape}")
    # What has no score yet reads the zero behind the last one, and is not counted.
    padded = np.zeros(len(dataset), np.float64)
    padded[: len(scores)] = scores
    return tuple(_curve(groups, padded, len(scores)) for groups in _groups(dataset))


def _curve(groups: _Groups, padded: NDArray[np.float64], scored: int) -> TuningCurve:
    there = groups.members < scored
    scores = padded[groups.members]
    count = np.where(there.any(1), there.sum(1), np.nan)
    mean = scores.sum(1) / count
    square = (np.where(there, scores - mean[:, None], 0.0) ** 2).sum(1) / count
    largest = np.where(np.isnan(count), np.nan, np.where(there, scores, -np.inf).max(1))
    return TuningCurve(
        groups.name, groups.unit, groups.values, _frozen(mean), _frozen(largest), _frozen(np.sqrt(square))
    )


def _frozen(array: NDArray[np.float64]) -> NDArray[np.float32]:
    # Not history.frozen, which would bring torch along.
    small = array.astype(np.float32)
    small.flags.writeable = False
    return small


@lru_cache(maxsize=2)
def _groups(dataset: ProbeSet) -> tuple[_Groups, ...]:
    """Sort the stimuli by value, once a set: reading 5,000 parameter sets takes longer than all the curves."""
    return tuple(_group(dataset, axis) for axis in _AXES)


def _group(dataset: ProbeSet, axis: _Axis) -> _Groups:
    members: dict[float, list[int]] = {}
    for index in np.flatnonzero(dataset.labels == dataset.class_names.index(axis.family)).tolist():
        parameters = dataset.parameters(index)
        if _counts(axis.name, parameters):
            members.setdefault(float(parameters[axis.name]), []).append(index)
    values = np.array(sorted(members))
    values.flags.writeable = False
    return _Groups(axis.name, axis.unit, values, np.array([members[value] for value in values.tolist()]))


def _counts(name: CurveName, parameters: Mapping[str, float | str]) -> bool:
    """Tell whether a stimulus belongs to the curve: a grey field has no hue to speak of, and a ring is no disk."""
    if name == "hue":
        return float(parameters["saturation"]) >= VIVID
    return name != "size" or parameters["shape"] == "disk"
