"""What is known of a unit, gathered for a page that is exported. Pure: no widget, no signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backend.jobs import (
    FigureRow,
    Histogram,
    NetworkCard,
    SheetImage,
    SimilarUnit,
    TuningCurve,
    UnitImages,
    UnitLabel,
    UnitRelations,
    UnitSheet,
    format_address,
    program_versions,
)
from gui.text import figure, percentage
from gui.units.unit_scores import UnitScores

if TYPE_CHECKING:
    from gui.units.selected_scores import SelectedScores

BINS = 64
Pictures = Mapping[int, NDArray[np.uint8]]


def statistics_texts(scores: UnitScores) -> dict[str, str]:
    """Put the statistics of a unit's scores into words, by the names that `STATISTICS` lists."""
    statistics = scores.statistics
    if not statistics.images:
        return {}
    names = ("mean", "deviation", "skewness", "kurtosis", "largest")
    texts = {name: figure(getattr(statistics, name)) for name in names}
    return {**texts, "zeros": percentage(statistics.zeros, 1), "shape": statistics.shape}


def predicted(scores: UnitScores, card: NetworkCard, image: int) -> tuple[str, float]:
    """Name the class that the network sees in an image, and give its probability."""
    probabilities = scores.scan.probabilities(image)
    best = int(probabilities.argmax())
    return (card.classes[best] if best < len(card.classes) else f"class {best}"), float(probabilities[best])


def sheet_images(
    scores: UnitScores, card: NetworkCard, images: Sequence[int], pictures: Pictures
) -> tuple[SheetImage, ...]:
    """Describe those images whose pictures are there."""
    names = scores.scan.header.class_names
    return tuple(
        SheetImage(
            pictures[image],
            float(scores.scores[image]),
            names[int(scores.labels[image])],
            predicted(scores, card, image)[0],
            f"image {image:,}",
        )
        for image in images
        if image in pictures
    )


def histogram_of(scores: UnitScores) -> Histogram | None:
    """Count the images by their score."""
    if not len(scores.ascending):
        return None
    counts, edges = np.histogram(scores.ascending.astype(np.float64), bins=BINS)
    return Histogram(counts, edges)


def unit_sheet(
    scores: UnitScores,
    card: NetworkCard,
    label: UnitLabel,
    pictures: Pictures,
    shown: int,
    optimised: UnitImages | None,
    relations: UnitRelations | None,
    thumbnails: Pictures,
    tuning: Sequence[TuningCurve],
    selected: SelectedScores | None = None,
) -> UnitSheet:
    """Gather everything known of one unit.

    Parameters
    ----------
    pictures : mapping of int to uint8 (height, width, 3)
        Images of the data set by their number.
    shown : int
        Images of either end.
    thumbnails : mapping of int to uint8 (height, width, 3)
        Pictures of similar channels by their number.
    selected : SelectedScores or None
        The images of either end are of these alone, and the facts say so.
    """
    header, spoken = scores.scan.header, selected or scores
    facts = list(statistics_texts(scores).items())
    if selected is not None:
        facts += [("selected", f"{selected.name}: {selected.words}"), ("images below", f"of {selected.counted}")]
    address = format_address(scores.unit, card)
    parent = address.rpartition("/")[0]
    similar = relations.similar if relations is not None else ()
    means = zip(header.class_names, scores.class_means.tolist(), strict=True)
    return UnitSheet(
        address=address,
        network=card.name,
        weights_digest=card.weights_digest,
        dataset=header.dataset,
        images_scanned=scores.scan.done,
        images_total=header.count,
        facts=tuple(facts),
        label_kind=label.kind,
        label_note=label.note,
        optimised=optimised if optimised is not None and optimised.done else None,
        histogram=histogram_of(scores),
        top=sheet_images(scores, card, spoken.top(shown).tolist(), pictures),
        bottom=sheet_images(scores, card, spoken.bottom(shown).tolist(), pictures),
        tuning=tuple(tuning),
        similar=tuple(SimilarUnit(f"{parent}/{index}", cosine, thumbnails.get(index)) for index, cosine in similar),
        classes=tuple((name, mean) for name, mean in means if np.isfinite(mean)),
        weights=relations.weights if relations is not None else None,
        versions=program_versions(),
    )


def figure_row(
    scores: UnitScores, card: NetworkCard, group: str, pictures: Pictures, optimised: NDArray[np.uint8] | None
) -> FigureRow:
    """Gather what figure 5 of the paper shows of one unit."""
    texts = statistics_texts(scores)
    words = f"{texts.get('shape', '')} · skewness {texts.get('skewness', '–')} · zeros {texts.get('zeros', '–')}"
    top = sheet_images(scores, card, scores.top(9).tolist(), pictures)
    return FigureRow(format_address(scores.unit, card), group, top, optimised, histogram_of(scores), words)
