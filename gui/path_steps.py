"""The steps of a path as they are shown and exported. Pure: no widget, no signal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from backend.jobs import (
    Ablation,
    AblationCurve,
    ExplainedStep,
    Explanation,
    NetworkCard,
    PredictionTree,
    TracedPath,
    program_versions,
)

Picture = NDArray[np.uint8]


def explained_steps(
    tree: PredictionTree,
    found: TracedPath,
    layer: str,
    share: float,
    picture_of: Callable[[int], Picture | None],
) -> tuple[ExplainedStep, ...]:
    """Give the forks on a traced path: steps whose smaller side holds at least `share` of the images, and the last.

    These trees are deep and chained: most steps only pass by a single image, and say nothing of the picture.
    `picture_of` gives the optimised picture of a filter, where there is one.
    """
    values = dict(zip(found.contributions.filters.tolist(), found.contributions.values.tolist(), strict=True))
    least = max(2, round(share * tree.images))
    taken = [step for step in found.path.steps if step.node >= 0]
    forks = [step for step in taken if min(tree.sizes[step.child], tree.sizes[step.other]) >= least]
    steps = forks if taken[-1:] == forks[-1:] else [*forks, taken[-1]]
    return tuple(
        ExplainedStep(
            number=number,
            critical_filter=f"{layer}/{step.critical_filter}",
            picture=picture_of(step.critical_filter),
            margin=step.margin,
            score=step.score,
            percentile=step.percentile,
            contribution=float(values.get(step.critical_filter, np.nan)),
            images_below=int(tree.sizes[step.node]),
        )
        for number, step in enumerate(steps, 1)
    )


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
    dataset: str,
    found: TracedPath,
    steps: tuple[ExplainedStep, ...],
    grad_cam: Picture | None,
    leaf: Picture | None,
    ablation: Ablation | None,
) -> Explanation:
    """Gather what is exported of one picture's prediction."""
    shares, best = found.contributions, int(found.probabilities.argmax())
    return Explanation(
        network=card.name,
        weights_digest=card.weights_digest,
        dataset=dataset,
        class_name=card.classes[shares.class_index],
        prediction=card.classes[best],
        probability=float(found.probabilities[best]),
        picture=found.picture,
        grad_cam=grad_cam,
        steps=steps,
        leaf_picture=leaf,
        leaf_caption=f"image {found.path.image_number:,}, cosine {found.path.cosine:.2f}",
        contributions_total=shares.total,
        logit=shares.logit,
        exact=shares.exact,
        ablation=None if ablation is None else ablation_curve(ablation),
        versions=program_versions(),
    )
