"""An explained prediction as a page of HTML: one file, opened anywhere."""

from __future__ import annotations

import math

from backend.pages.explanation import ExplainedStep, Explanation
from backend.pages.explanation_charts import ablation_chart, shares_chart, signed_bar, sum_chart
from backend.pages.explanation_words import (
    ablation_sentence,
    descent_words,
    ending_words,
    logit_portions,
    other_class_sentence,
    steps_words,
    totals_sentence,
    tree_words,
)
from backend.pages.numbers import number, per_cent, signed
from backend.pages.sheet_page import escaped, figure, image, page

LARGE, SIDE, INSET = 256, 136, 44
"""CSS pixels that the explained image, the picture of a filter and the medoid in its corner are wide."""


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


def _header(explanation: Explanation) -> str:
    sees = f"{explanation.network} sees " if explanation.network else "Seen as "
    title = (
        f"<small>{escaped(sees)}</small>{escaped(explanation.prediction)}"
        f'<small style="white-space:nowrap"> at {per_cent(explanation.probability)}</small>'
    )
    other = other_class_sentence(explanation)
    label = f'<p class="label">{escaped(other)}</p>' if other else ""
    parts = " · ".join(part for part in (explanation.dataset, explanation.layer, tree_words(explanation)) if part)
    about = f'<p class="quiet">{escaped(parts)}</p>' if parts else ""
    return f"<header><h1>{title}</h1>{about}{label}</header>"


def _pictures(explanation: Explanation) -> str:
    shown = [(explanation.picture, "Explained image", "the image")]
    if explanation.grad_cam is not None:
        shown.append((explanation.grad_cam, "Grad-CAM", f"Grad-CAM of {explanation.class_name}"))
    figures = "".join(figure(image(picture, LARGE, name), escaped(words)) for picture, name, words in shown)
    facts = [
        (f"probability of {explanation.prediction}", per_cent(explanation.probability)),
        (f"logit of {explanation.class_name}", number(explanation.logit)),
        ("on its path", steps_words(explanation)),
        ("their critical filters add", signed(explanation.path_sum)),
        ("a node is", descent_words(explanation)),
        ("its path ends at", explanation.leaf_caption),
        ("that end is", ending_words(explanation)),
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
        "critical filter most, the small one is the typical image of the side that it goes to; “above” is the share "
        "of the tree's images whose score is lower; the bar is what the filter adds to the logit."
    )
    grid = f"display:grid;grid-template-columns:repeat(auto-fill,{SIDE}px);gap:28px 16px;margin-top:16px"
    cards += _leaf(explanation)
    head = f"<h2>Path <small>{steps_words(explanation)}</small></h2>"
    return f'<section>{head}<p class="quiet">{words}</p><div style="{grid}">{cards}</div></section>'


def _step(step: ExplainedStep, network: str, least: float, most: float) -> str:
    address = step.critical_filter.removeprefix(f"{network}/")
    picture = f'<div style="height:{SIDE}px;border-radius:4px;background:var(--panel)"></div>'
    if step.picture is not None:
        picture = image(step.picture, SIDE, f"Optimised picture of {address}")
    if step.medoid is not None:
        place = "position:absolute;right:4px;bottom:4px;padding:2px;border-radius:6px;background:var(--ground)"
        picture += f'<div style="{place}">{image(step.medoid, INSET, "Typical image of the side that is taken")}</div>'
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
    portions = logit_portions(explanation)
    if not portions:
        return ""
    words = f'<p style="margin-top:12px">{escaped(totals_sentence(explanation))}</p>'
    most = ""
    if explanation.shares:
        head = "<h2>Largest contributions <small>of the whole layer; a dot marks the filters of the path</small></h2>"
        most = head + shares_chart(explanation.shares, explanation.network)
    return f"<section><h2>Contributions</h2>{sum_chart(portions)}{words}{most}</section>"


def _ablation(explanation: Explanation) -> str:
    curve = explanation.ablation
    words = escaped(ablation_sentence(curve, explanation.class_name, explanation.taken)) if curve is not None else ""
    if curve is None or not words:
        return ""
    head = f"Without its filters <small>probability of {escaped(explanation.class_name)}</small>"
    return f'<section><h2>{head}</h2>{ablation_chart(curve)}<p style="margin-top:12px">{words}</p></section>'


def _footer(explanation: Explanation) -> str:
    parts = [f"weights {explanation.weights_digest}"] if explanation.weights_digest else []
    parts += [f"{name} {version}" for name, version in explanation.versions.items()]
    return f"<footer>{escaped(' · '.join(parts))}</footer>" if parts else ""
