"""The jobs behind the histogram panel: scans, statistics, single pictures, overlays, receptive fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backend.analysis.attribution import ATTRIBUTION_SPREAD, activation_maps, attribute_to_unit, overlay
from backend.analysis.capture import capturing
from backend.analysis.events import finish
from backend.analysis.scans.stored_scans import scan_folder
from backend.engine import Engine
from backend.errors import UserError
from backend.jobs import (
    Channel,
    ClassLogit,
    DatasetInfo,
    DescribedLayer,
    DescribeLayers,
    FindReceptiveField,
    NetworkCard,
    OpenDataset,
    OpenNetwork,
    OverlaidImages,
    OverlayImages,
    PictureScores,
    ScanActivations,
    ScanHeader,
    ScanStep,
    ScorePicture,
    header_of_scan,
    stored_scan,
    stored_statistics,
)
from backend.store import Store
from tests.networks import count_hooks
from tests.picture_files import png


class Opened:
    """An engine with a network and a data set, and the header of their scan."""

    def __init__(self, network: Path, images: Path, results: Path) -> None:
        self.engine = Engine(Store(results))
        self.engine.wake("cpu")
        self.network, self.images = str(network), str(images)
        self.card: NetworkCard = finish(OpenNetwork(self.network).run(self.engine))
        self.info: DatasetInfo = finish(OpenDataset(self.images, self.network).run(self.engine))
        self.header: ScanHeader = header_of_scan(self.card, self.info)

    def scan(self, header: ScanHeader | None = None) -> ScanActivations:
        return ScanActivations(self.network, self.images, header or self.header)


@pytest.fixture
def opened(places: Path, tmp_path: Path) -> Opened:
    return Opened(places / "small.json", places / "many", tmp_path / "results")


def test_that_a_scan_is_stored_and_its_steps_say_how_far_it_is(opened: Opened) -> None:
    events: list[Any] = []
    scan = finish(opened.scan().run(opened.engine), events.append)
    steps = [event for event in events if isinstance(event, ScanStep)]
    assert [step.scan.done for step in steps] == [0, 256, 512, 600]
    assert [(step.progress.done, step.progress.total, step.progress.unit) for step in steps][1] == (256, 600, "images")
    assert scan.header == opened.header and scan.complete
    again = stored_scan(opened.engine.store, opened.header)
    assert again is not None and again.complete
    np.testing.assert_array_equal(again.scores("layer4"), scan.scores("layer4"))


def test_that_a_scan_that_is_ended_leaves_no_hook_and_goes_on(opened: Opened) -> None:
    steps = opened.scan().run(opened.engine)
    while not (isinstance(event := next(steps), ScanStep) and event.scan.done == 256):
        pass
    steps.close()
    assert count_hooks(opened.engine.network(opened.network)) == 0
    events: list[Any] = []
    finish(opened.scan().run(opened.engine), events.append)
    assert next(event.scan.done for event in events if isinstance(event, ScanStep)) == 256


def test_that_scans_of_other_layers_do_not_replace_each_other_and_of_the_same_do(opened: Opened) -> None:
    other = header_of_scan(opened.card, opened.info, ("conv1",))
    keys = {opened.scan().key, opened.scan(other).key}
    assert len(keys) == 2 and opened.scan().key in keys and opened.scan().background and opened.scan().lasting
    assert scan_folder(opened.engine.store, other) != scan_folder(opened.engine.store, opened.header)


@pytest.mark.parametrize(("changed", "what"), [("weights", "network"), ("data", "data set")])
def test_that_what_has_changed_since_is_refused_before_anything_is_written(
    opened: Opened, changed: str, what: str
) -> None:
    header = ScanHeader(**{**vars(opened.header), changed: "of before"})
    with pytest.raises(UserError) as caught:
        finish(opened.scan(header).run(opened.engine))
    assert caught.value.report.title == f"The {what} has changed on disk"
    assert not scan_folder(opened.engine.store, header).exists()


def test_that_statistics_come_layer_by_layer_and_are_stored_once_the_scan_is_whole(opened: Opened) -> None:
    steps = opened.scan().run(opened.engine)
    part = next(event.scan for event in steps if isinstance(event, ScanStep) and event.scan.done == 256)
    steps.close()
    events: list[Any] = []
    finish(DescribeLayers(part).run(opened.engine), events.append)
    described = [event for event in events if isinstance(event, DescribedLayer)]
    assert [event.layer for event in described] == [layer.name for layer in opened.header.layers]
    assert {event.done for event in described} == {256}
    assert stored_statistics(opened.engine.store, part, "layer4") is None
    whole = finish(opened.scan().run(opened.engine))
    finish(DescribeLayers(whole).run(opened.engine))
    stored = stored_statistics(opened.engine.store, whole, "layer4")
    assert stored is not None
    np.testing.assert_allclose(stored.mean, whole.scores("layer4").mean(0), rtol=1e-5)


def test_that_a_picture_is_scored_as_the_scan_scores_it_whether_array_or_file(opened: Opened) -> None:
    scan = finish(opened.scan().run(opened.engine))
    picture = opened.info.pixels.images([7])[0]
    expected = {"layer4": scan.scores("layer4")[7], "bn1": scan.scores("bn1")[7], "logits": scan.scores("logits")[7]}
    for layer, scores in expected.items():
        for given in (picture, png(picture)):
            found: PictureScores = finish(ScorePicture(opened.network, layer, given, "x").run(opened.engine))
            np.testing.assert_allclose(found.mean, scores, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(found.probabilities, scan.probabilities(7), rtol=1e-4)
            assert found.layer == layer and found.picture.shape == (16, 16, 3) and not found.mean.flags.writeable


def test_that_a_file_that_is_no_picture_is_refused(opened: Opened) -> None:
    with pytest.raises(UserError):
        finish(ScorePicture(opened.network, "layer4", b"no picture", "x").run(opened.engine))


@pytest.mark.parametrize("kind", ["activation", "attribution"])
def test_that_overlays_come_in_small_parts_and_are_those_of_the_core(opened: Opened, kind: Any) -> None:
    indices, unit, events = (5, 9, 2), Channel("layer3", 4), list[Any]()
    finish(OverlayImages(opened.network, opened.images, unit, indices, kind).run(opened.engine), events.append)
    parts = [event for event in events if isinstance(event, OverlaidImages)]
    assert [part.indices for part in parts] == [(5, 9), (2,)]
    pixels = opened.info.pixels.images([5, 9])
    network = opened.engine.network(opened.network)
    if kind == "activation":
        expected = overlay(pixels, activation_maps(network, unit, network.normalize(pixels)))
    else:
        expected = overlay(pixels, attribute_to_unit(network, unit, network.normalize(pixels)), ATTRIBUTION_SPREAD)
    np.testing.assert_array_equal(parts[0].images, expected)
    assert not parts[0].images.flags.writeable and count_hooks(network) == 0


def test_that_a_map_of_what_has_no_space_is_refused_with_advice(opened: Opened) -> None:
    with pytest.raises(UserError, match="no space"):
        finish(OverlayImages(opened.network, opened.images, ClassLogit(0), (1,), "activation").run(opened.engine))


def test_that_nothing_outside_a_receptive_field_changes_its_place(opened: Opened) -> None:
    top, left, bottom, right = finish(FindReceptiveField(opened.network, "conv1", 4, 9).run(opened.engine))
    assert (top, left, bottom, right) == (3, 8, 6, 11)
    network = opened.engine.network(opened.network)
    inside = torch.zeros(1, 3, 16, 16)
    outside = torch.randn(1, 3, 16, 16)
    outside[..., top:bottom, left:right] = 0
    with capturing(network.module, {"conv1": network.card.layer("conv1").calls}) as forward, torch.inference_mode():
        values = [forward(images).outputs["conv1"][0, :, 4, 9] for images in (inside, outside)]
    torch.testing.assert_close(values[0], values[1])
