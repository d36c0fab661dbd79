"""The sentences about a fine-tuning, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.analysis.training.fine_tuning_results import FineTuning, FineTuningRow

NAMES = ("filters on the paths", "last layer", "all weights")
CLASSES = ("cat", "horse")


def made(
    new: tuple[float, ...], old: tuple[float, ...], *, before: tuple[float, float] = (0.1, 0.9), tested: int = 100
) -> FineTuning:
    """Give a result with these accuracies afterwards, of the paths, the last layer, and all weights."""
    rows = (
        FineTuningRow(name, 10, before[0], gained, before[1], kept)
        for name, gained, kept in zip(NAMES, new, old, strict=True)
    )
    return FineTuning(tuple(rows), tested, tested, True, 10_000, 0, "layer4", 51, 256, CLASSES)


@pytest.mark.parametrize(
    ("new", "old", "sentence"),
    [
        (
            (0.5, 0.51, 0.9),
            (0.89, 0.8, 0.5),
            "The paths' filters learn as much as the last layer (+40.0 against +41.0 points) "
            "and forget less (−1.0 against −10.0).",
        ),
        (
            (0.9, 0.4, 0.9),
            (0.7, 0.8, 0.5),
            "The paths' filters learn more than the last layer (+80.0 against +30.0 points) "
            "but also forget more (−20.0 against −10.0).",
        ),
        (
            (0.2, 0.6, 0.9),
            (0.9, 0.901, 0.5),
            "The paths' filters learn less than the last layer (+10.0 against +50.0 points) "
            "and forget as much (0.0 against +0.1).",
        ),
        (
            (0.1, 0.05, 0.1),
            (0.9, 0.9, 0.9),
            "None of the three learns the new images in these steps: take more epochs or a larger learning rate.",
        ),
    ],
)
def test_that_the_conclusion_is_what_the_figures_say(
    new: tuple[float, ...], old: tuple[float, ...], sentence: str
) -> None:
    assert made(new, old).conclusion == sentence


def test_that_a_difference_of_chance_is_none() -> None:
    shares = (0.5, 0.4, 0.9), (0.9, 0.9, 0.9)
    assert "learn as much as" in made(*shares, tested=20).conclusion
    assert "learn more than" in made(*shares, tested=200).conclusion


def test_that_what_the_choice_of_images_does_is_said() -> None:
    plain = made((0.5, 0.5, 0.9), (0.9, 0.9, 0.9))
    assert plain.cautions == ()
    alone = replace(plain, new_classes=("horse",))
    assert alone.cautions == (
        "All new images are of horse: all that is to learn is to say horse more often, "
        "at the cost of the other classes.",
    )
    wrong = made((0.5, 0.5, 0.9), (0.9, 0.9, 0.9), before=(0.0, 0.92))
    assert wrong.cautions == ("The new images tested were all seen wrongly before, so they can only gain.",)
    (told,) = made((0.5, 0.5, 0.9), (0.9, 0.9, 0.9), before=(0.0, 1.0)).cautions
    assert told.endswith("and all 10,000 old ones rightly: the first can only gain, the others only lose.")
    few = replace(plain, left_out=12, unseen_classes=("cat",))
    assert few.cautions == (
        "12 of the old test set's images are among the new ones, and not tested.",
        "No old image is left of cat.",
    )


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (51, "51 of the 256 filters of layer4 are critical on the paths."),
        (240, "240 of the 256 filters of layer4 are critical on the paths: nearly all, so few are spared."),
        (256, "All 256 filters of layer4 are critical on the paths: none is spared."),
    ],
)
def test_that_it_is_said_when_nearly_all_filters_are_on_the_paths(filters: int, words: str) -> None:
    assert replace(made((0.5,) * 3, (0.9,) * 3), filters=filters).filters_remark == words
