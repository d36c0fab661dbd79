"""The jobs behind the categories panel: what is computed once is found again, with noise and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest

from backend.analysis.category_hierarchy import build_category_hierarchy
from backend.analysis.events import finish
from backend.analysis.hierarchies import representative_vectors
from backend.analysis.hierarchies.representative_vectors import representative_vectors as vectors_of
from backend.analysis.scans.scanned_layers import scan_header
from backend.engine import Engine
from backend.errors import UserError
from backend.jobs import (
    Categories,
    ComputeCategories,
    FindCategories,
    MissingCategories,
    Notice,
    Progress,
    SaveHierarchy,
    ScanActivations,
)
from tests.categories import categories
from tests.networks import count_hooks
from tests.scanned import CLASSES, FEW, save_images, save_small_network


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("categories")
    return str(save_small_network(folder / "small.json")), str(save_images(folder / "few", FEW))


def test_that_what_was_computed_is_found_again(engine: Engine, places: tuple[str, str]) -> None:
    assert finish(FindCategories(*places).run(engine)) == MissingCategories(FEW)
    events: list[Any] = []
    computed: Categories = finish(ComputeCategories(*places).run(engine), events.append)
    assert Progress(FEW, FEW, "images") in events
    found: Categories = finish(FindCategories(*places).run(engine))
    for each in (computed, found):
        assert each.hierarchy.names == CLASSES and each.found.layer == "layer4"
        assert each.found.counts.tolist() == [20, 20, 20]
    assert np.array_equal(computed.hierarchy.distances, found.hierarchy.distances)
    assert np.array_equal(computed.places, found.places) and np.array_equal(computed.pictures, found.pictures)
    network = engine.network(places[0])
    dataset = finish(engine.dataset(places[1], network))
    direct = finish(vectors_of(network, dataset, "layer4"))
    expected = build_category_hierarchy(direct.vectors, direct.names)
    assert np.allclose(found.hierarchy.linkage, expected.linkage, atol=1e-6)
    for label, (number, picture) in enumerate(zip(found.image_numbers.tolist(), found.pictures, strict=True)):
        image, its = dataset[number]
        assert its == label and np.array_equal(image, picture)
    assert count_hooks(network) == 0


def test_that_one_pass_serves_all_usual_layers(engine: Engine, places: tuple[str, str]) -> None:
    finish(ComputeCategories(*places).run(engine))
    for layer in ("bn1", "layer2.1", "layer4", "logits"):
        assert finish(FindCategories(*places, layer).run(engine)).found.layer == layer
    assert finish(FindCategories(*places, "layer2.0.conv1").run(engine)) == MissingCategories(FEW)
    finish(ComputeCategories(*places, "layer2.0.conv1").run(engine))
    assert isinstance(finish(FindCategories(*places, "layer2.0.conv1").run(engine)), Categories)


def test_that_noise_is_added_without_passing_the_images_again(
    engine: Engine, places: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain: Categories = finish(ComputeCategories(*places).run(engine))
    # The images have passed already.
    assert finish(FindCategories(*places, noise_images=30).run(engine)) == MissingCategories(30)
    passed: list[int] = []
    gather = representative_vectors.gather_vectors

    def counted(network: Any, dataset: Any, layers: Any) -> Any:
        passed.append(len(dataset))
        return gather(network, dataset, layers)

    monkeypatch.setattr(representative_vectors, "gather_vectors", counted)
    noisy: Categories = finish(ComputeCategories(*places, noise_images=30).run(engine))
    assert passed == [30]
    assert noisy.hierarchy.names == (*CLASSES, "random noise") and noisy.image_numbers[-1] == -1
    assert np.array_equal(noisy.hierarchy.distances[:3, :3], plain.hierarchy.distances)
    assert noisy.pictures.shape == (4, 16, 16, 3) and noisy.pictures[3].std() > 30
    assert finish(FindCategories(*places).run(engine)).hierarchy.names == CLASSES


def test_that_a_disk_that_is_full_costs_no_result(
    engine: Engine, places: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(engine.store, "save", full)
    events: list[Any] = []
    found = finish(ComputeCategories(*places).run(engine), events.append)
    assert found.hierarchy.names == CLASSES
    assert any("cannot be kept" in event.text for event in events if isinstance(event, Notice))


def test_that_closing_in_the_middle_leaves_nothing(engine: Engine, places: tuple[str, str]) -> None:
    steps = ComputeCategories(*places).run(engine)
    # The opening of the data set has its own progress.
    while not count_hooks(engine.network(places[0])):
        next(steps)
    steps.close()
    assert count_hooks(engine.network(places[0])) == 0
    assert finish(FindCategories(*places).run(engine)) == MissingCategories(FEW)


def test_that_images_and_noise_are_one_progress(engine: Engine, places: tuple[str, str]) -> None:
    events: list[Any] = []
    finish(ComputeCategories(*places, noise_images=30).run(engine), events.append)
    told = [event for event in events if isinstance(event, Progress) and event.total == FEW + 30]
    done = [event.done for event in told]
    assert done == sorted(done) and done[0] == 0 and done[-1] == FEW + 30 and FEW in done


def test_that_a_layer_chosen_elsewhere_need_not_be_there(engine: Engine, places: tuple[str, str]) -> None:
    finish(ComputeCategories(*places).run(engine))
    for layer, expected in (("layer2", "layer2"), ("features.3", "layer4")):
        found = finish(FindCategories(*places, layer, chosen_elsewhere=True).run(engine))
        assert found.found.layer == expected
    with pytest.raises(UserError, match="no layer called"):
        finish(FindCategories(*places, "features.3").run(engine))


def test_that_a_scan_gives_the_vectors_of_a_layer_without_space(engine: Engine, places: tuple[str, str]) -> None:
    network = engine.network(places[0])
    dataset = finish(engine.dataset(places[1], network))
    header = scan_header(network.card, dataset.name, dataset.digest, dataset.class_names, len(dataset))
    finish(ScanActivations(*places, header).run(engine))
    found = finish(FindCategories(*places, "logits").run(engine))
    assert isinstance(found, Categories) and found.hierarchy.names == CLASSES
    direct = finish(vectors_of(network, dataset, "logits"))
    assert np.allclose(found.found.vectors, direct.vectors, atol=1e-5)
    assert found.found.counts.tolist() == direct.counts.tolist()
    # A scan keeps a mean of a map, and the paper's vector is of every place.
    assert finish(FindCategories(*places, "layer4").run(engine)) == MissingCategories(FEW)


def test_that_a_class_without_images_is_named(engine: Engine, places: tuple[str, str], tmp_path: Path) -> None:
    folder = save_images(tmp_path / "some", 6)
    (folder / "yellow").mkdir()
    (folder / "yellow" / "broken.png").write_bytes(b"no picture")
    events: list[Any] = []
    found = finish(ComputeCategories(places[0], str(folder)).run(engine), events.append)
    assert found.hierarchy.names == CLASSES and found.empty == ("yellow",)
    assert any("“yellow” has no image" in event.text for event in events if isinstance(event, Notice))


def test_that_one_class_alone_is_a_sentence(engine: Engine, places: tuple[str, str], tmp_path: Path) -> None:
    one = save_images(tmp_path / "one", 5, classes=("blue",))
    with pytest.raises(UserError, match="two classes at least"):
        finish(ComputeCategories(places[0], str(one)).run(engine))
    both = finish(ComputeCategories(places[0], str(one), noise_images=4).run(engine))
    assert both.hierarchy.names == ("blue", "random noise")


def test_that_a_newer_request_for_the_same_place_replaces_the_older(places: tuple[str, str]) -> None:
    jobs = [FindCategories(*places, layer, place=place) for layer, place in (("a", "x"), ("b", "x"), ("b", "y"))]
    assert jobs[0].key == jobs[1].key != jobs[2].key
    assert ComputeCategories(*places, place="x").key != jobs[0].key
    assert ComputeCategories.background and not FindCategories.background


def test_that_the_suffix_chooses_the_format(engine: Engine, tmp_path: Path) -> None:
    hierarchy = categories().hierarchy
    tree = finish(SaveHierarchy(tmp_path / "tree.nwk", hierarchy).run(engine))
    text = tree.read_text()
    assert text.startswith("(") and text.endswith(";\n") and all(f"'{name}'" in text for name in hierarchy.names)
    graph = networkx.read_graphml(finish(SaveHierarchy(tmp_path / "tree.graphml", hierarchy).run(engine)))
    assert set(graph) == set(hierarchy.names) and graph.number_of_edges() == 4
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["tree.graphml", "tree.nwk"]
