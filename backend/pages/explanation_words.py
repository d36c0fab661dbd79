"""What is said of an explained prediction: every sentence follows from the numbers, and says it whatever it is."""

from __future__ import annotations

import math

import numpy as np

from backend.pages.explanation import Explanation
from backend.pages.explanation_charts import AblationCurve, Portion
from backend.pages.numbers import counted, number, per_cent, signed

SHOWN_REST = 0.005
"""What contributions may miss of the logit before it is shown: it would be written as 0.00."""


def steps_words(explanation: Explanation) -> str:
    """Say which steps of the path are shown: all, or the forks and the last."""
    shown, taken = len(explanation.steps), explanation.taken
    if not taken:
        return "no step: the path begins at the image it ends in"
    if shown == taken:
        return counted(taken, "step")
    # The last step is always shown; what stands before it are forks.
    forks = shown if explanation.last_is_fork else shown - 1
    parts = [counted(forks, "fork")] if forks else []
    parts += [] if explanation.last_is_fork else ["the last"]
    return f"{' and '.join(parts)} of {counted(taken, 'step')}"


def ending_words(explanation: Explanation) -> str:
    """Say how near the path's end is, compared with the other images of the tree; "" where that is not told."""
    if not math.isfinite(explanation.closer_share):
        return ""
    share = per_cent(explanation.closer_share).replace(">", "over ").replace("<", "under ")
    return f"closer than {share} of the tree's images"


def descent_words(explanation: Explanation) -> str:
    """Say what stood for the two sides of each step."""
    return "the mean of all images below" if explanation.by_members else "the mean of its two sides"


def tree_words(explanation: Explanation) -> str:
    """Say what images made the tree; "" where that is not told."""
    if not explanation.tree_images:
        return ""
    of = f" of {explanation.tree_class}" if explanation.tree_class else ""
    return f"tree of {counted(explanation.tree_images, 'image')}{of}"


def totals_sentence(explanation: Explanation) -> str:
    """Say how the contributions stand to the logit, and if they are exact."""
    return f"{_bring(explanation)} {_origin(explanation)}"


def other_class_sentence(explanation: Explanation) -> str:
    """Say that the tree is not of the class whose logit is explained; "" where it is, or is of several."""
    if not explanation.tree_class or explanation.tree_class == explanation.class_name:
        return ""
    return (
        f"The tree is made of images of {explanation.tree_class}, but what is explained is the logit of "
        f"{explanation.class_name}."
    )


def logit_portions(explanation: Explanation) -> tuple[Portion, ...]:
    """Split the logit into the path's filters, the others and the rest, and end with it; () where one is unknown."""
    total, logit, path = explanation.contributions_total, explanation.logit, explanation.path_sum
    if not all(map(math.isfinite, (total, logit, path))):
        return ()
    shown = counted(len(explanation.steps), "critical filter")
    name = f"{shown} of the path" if len(explanation.steps) == explanation.taken else f"{shown} that are shown"
    portions = [Portion(name, 0.0, path, "path"), Portion("other filters of the layer", path, total)]
    if abs(logit - total) >= SHOWN_REST:
        portions.append(Portion("bias" if explanation.exact else "not accounted for", total, logit, "rest"))
    return (*portions, Portion(f"logit of {explanation.class_name}", 0.0, logit, "sum"))


def _bring(explanation: Explanation) -> str:
    """Say what the critical filters that are shown add."""
    shown, logit = len(explanation.steps), f"the logit of {explanation.class_name}"
    if not shown:
        return f"The path has no critical filter; {logit} is {number(explanation.logit)}."
    filters = f"path's {counted(shown, 'critical filter')}"
    if shown < explanation.taken:
        filters = f"{counted(shown, 'critical filter')} shown, of {explanation.taken:,} on the path,"
    add = "adds" if shown == 1 else "add"
    return f"The {filters} {add} {signed(explanation.path_sum)} to {logit}, {number(explanation.logit)}."


def _origin(explanation: Explanation) -> str:
    if not explanation.exact:
        return (
            "The contributions are estimates (gradient × activation): those of all filters "
            f"of the layer come to {number(explanation.contributions_total)}."
        )
    rest = explanation.logit - explanation.contributions_total
    bias = f" and the bias, {signed(rest)}," if abs(rest) >= SHOWN_REST else ""
    return (
        "The contributions are exact: the weight of each filter × its mean; "
        f"those of all filters of the layer{bias} add up to the logit."
    )


def ablation_sentence(curve: AblationCurve, class_name: str, taken: int = 0) -> str:
    """Say what the removal of the critical filters does beside that of random ones, whatever that is.

    "" where nothing was removed, or the probability is not known. `taken` is how many critical filters the path has,
    where more than were removed.
    """
    if len(curve.counts) < 2 or not np.isfinite(curve.probability[[0, -1]]).all():
        return ""
    count, start, end = int(curve.counts[-1]), float(curve.probability[0]), float(curve.probability[-1])
    removed = f"its {counted(count, 'critical filter')}"
    if taken > count:
        removed = f"{count:,} of its {taken:,} critical filters"
    whole = f"Without {removed} the probability of {class_name} {_change(start, end)}"
    return f"{whole}{_beside(curve)}"


def _beside(curve: AblationCurve) -> str:
    """Go on with what random others do, at the largest count of which a layer has as many; end the sentence."""
    known = np.isfinite([curve.random_low, curve.random_mean, curve.random_high]).all(0)
    place = int(np.flatnonzero(known)[-1]) if known.any() else 0
    if not place:
        return "."
    start, end = float(curve.probability[0]), float(curve.probability[place])
    low, mean, high = (float(each[place]) for each in (curve.random_low, curve.random_mean, curve.random_high))
    count = int(curve.counts[place])
    others = f"without {counted(count, 'random other')} it {_change(start, mean, named=False)} on average"
    between = f"{others} ({per_cent(low)} to {per_cent(high)}). {_verdict(end, low, high)}"
    if place == len(curve.counts) - 1:
        return f"; {between}"
    own = f"without the first {counted(count, 'critical filter')} it {_change(start, end, named=False)}"
    return f". The layer has no more than {counted(count, 'other')}: {own}, {between}"


def _change(start: float, end: float, *, named: bool = True) -> str:
    """Say how one share becomes another: "falls from 97 % to 41 %", and without the first "falls to 41 %"."""
    first, last = per_cent(start), per_cent(end)
    if first == last:
        return f"stays at {last}"
    return f"{'falls' if end < start else 'rises'} {f'from {first} ' if named else ''}to {last}"


def _verdict(end: float, low: float, high: float) -> str:
    if end < low and per_cent(end) != per_cent(low):
        return "No random choice leaves as little: here the network relies on these filters more than on others."
    if end > high and per_cent(end) != per_cent(high):
        return "Every random choice leaves less: here the network relies on these filters less than on others."
    return "Random choices do as much: this image does not show that these filters matter more than others."
