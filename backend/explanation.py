"""Why a network sees what it sees in one image: its path through a prediction tree, as a page. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from backend.explanation_charts import AblationCurve as AblationCurve
from backend.explanation_charts import Portion, ablation_chart, per_cent, signed, signed_bar, sum_chart
from backend.sheet_page import Picture, escaped, figure, image, number, page

LARGE, SIDE, INSET = 256, 136, 44
"""CSS pixels that the explained image, the picture of a filter and the medoid in its corner are wide."""
SHOWN_REST = 0.005
"""What contributions may miss of the logit before it is shown: it would be written as 0.00."""


@dataclass(frozen=True, eq=False)
class ExplainedStep:
    """One step of a prediction path: the filter that is critical there, and what it says of the image.

    Attributes
    ----------
    number : int
        Its place on the path, as it is shown.
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
        (height, width, 3), the image that stands for them.
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
class Explanation:
    """One image, what the network sees in it, and by which filters. What is None or empty is left out of the page.

    Attributes
    ----------
    network, weights_digest, dataset : str
    class_name : str
        The class that is explained: its images made the tree, its logit is what filters contribute to.
    prediction : str
        The class that the network sees, whether or not it is `class_name`.
    probability : float
        Of the prediction, in 0..1.
    picture : ndarray of uint8
        (height, width, 3).
    grad_cam : ndarray of uint8 or None
        (height, width, 3), laid over the picture.
    steps : tuple of ExplainedStep
        From the root to the leaf; no two have the same critical filter.
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


def explanation_html(explanation: Explanation) -> str:
    """Give the page of an explained prediction as HTML."""
    parts = [
        _header(explanation),
        _pictures(explanation),
        _path(explanation),
        _totals(explanation),
        _ablation(explanation),
        _footer(explanation),
    ]
    return page(f"Why {explanation.prediction}?", "\n".join(part for part in parts if part))


def totals_sentence(explanation: Explanation) -> str:
    """Say how the contributions stand to the logit, and whether they are exact."""
    logit, total = number(explanation.logit), number(explanation.contributions_total)
    filters = _counted(len(explanation.steps), "critical filter")
    bring = f"The path's {filters} {'add' if len(explanation.steps) != 1 else 'adds'} {signed(_path_sum(explanation))}"
    of_logit = f"the logit of {explanation.class_name}, {logit}"
    if not explanation.exact:
        return (
            f"{bring} to {of_logit}. The contributions are estimates (gradient × activation): those of all filters "
            f"of the layer come to {total}."
        )
    rest = explanation.logit - explanation.contributions_total
    bias = f" and the bias, {signed(rest)}," if abs(rest) >= SHOWN_REST else ""
    return (
        f"{bring} to {of_logit}. The contributions are exact: the weight of each filter × its mean; "
        f"those of all filters of the layer{bias} add up to the logit."
    )


def ablation_sentence(curve: AblationCurve, class_name: str) -> str:
    """Say what the removal of the critical filters does beside that of random ones, whatever that is.

    "" where nothing was removed, or the probability is not known.
    """
    if len(curve.counts) < 2 or not np.isfinite(curve.probability[[0, -1]]).all():
        return ""
    count, start, end = int(curve.counts[-1]), float(curve.probability[0]), float(curve.probability[-1])
    whole = f"Without its {_counted(count, 'critical filter')} the probability of {class_name} {_change(start, end)}"
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
    others = f"without {_counted(count, 'random other')} it {_change(start, mean, named=False)} on average"
    between = f"{others} ({per_cent(low)} to {per_cent(high)}). {_verdict(end, low, high)}"
    if place == len(curve.counts) - 1:
        return f"; {between}"
    own = f"without the first {_counted(count, 'critical filter')} it {_change(start, end, named=False)}"
    return f". The layer has no more than {_counted(count, 'other')}: {own}, {between}"


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


def _path_sum(explanation: Explanation) -> float:
    return sum(step.contribution for step in explanation.steps)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _header(explanation: Explanation) -> str:
    sees = f"{explanation.network} sees " if explanation.network else "Seen as "
    title = (
        f"<small>{escaped(sees)}</small>{escaped(explanation.prediction)}"
        f'<small style="white-space:nowrap"> at {per_cent(explanation.probability)}</small>'
    )
    label = ""
    if explanation.class_name != explanation.prediction:
        text = f"It is not seen as {explanation.class_name}; what follows is its path through that class's tree."
        label = f'<p class="label">{escaped(text)}</p>'
    about = f'<p class="quiet">{escaped(explanation.dataset)}</p>' if explanation.dataset else ""
    return f"<header><h1>{title}</h1>{about}{label}</header>"


def _pictures(explanation: Explanation) -> str:
    shown = [(explanation.picture, "Explained image", "the image")]
    if explanation.grad_cam is not None:
        shown.append((explanation.grad_cam, "Grad-CAM", f"Grad-CAM of {explanation.class_name}"))
    figures = "".join(figure(image(picture, LARGE, name), escaped(words)) for picture, name, words in shown)
    facts = [
        (f"probability of {explanation.prediction}", per_cent(explanation.probability)),
        (f"logit of {explanation.class_name}", number(explanation.logit)),
        ("critical filters on its path", f"{len(explanation.steps):,}"),
        ("they add to the logit", signed(_path_sum(explanation))),
        ("its path ends at", explanation.leaf_caption),
    ]
    rows = "".join(f"<tr><th>{escaped(name)}</th><td>{escaped(text)}</td></tr>" for name, text in facts if text)
    return f'<section class="row first">{figures}<div class="facts grow"><table>{rows}</table></div></section>'


def _path(explanation: Explanation) -> str:
    if not explanation.steps:
        return ""
    contributions = [step.contribution for step in explanation.steps if math.isfinite(step.contribution)]
    ends = min(contributions, default=0.0), max(contributions, default=0.0)
    cards = "".join(_step(step, explanation.network, *ends) for step in explanation.steps)
    words = (
        "Each step goes to the closer side; the margin is how much closer it is. The picture is what excites the "
        "critical filter most, the small one stands for the images below that node; “above” is the share of the "
        "tree's images whose score is lower; the bar is what the filter adds to the logit."
    )
    grid = f"display:grid;grid-template-columns:repeat(auto-fill,{SIDE}px);gap:28px 16px;margin-top:16px"
    cards += _leaf(explanation)
    return f'<section><h2>Path</h2><p class="quiet">{words}</p><div style="{grid}">{cards}</div></section>'


def _step(step: ExplainedStep, network: str, least: float, most: float) -> str:
    address = step.critical_filter.removeprefix(f"{network}/")
    picture = f'<div style="height:{SIDE}px;border-radius:4px;background:var(--panel)"></div>'
    if step.picture is not None:
        picture = image(step.picture, SIDE, f"Optimised picture of {address}")
    if step.medoid is not None:
        place = "position:absolute;right:4px;bottom:4px;padding:2px;border-radius:6px;background:var(--ground)"
        picture += f'<div style="{place}">{image(step.medoid, INSET, "Image that stands for those below")}</div>'
    cut = "display:block;overflow:hidden;white-space:nowrap;text-overflow:ellipsis"
    return figure(
        _badge(str(step.number), "") + f'<div style="position:relative">{picture}</div>',
        f'<b style="{cut}" title="{escaped(step.critical_filter)}">{escaped(address)}</b>'
        + _lines(
            ("margin", number(step.margin)),
            ("images below", f"{step.images_below:,}"),
            ("score", number(step.score)),
            ("above", per_cent(step.percentile)),
        )
        + signed_bar(step.contribution, least, most, SIDE),
    )


def _lines(*pairs: tuple[str, str]) -> str:
    """Set names and numbers below one another, the numbers at the right."""
    apart = "display:flex;justify-content:space-between"
    return "".join(f'<span style="{apart}"><span>{name}</span><span>{text}</span></span>' for name, text in pairs)


def _leaf(explanation: Explanation) -> str:
    if explanation.leaf_picture is None:
        return ""
    picture = image(explanation.leaf_picture, SIDE, "Image that the path ends in")
    ring = "border-radius:4px;outline:2px solid var(--path);outline-offset:1px"
    return figure(
        _badge("", "visibility:hidden") + f'<div style="{ring}">{picture}</div>',
        "<b>the path ends here</b>",
        escaped(explanation.leaf_caption),
    )


def _badge(text: str, line: str) -> str:
    """Give the head of a card: a disc on the line that leads to the next card."""
    disc = (
        "flex:none;min-width:20px;height:20px;padding:0 5px;border-radius:10px;background:var(--path);"
        "color:var(--ground);font-size:12px;font-weight:600;line-height:20px;text-align:center"
    )
    rule = f"flex:1;height:2px;margin-right:-16px;background:var(--path);opacity:.5;{line}"
    both = f'<span style="{disc}">{text}</span><span style="{rule}"></span>'
    return f'<div style="display:flex;align-items:center;margin-bottom:8px">{both}</div>'


def _totals(explanation: Explanation) -> str:
    total, logit, path = explanation.contributions_total, explanation.logit, _path_sum(explanation)
    if not all(map(math.isfinite, (total, logit, path))):
        return ""
    filters = _counted(len(explanation.steps), "critical filter")
    portions = [
        Portion(f"{filters} of the path", 0.0, path, "fill:var(--path)"),
        Portion("other filters of the layer", path, total),
    ]
    if abs(logit - total) >= SHOWN_REST:
        portions.append(
            Portion("bias" if explanation.exact else "not accounted for", total, logit, "fill:var(--quiet)")
        )
    portions.append(Portion(f"logit of {explanation.class_name}", 0.0, logit, "fill:var(--text)"))
    words = escaped(totals_sentence(explanation))
    return f'<section><h2>Contributions</h2>{sum_chart(portions)}<p style="margin-top:12px">{words}</p></section>'


def _ablation(explanation: Explanation) -> str:
    curve = explanation.ablation
    words = escaped(ablation_sentence(curve, explanation.class_name)) if curve is not None else ""
    if curve is None or not words:
        return ""
    head = f"Without its filters <small>probability of {escaped(explanation.class_name)}</small>"
    return f'<section><h2>{head}</h2>{ablation_chart(curve)}<p style="margin-top:12px">{words}</p></section>'


def _footer(explanation: Explanation) -> str:
    parts = [f"weights {explanation.weights_digest}"] if explanation.weights_digest else []
    parts += [f"{name} {version}" for name, version in explanation.versions.items()]
    return f"<footer>{escaped(' · '.join(parts))}</footer>" if parts else ""
