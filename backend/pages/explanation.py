"""Why a network sees what it sees in one image: all that is told of it, in a page or a picture. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.pages.explanation_charts import AblationCurve

Picture = NDArray[np.uint8]
FORMAT = 1


@dataclass(frozen=True, eq=False)
class ExplainedStep:
    """One step of a prediction path: the filter that is critical there, and what it says of the image.

    Attributes
    ----------
    number : int
        Its place among all steps of the path, from 1.
    critical_filter : str
        Unit address, "network/layer/channel".
    picture : ndarray of uint8 or None
        (height, width, 3), the filter's optimised image.
    margin : float
        By how much the side that the image goes to is closer than the other: the difference of the two cosines.
    score : float
        The image's score on the filter.
    percentile : float
        In 0..1: the share of the tree's images whose score is below it.
    contribution : float
        What the filter adds to the class logit.
    images_below : int
        Images of the tree below the node where the step decides.
    medoid : ndarray of uint8 or None
        (height, width, 3), the typical image of the side that the step goes to.
    """

    number: int
    critical_filter: str
    picture: Picture | None
    margin: float
    score: float
    percentile: float
    contribution: float
    images_below: int
    medoid: Picture | None = None


@dataclass(frozen=True, eq=False)
class FilterShare:
    """What one filter of the layer adds to the class logit.

    Attributes
    ----------
    address : str
        Unit address.
    contribution : float
    on_path : bool
        Whether the filter is critical on the path, at a step that is shown or another.
    picture : ndarray of uint8 or None
        (height, width, 3), the filter's optimised image.
    """

    address: str
    contribution: float
    on_path: bool
    picture: Picture | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """One image, what the network sees in it, and by which filters. What is None or empty is left out.

    Attributes
    ----------
    network, weights_digest, dataset : str
    class_name : str
        The class whose logit filters contribute to.
    prediction : str
        The class that the network sees.
    probability : float
        Of the prediction, in 0..1.
    picture : ndarray of uint8
        (height, width, 3).
    grad_cam : ndarray of uint8 or None
        (height, width, 3), laid over the picture.
    steps : tuple of ExplainedStep
        Those of the path that are shown, from the root to the leaf; no two have the same critical filter.
    leaf_picture : ndarray of uint8 or None
        (height, width, 3), the image of the tree that the path ends in.
    leaf_caption : str
    contributions_total : float
        Of all filters of the layer, without the bias of the head.
    logit : float
        Of `class_name`.
    exact : bool
        Whether the logit is a sum over the filters; else the contributions are gradient × activation.
    ablation : AblationCurve or None
    versions : mapping of str to str
    layer : str
    steps_taken : int
        All steps of the path that a filter decided; 0 for those that are shown.
    tree_class : str
        The class whose images made the tree; "" where they are of several.
    tree_images : int
        How many they are; 0 where that is not told.
    shares : tuple of FilterShare
        The filters of the layer that add or take the most, largest first.
    last_is_fork : bool
        Where not all steps are shown: whether the last is a fork, as the others that are shown.
    closer_share : float
        The share of the tree's images that are farther from the image than the one the path ends in; NaN where that
        is not told.
    by_members : bool
        Whether the path goes to the side whose images are closer in the mean, rather than by the paper's means of two.
    """

    network: str
    weights_digest: str
    dataset: str
    class_name: str
    prediction: str
    probability: float
    picture: Picture
    grad_cam: Picture | None
    steps: tuple[ExplainedStep, ...]
    leaf_picture: Picture | None
    leaf_caption: str
    contributions_total: float
    logit: float
    exact: bool
    ablation: AblationCurve | None = None
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    layer: str = ""
    steps_taken: int = 0
    tree_class: str = ""
    tree_images: int = 0
    shares: tuple[FilterShare, ...] = ()
    last_is_fork: bool = False
    closer_share: float = math.nan
    by_members: bool = False

    @property
    def taken(self) -> int:
        """All steps of the path, shown or not."""
        return max(self.steps_taken, len(self.steps))

    @property
    def path_sum(self) -> float:
        """What the critical filters of the shown steps add to the logit."""
        return sum(step.contribution for step in self.steps)

    def facts(self) -> dict[str, Any]:
        """Give the JSON object to embed in a picture of it: what it is of, and every number that it shows."""
        return {
            "format": FORMAT,
            "kind": "explanation",
            "network": self.network,
            "weights_digest": self.weights_digest,
            "dataset": self.dataset,
            "layer": self.layer,
            "class": self.class_name,
            "prediction": self.prediction,
            "probability": _known(self.probability),
            "logit": _known(self.logit),
            "contributions_total": _known(self.contributions_total),
            "exact": self.exact,
            "tree": {"class": self.tree_class, "images": self.tree_images},
            "steps_taken": self.taken,
            "steps": [_step_facts(step) for step in self.steps],
            "leaf": self.leaf_caption,
            "leaf_closer_share": _known(self.closer_share),
            "descent": "members" if self.by_members else "means",
            "shares": [[share.address, _known(share.contribution), share.on_path] for share in self.shares],
            "ablation": None if self.ablation is None else _curve_facts(self.ablation),
            "versions": dict(self.versions),
        }


def _step_facts(step: ExplainedStep) -> dict[str, Any]:
    numbers = ("margin", "score", "percentile", "contribution")
    known = {name: _known(getattr(step, name)) for name in numbers}
    return {"number": step.number, "filter": step.critical_filter, "images_below": step.images_below, **known}


def _curve_facts(curve: AblationCurve) -> dict[str, Any]:
    names = ("counts", "probability", "random_low", "random_mean", "random_high")
    return {name: [_known(value) for value in getattr(curve, name).tolist()] for name in names}


def _known(value: float) -> float | None:
    """JSON has no word for what is not a number."""
    return float(value) if math.isfinite(value) else None
