"""The steps of a path as they are shown and exported, and where two paths part. Pure: no widget, no signal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.jobs import (
    Ablation,
    AblationCurve,
    DatasetInfo,
    ExplainedStep,
    Explanation,
    FilterShare,
    NetworkCard,
    PathStep,
    PredictionTree,
    TracedPath,
    TreePath,
    program_versions,
)
from gui.prediction_tree.classes import class_of_tree
from gui.text import counted

MOST_STEPS = 24
"""Steps that are all shown; of a longer path only the forks and the last."""
FEWEST_FORKS = 5
"""Forks of a long path that are shown at least, as far as there are any: of a share that makes few, smaller ones."""
LARGEST = 5
"""Filters whose contributions are listed."""

Picture = NDArray[np.uint8]
PictureOf = Callable[[int], Picture | None]


@dataclass(frozen=True)
class ShownSteps:
    """What is shown of a path.

    Parameters
    ----------
    steps : tuple of PathStep
        Each decided by a filter; in their order.
    numbers : tuple of int
        The place of each among all such steps, from 1.
    taken : int
        How many there are of these.
    last_is_fork : bool
        Whether the last one is a fork.
    """

    steps: tuple[PathStep, ...] = ()
    numbers: tuple[int, ...] = ()
    taken: int = 0
    last_is_fork: bool = False

    @property
    def filters(self) -> tuple[int, ...]:
        """The critical filters; none twice, for a filter that decided is not reachable further down."""
        return tuple(step.critical_filter for step in self.steps)


def shown_steps(tree: PredictionTree, path: TreePath, share: float) -> ShownSteps:
    """Choose the steps to show: all where they are few, else the forks and the last.

    These trees are deep and chained: most steps of a long path only pass by a single image, and say nothing of the
    picture. A fork is a step whose smaller side holds at least `share` of the images, or is among the five largest.
    """
    taken = [step for step in path.steps if step.node >= 0]
    sides = [int(min(tree.sizes[step.child], tree.sizes[step.other])) for step in taken]
    large = sorted(sides, reverse=True)[FEWEST_FORKS - 1 : FEWEST_FORKS]
    least = max(2, min([round(share * tree.images), *large]))
    forks = [side >= least for side in sides]
    few, last = len(taken) <= MOST_STEPS, len(taken) - 1
    places = [place for place in range(len(taken)) if few or forks[place] or place == last]
    return ShownSteps(
        tuple(taken[place] for place in places),
        tuple(place + 1 for place in places),
        len(taken),
        bool(forks and forks[-1]),
    )


def explained_steps(
    tree: PredictionTree,
    found: TracedPath,
    layer: str,
    shown: ShownSteps,
    picture_of: PictureOf,
    typical_of: PictureOf,
) -> tuple[ExplainedStep, ...]:
    """Put beside each step what is shown of it.

    Parameters
    ----------
    picture_of : function
        Gives the optimised picture of a filter, or None where there is none yet.
    typical_of : function
        Gives the picture of the typical image below a node, or None.
    """
    values = _values(found)
    return tuple(
        ExplainedStep(
            number=number,
            critical_filter=f"{layer}/{step.critical_filter}",
            picture=picture_of(step.critical_filter),
            margin=step.margin,
            score=step.score,
            percentile=step.percentile,
            contribution=values.get(step.critical_filter, float("nan")),
            images_below=int(tree.sizes[step.node]),
            medoid=typical_of(step.child),
        )
        for number, step in zip(shown.numbers, shown.steps, strict=True)
    )


def largest_shares(
    found: TracedPath, layer: str, picture_of: PictureOf, count: int = LARGEST
) -> tuple[FilterShare, ...]:
    """Give the filters of the layer that add the most to the logit or take the most from it, the largest first."""
    on_path = {step.critical_filter for step in found.path.steps}
    values = {index: value for index, value in _values(found).items() if np.isfinite(value)}
    largest = sorted(values, key=lambda index: -abs(values[index]))[:count]
    return tuple(
        FilterShare(f"{layer}/{index}", values[index], index in on_path, picture_of(index)) for index in largest
    )


def parting_words(first: TreePath, second: TreePath, layer: str) -> str:
    """Say how long two paths run together, and the filter at which they part."""
    if first.root != second.root:
        return "apart from the start, at different roots"
    together = next(
        (place for place, (one, other) in enumerate(zip(first.nodes, second.nodes, strict=False)) if one != other),
        min(len(first.nodes), len(second.nodes)),
    )
    if first.leaf == second.leaf:
        return "both take the same way to the same image"
    # Together up to a node: its filter is where they part.
    step = [step for step in first.steps if step.node >= 0][together - 1]
    at = f"{layer}/{step.critical_filter}"
    if together == 1:
        return f"apart from the start, at {at}"
    return f"apart after {counted(together - 1, 'step')}, at {at}"


def ablation_curve(ablation: Ablation) -> AblationCurve:
    """Sum the random choices of an ablation up as least, mean and largest."""
    random = ablation.random_probability
    known = random[:, : ablation.compared + 1] if len(random) else random
    ends = [np.full(len(ablation.counts), np.nan) for _ in range(3)]
    if len(known):
        for end, values in zip(ends, (known.min(0), known.mean(0), known.max(0)), strict=True):
            end[: known.shape[1]] = values
    return AblationCurve(ablation.counts, ablation.probability, *ends)


def explanation(
    card: NetworkCard,
    dataset: DatasetInfo,
    tree: PredictionTree,
    layer: str,
    found: TracedPath,
    shown: ShownSteps,
    pictures: tuple[PictureOf, PictureOf],
    leaf: Picture | None,
    ablation: Ablation | None,
) -> Explanation:
    """Gather what is told of one picture's prediction; `pictures` as in `explained_steps`. Grad-CAM comes later."""
    shares, best = found.contributions, int(found.probabilities.argmax())
    return Explanation(
        network=card.name,
        weights_digest=card.weights_digest,
        dataset=dataset.name,
        class_name=card.classes[shares.class_index],
        prediction=card.classes[best],
        probability=float(found.probabilities[best]),
        picture=found.picture,
        grad_cam=None,
        steps=explained_steps(tree, found, layer, shown, *pictures),
        leaf_picture=leaf,
        leaf_caption=f"image {found.path.image_number:,}, cosine {found.path.cosine:.2f}",
        contributions_total=shares.total,
        logit=shares.logit,
        exact=shares.exact,
        ablation=None if ablation is None else ablation_curve(ablation),
        versions=program_versions(),
        layer=layer,
        steps_taken=shown.taken,
        tree_class=class_of_tree(tree, dataset),
        tree_images=tree.images,
        shares=largest_shares(found, layer, pictures[0]),
        last_is_fork=shown.last_is_fork,
        closer_share=found.path.closer_share,
        by_members=found.path.descent == "members",
    )


def _values(found: TracedPath) -> dict[int, float]:
    shares = found.contributions
    return dict(zip(shares.filters.tolist(), map(float, shares.values.tolist()), strict=True))
