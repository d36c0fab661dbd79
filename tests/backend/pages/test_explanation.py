"""The page of an explained prediction: whole, harmless, and every sentence on it follows from the numbers."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from backend.pages.explanation import AblationCurve, ExplainedStep, Explanation, FilterShare
from backend.pages.explanation_charts import (
    Portion,
    ablation_chart,
    per_cent,
    shares_chart,
    signed,
    signed_bar,
    sum_chart,
)
from backend.pages.explanation_page import explanation_html
from backend.pages.explanation_words import ablation_sentence, other_class_sentence, steps_words, totals_sentence
from tests.backend.pages.test_unit_sheet import HOSTILE, Page, picture


def curve(probability: list[float], low: list[float], mean: list[float], high: list[float]) -> AblationCurve:
    return AblationCurve(np.arange(len(probability)), *(np.array(each) for each in (probability, low, mean, high)))


CURVE = curve([0.97, 0.8, 0.41], [0.97, 0.94, 0.9], [0.97, 0.96, 0.95], [0.97, 0.97, 0.96])


def step(place: int, contribution: float, text: str = "layer4", medoid: bool = True) -> ExplainedStep:
    return ExplainedStep(
        number=place,
        critical_filter=f"tiny/{text}/{place + 30}",
        picture=picture(place) if place != 2 else None,
        margin=0.125 * place,
        score=1.5 + place,
        percentile=0.875,
        contribution=contribution,
        images_below=1000 * place,
        medoid=picture(place + 10) if medoid else None,
    )


def explanation(text: str = "plain") -> Explanation:
    return Explanation(
        network="tiny",
        weights_digest=f"abc{text}",
        dataset=text,
        class_name=f"horse{text}",
        prediction=f"horse{text}",
        probability=0.97,
        picture=picture(50),
        grad_cam=picture(51),
        steps=(step(1, 2.0, text), step(2, -0.5, text), step(3, 1.0, text, medoid=False)),
        leaf_picture=picture(52),
        leaf_caption=f"leaf {text}",
        contributions_total=9.0,
        logit=9.25,
        exact=True,
        ablation=CURVE,
        versions={"torch": "2.15.0", text: text},
    )


PLAIN = explanation()


def numbers(text: str | None) -> list[float]:
    return [float(each) for each in re.findall(r"-?\d+\.?\d*", text or "")]


# The page


def test_that_a_page_shows_every_number_of_the_path() -> None:
    page = Page(explanation_html(PLAIN))
    for text in ("horseplain", "97 %", "9.25", "+2.50", "leaf plain", "abcplain", "torch 2.15.0"):
        assert text in page.text
    for text in ("plain/31", "margin0.12", "images below1,000", "score2.50", "above88 %", "+2.00"):
        assert text in page.text
    for text in ("plain/32", "margin0.25", "images below2,000", "−0.50", "plain/33", "+1.00"):
        assert text in page.text
    assert page.text.index("plain/31") < page.text.index("plain/32") < page.text.index("the path ends here")


def test_that_pictures_keep_every_pixel_and_stand_in_their_order() -> None:
    # The second step has no picture, the third no medoid.
    expected = [picture(seed) for seed in (50, 51, 1, 11, 12, 3, 52)]
    for shown, made in zip(Page(explanation_html(PLAIN)).pictures(), expected, strict=True):
        np.testing.assert_array_equal(shown, made)


def test_that_hostile_text_stays_text() -> None:
    text = explanation_html(explanation(HOSTILE))
    page, harmless = Page(text), Page(explanation_html(PLAIN))
    assert "<script" not in text and HOSTILE in page.text
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_that_a_page_asks_for_nothing_else() -> None:
    text = explanation_html(PLAIN)
    assert "http://" not in text and "https://" not in text and "@import" not in text and "url(" not in text
    page = Page(text)
    linked = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert linked and all((value or "").startswith("data:") for value in linked)
    (policy,) = [a["content"] or "" for tag, a in page.tags if tag == "meta" and "http-equiv" in a]
    assert policy.startswith("default-src 'none'")


def test_that_what_is_not_known_is_left_out() -> None:
    bare = replace(PLAIN, grad_cam=None, steps=(), leaf_picture=None, ablation=None, logit=math.nan, versions={})
    page = Page(explanation_html(bare))
    assert len(page.pictures()) == 1
    for text in ("Grad-CAM", "Path", "ends here", "Contributions", "Without", "nan"):
        assert text not in page.text
    none_removed = replace(PLAIN, ablation=curve([0.97], [0.97], [0.97], [0.97]))
    assert "Without" not in Page(explanation_html(none_removed)).text


def test_that_a_figure_that_is_not_known_is_a_dash() -> None:
    unknown = replace(PLAIN.steps[0], margin=math.nan, percentile=math.nan, contribution=math.nan)
    page = Page(explanation_html(replace(PLAIN, steps=(unknown, PLAIN.steps[1]))))
    assert "margin–" in page.text and "above–" in page.text and "nan" not in page.text
    # A sum with an unknown part is unknown.
    assert "Contributions" not in page.text


def test_that_a_page_says_when_the_tree_is_of_another_class() -> None:
    same = replace(PLAIN, tree_class="horseplain", tree_images=1000, layer="layer4")
    assert "is explained is" not in explanation_html(same)
    assert "plain · layer4 · tree of 1,000 images of horseplain" in Page(explanation_html(same)).text
    mistaken = replace(PLAIN, prediction="dog", class_name="dog", probability=0.6, tree_class="horse")
    page = Page(explanation_html(mistaken))
    assert "tiny sees dog at 60 %" in page.text
    assert page.text.count("The tree is made of images of horse, but what is explained is the logit of dog.") == 1
    assert other_class_sentence(mistaken).endswith("the logit of dog.")


def test_that_it_needs_neither_torch_nor_qt() -> None:
    code = "import sys, backend.pages.explanation_page; sys.exit(bool({'torch', 'scipy', 'PySide6'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# The sentences


@pytest.mark.parametrize(
    ("exact", "total", "logit", "told"),
    [
        (True, 9.0, 9.25, "those of all filters of the layer and the bias, +0.25, add up to the logit."),
        (True, 9.25, 9.25, "those of all filters of the layer add up to the logit."),
        (False, 8.1, 9.25, "are estimates (gradient × activation): those of all filters of the layer come to 8.10."),
    ],
)
def test_that_the_totals_say_whether_they_are_exact(exact: bool, total: float, logit: float, told: str) -> None:
    sentence = totals_sentence(replace(PLAIN, exact=exact, contributions_total=total, logit=logit))
    assert sentence.startswith("The path's 3 critical filters add +2.50 to the logit of horseplain, 9.25. ")
    assert sentence.endswith(told)
    assert ("The contributions are exact" in sentence) == exact


def test_that_a_part_of_a_path_is_not_said_to_be_all_of_it() -> None:
    assert steps_words(PLAIN) == "3 steps"
    part = replace(PLAIN, steps_taken=61)
    assert steps_words(part) == "2 forks and the last of 61 steps"
    assert steps_words(replace(part, last_is_fork=True)) == "3 forks of 61 steps"
    assert steps_words(replace(part, steps=PLAIN.steps[2:])) == "the last of 61 steps"
    assert totals_sentence(part).startswith("The 3 critical filters shown, of 61 on the path, add +2.50 to the logit")
    assert "3 critical filters that are shown" in Page(explanation_html(part)).text
    told = ablation_sentence(CURVE, "horse", 61)
    assert told.startswith("Without 2 of its 61 critical filters the probability of horse falls")
    assert ablation_sentence(CURVE, "horse", 2) == ablation_sentence(CURVE, "horse")


def test_that_a_path_without_a_step_is_told_without_noughts() -> None:
    bare = replace(PLAIN, steps=())
    assert totals_sentence(bare).startswith("The path has no critical filter; the logit of horseplain is 9.25. The")
    assert steps_words(bare).startswith("no step")


def test_that_the_ablation_is_told_as_it_is() -> None:
    assert ablation_sentence(CURVE, "horse") == (
        "Without its 2 critical filters the probability of horse falls from 97 % to 41 %; "
        "without 2 random others it falls to 95 % on average (90 % to 96 %). "
        "No random choice leaves as little: here the network relies on these filters more than on others."
    )


@pytest.mark.parametrize(
    ("end", "random", "told", "verdict"),
    [
        (0.85, (0.8, 0.84, 0.9), "falls from 97 % to 85 %; without 1 random other it falls to 84 %", "do as much"),
        (0.92, (0.8, 0.84, 0.9), "falls from 97 % to 92 %; without 1 random other it falls", "less than on others"),
        (0.99, (0.97, 0.97, 0.97), "rises from 97 % to 99 %; without 1 random other it stays at 97 %", "less than on"),
        (0.9702, (0.9705, 0.971, 0.972), "stays at 97 %; without 1 random other it stays at 97 %", "do as much"),
    ],
)
def test_that_filters_that_do_not_matter_are_not_said_to(
    end: float, random: tuple[float, float, float], told: str, verdict: str
) -> None:
    sentence = ablation_sentence(curve([0.97, end], *([0.97, share] for share in random)), "horse")
    assert told in sentence and verdict in sentence


def test_that_without_other_filters_nothing_is_compared() -> None:
    nothing = [0.97, math.nan]
    sentence = ablation_sentence(curve([0.97, 0.4], nothing, nothing, nothing), "horse")
    assert sentence == "Without its 1 critical filter the probability of horse falls from 97 % to 40 %."
    assert ablation_sentence(curve([0.97], [0.97], [0.97], [0.97]), "horse") == ""
    assert ablation_sentence(curve(nothing, nothing, nothing, nothing), "horse") == ""


def test_that_where_others_run_out_as_many_are_compared() -> None:
    few = [[0.97, share, math.nan, math.nan] for share in (0.9, 0.95, 0.96)]
    assert ablation_sentence(curve([0.97, 0.6, 0.3, 0.1], *few), "horse") == (
        "Without its 3 critical filters the probability of horse falls from 97 % to 10 %. "
        "The layer has no more than 1 other: without the first 1 critical filter it falls to 60 %, "
        "without 1 random other it falls to 95 % on average (90 % to 96 %). "
        "No random choice leaves as little: here the network relies on these filters more than on others."
    )


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0 %"), (0.004, "<1 %"), (0.414, "41 %"), (0.9999, ">99 %"), (1.0, "100 %")]
)
def test_that_only_a_whole_share_is_called_so(share: float, text: str) -> None:
    assert per_cent(share) == text


def test_that_a_sign_stands_before_what_is_added() -> None:
    assert [signed(value) for value in (1.5, -1.5, 0.0, 1e-12, math.nan)] == ["+1.50", "−1.50", "0", "0", "–"]


# The charts


def test_that_bars_share_one_scale_and_lie_on_their_side_of_nought() -> None:
    positive = Page(signed_bar(3.0, -1.0, 3.0, 148)).attributes("rect", "bar")[0]
    negative = Page(signed_bar(-1.0, -1.0, 3.0, 148)).attributes("rect", "bar")[0]
    # 100 px for 4: 0 stands at 25.
    assert (float(positive["x"] or 0), float(positive["width"] or 0)) == (25.0, 75.0)
    assert (float(negative["x"] or 0), float(negative["width"] or 0)) == (0.0, 25.0)
    assert "style" not in positive and "quiet" in (negative["style"] or "")
    assert not Page(signed_bar(math.nan, -1.0, 3.0, 148)).attributes("rect", "bar")
    assert "nan" not in signed_bar(0.0, 0.0, 0.0, 148)


def test_that_each_portion_begins_where_the_last_one_ends() -> None:
    sums = [Portion("path", 0.0, 3.0, "path"), Portion("others", 3.0, -1.0), Portion("logit", 0.0, -1.0)]
    page = Page(sum_chart(sums, width=664))
    # 400 px for 4, from 200 on: −1 stands at 200, 0 at 300, 3 at 600.
    places = [(float(bar["x"] or 0), float(bar["width"] or 0)) for bar in page.attributes("rect", "bar")]
    assert places == [(300.0, 300.0), (200.0, 400.0), (200.0, 100.0)]
    assert [text for text in ("+3.00", "−4.00", "−1.00") if text in page.text] == ["+3.00", "−4.00", "−1.00"]


def test_that_the_largest_shares_stand_on_their_side_and_the_path_is_marked() -> None:
    shares = [FilterShare("tiny/layer4/7", 3.0, False), FilterShare("tiny/layer4/31", -1.0, True)]
    page = Page(shares_chart(shares, "tiny", width=664))
    # 400 px for 4, from 200 on: 0 stands at 300.
    places = [(float(bar["x"] or 0), float(bar["width"] or 0)) for bar in page.attributes("rect", "bar")]
    assert places == [(300.0, 300.0), (200.0, 100.0)]
    assert len([tag for tag, _ in page.tags if tag == "circle"]) == 1
    assert "layer4/7" in page.text and "+3.00" in page.text and "−1.00" in page.text
    whole = Page(explanation_html(replace(PLAIN, shares=tuple(shares))))
    assert "Largest contributions" in whole.text and "layer4/31" in whole.text
    assert "nan" not in shares_chart([FilterShare("a/b/1", math.nan, False)])


def test_that_the_facts_hold_every_number_and_no_picture() -> None:
    unknown = replace(PLAIN, probability=math.nan, layer="layer4", shares=(FilterShare("tiny/layer4/7", 3.0, False),))
    facts = json.loads(json.dumps(unknown.facts(), allow_nan=False))
    assert (facts["network"], facts["weights_digest"], facts["layer"]) == ("tiny", "abcplain", "layer4")
    assert (facts["dataset"], facts["class"], facts["probability"]) == ("plain", "horseplain", None)
    assert [step["filter"] for step in facts["steps"]] == [f"tiny/plain/{place}" for place in (31, 32, 33)]
    assert facts["steps"][1]["contribution"] == -0.5 and facts["shares"] == [["tiny/layer4/7", 3.0, False]]
    assert facts["ablation"]["probability"] == [0.97, 0.8, 0.41]


def test_that_the_page_adds_path_others_and_bias_to_the_logit() -> None:
    page = Page(explanation_html(PLAIN))
    for text in ("3 critical filters of the path+2.50", "other filters of the layer+6.50", "bias+0.25"):
        name, _, value = text.rpartition("+")
        assert name in page.text and f"+{value}" in page.text
    without = Page(explanation_html(replace(PLAIN, exact=False, logit=7.0)))
    assert "not accounted for" in without.text and "−2.00" in without.text


def test_that_the_curve_passes_through_its_values() -> None:
    page = Page(ablation_chart(CURVE, width=504, height=276))
    # 400 px wide from 48, 200 px high from 36.
    dots = [(float(dot["cx"] or 0), float(dot["cy"] or 0)) for dot in page.attributes("circle", "dot")]
    assert dots == [(48.0, 42.0), (248.0, 76.0), (448.0, 154.0)]
    (line,) = [a["d"] for a in page.attributes("path", "mark") if (a["d"] or "").count("L") == 2]
    assert numbers(line) == [48.0, 42.0, 248.0, 76.0, 448.0, 154.0]
    (band,) = page.attributes("path", "band")
    assert numbers(band["d"]) == [48.0, 42.0, 248.0, 42.0, 448.0, 44.0, 448.0, 56.0, 248.0, 48.0, 48.0, 42.0]
    assert "95 %" in page.text and "41 %" in page.text


def test_that_values_at_the_end_do_not_stand_upon_each_other() -> None:
    for end in (0.94, 0.95, 0.96):
        flat = [0.97, 0.95]
        page = Page(ablation_chart(curve([0.97, end], flat, flat, flat)))
        ends = [a for tag, a in page.tags if tag == "text" and float(a["x"] or 0) > 630]
        own, other = (float(a["y"] or 0) for a in sorted(ends, key=lambda a: a.get("class") != "found"))
        assert abs(own - other) >= 13
        assert end == 0.95 or (own < other) == (end > 0.95)


def test_that_a_long_path_has_a_line_without_dots() -> None:
    shares = np.linspace(0.9, 0.1, 200).tolist()
    page = Page(ablation_chart(curve(shares, shares, shares, shares)))
    assert not page.attributes("circle", "dot") and page.attributes("path", "mark")


@pytest.mark.parametrize("missing", ["nothing", "the others", "everything"])
def test_that_a_chart_with_gaps_is_still_a_chart(missing: str) -> None:
    nothing = [math.nan, math.nan]
    own = nothing if missing == "everything" else [0.9, 0.5]
    other = nothing if missing != "nothing" else [0.9, 0.8]
    text = ablation_chart(curve(own, other, other, other))
    page = Page(text)
    assert "nan" not in text
    assert bool(page.attributes("path", "band")) == (missing == "nothing")
    assert bool(page.attributes("circle", "dot")) == (missing != "everything")
