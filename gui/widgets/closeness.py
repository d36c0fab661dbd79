"""How well a few typed letters name a text."""

from __future__ import annotations

import re


def closeness(query: str, text: str) -> float:
    """Say how well `query` names `text`: 1 for the same word, 0 where its letters are not even there in order."""
    query, text = query.lower().strip(), text.lower()
    if not query:
        return 0.0
    penalty = min(len(text), 100) / 1000  # of two texts that fit alike, the shorter is meant
    if query == text:
        return 1.0
    if text.startswith(query):
        return 0.9 - penalty
    if re.search(rf"\b{re.escape(query)}", text):
        return 0.8 - penalty
    if len(query) < 2:
        return 0.0
    if query in text:
        return 0.7 - penalty
    return _in_order(query.replace(" ", ""), text, penalty)


def _in_order(query: str, text: str, penalty: float) -> float:
    """Score letters that come in order; the wider they are spread, the less they mean."""
    places, place = [], -1
    for letter in query:
        place = text.find(letter, place + 1)
        if place < 0:
            return 0.0
        places.append(place)
    # A first letter from the middle of a word is chance, not an abbreviation.
    if places[0] > 0 and text[places[0] - 1].isalnum():
        return 0.0
    return 0.6 * len(query) / (places[-1] - places[0] + 1) - penalty
