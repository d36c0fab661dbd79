"""Whether the filters on a path matter: what a picture is without them, and what they alone can be taught."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from backend.analysis.events import Progress
from backend.analysis.prediction_tree import PredictionTree
from backend.analysis.training.fine_tuning_results import FineTuning, FineTuningSettings
from backend.analysis.trees.ablation import Ablation
from backend.engine import Engine
from backend.errors import UserError
from backend.jobs.datasets import OpenDataset
from backend.jobs.job import Job, Steps
from backend.jobs.unit_page import SavePage
from backend.pages.explanation import Explanation
from backend.pages.explanation_page import explanation_html


@dataclass(frozen=True, eq=False)
class AblateFilters(Job):
    """Remove filters of a layer one after the other, and as many random others. Returns `Ablation`.

    Attributes
    ----------
    network : str
        Its source.
    picture : uint8 (height, width, 3), or the bytes of a file
    layer : str
    filters : tuple of int
        In the order of their removal.
    class_index : int
        The class to watch.
    place : str
        Where it is shown: a newer request for the same place replaces an older one.
    """

    lasting: ClassVar[bool] = True
    network: str
    picture: NDArray[np.uint8] | bytes
    layer: str
    filters: tuple[int, ...]
    class_index: int
    place: str = "panel"

    @property
    def title(self) -> str:
        return f"Removing {len(self.filters)} filters"

    @property
    def key(self) -> str:
        return f"ablation for {self.place}"

    def run(self, engine: Engine) -> Steps[Ablation]:
        from backend.analysis.activation_scan import batch_size
        from backend.analysis.pictures import read_picture
        from backend.analysis.trees.ablation import ablate_filters

        network = engine.network(self.network)
        engine.share_work(batch_size(network) * network.input_size[0] * network.input_size[1])
        picture = read_picture(self.picture) if isinstance(self.picture, bytes) else self.picture
        return (yield from ablate_filters(network, picture, self.layer, self.filters, self.class_index))


@dataclass(frozen=True, eq=False)
class FineTune(Job):
    """Fine-tune the filters on the paths of new images, the last layer, and all weights. Returns `FineTuning`.

    Yields `Progress` in images: while data sets are opened, and then counted through everything.

    Attributes
    ----------
    network : str
        Its source; it stays as it is.
    dataset : str
        Source of the new images, whose classes are those of the network by name.
    tree : PredictionTree or None
        Through which they go; without one there is a sentence.
    layer : str
        That of the tree.
    old_test : str
        Source of the data set that the network must not forget. What it shares with the new images is not tested.
    images : tuple of int
        The new images' numbers in `dataset`; all where it is empty.
    label : int or None
        The class of all of them, counted as the network's: for a folder that has no class folders.
    settings : FineTuningSettings
    """

    background: ClassVar[bool] = True
    lasting: ClassVar[bool] = True
    awaited: ClassVar[bool] = True
    network: str
    dataset: str
    tree: PredictionTree | None
    layer: str
    old_test: str
    images: tuple[int, ...] = ()
    label: int | None = None
    settings: FineTuningSettings = field(default_factory=FineTuningSettings)

    @property
    def title(self) -> str:
        return f"Fine-tuning on {len(self.images):,} images" if self.images else "Fine-tuning on new images"

    @property
    def key(self) -> str:
        return "fine-tuning"

    def run(self, engine: Engine) -> Steps[FineTuning]:
        from backend.analysis.activation_scan import batch_size
        from backend.analysis.training.fine_tuning_paths import fine_tune_on_paths

        if self.tree is None:
            raise UserError("No tree", "New images have no paths without a tree.", "Build the prediction tree first.")
        network = engine.network(self.network)
        dataset = yield from engine.dataset(self.dataset, network)
        old_test = yield from engine.dataset(self.old_test, network)
        engine.share_work(batch_size(network) * network.input_size[0] * network.input_size[1])
        tuning = fine_tune_on_paths(
            network, dataset, self.tree, self.layer, old_test, self.images, self.label, self.settings
        )
        return (yield from tuning)


@dataclass(frozen=True)
class OpenNewImages(OpenDataset):
    """Open images to fine-tune on, beside the data set that is open. Returns a `DatasetInfo`."""

    @property
    def key(self) -> str:
        return "new images"


@dataclass(frozen=True, eq=False)
class ExplainPicture(Job):
    """Lay Grad-CAM for a class over a picture. Returns uint8 (height, width, 3), read-only."""

    network: str
    layer: str
    class_index: int
    picture: NDArray[np.uint8]

    @property
    def title(self) -> str:
        return "Grad-CAM"

    @property
    def key(self) -> str:
        return "grad-cam"

    def run(self, engine: Engine) -> Steps[NDArray[np.uint8]]:
        from backend.analysis.arrays import frozen
        from backend.analysis.attribution import grad_cam, overlay

        yield from ()
        network = engine.network(self.network)
        engine.share_work(network.input_size[0] * network.input_size[1])
        maps = grad_cam(network, self.layer, self.class_index, network.normalize(self.picture[None]))
        return frozen(overlay(self.picture[None], maps)[0])


@dataclass(frozen=True, eq=False)
class SaveExplanation(SavePage):
    """Why a picture was called what it was."""

    explanation: Explanation

    def html(self) -> str:
        return explanation_html(self.explanation)


@dataclass(frozen=True, eq=False)
class SaveExplanationPicture(Job):
    """Write a sheet of an explanation as PNG, with what it is of and its numbers inside. Returns its path.

    Attributes
    ----------
    path : Path
    sheet : uint8 (height, width, 3)
    explanation : Explanation
    """

    path: Path
    sheet: NDArray[np.uint8]
    explanation: Explanation

    @property
    def title(self) -> str:
        return f"Saving {self.path.name}"

    def run(self, engine: Engine) -> Steps[Path]:
        from backend.analysis.pictures import save_png

        yield Progress(0, 1, "files")
        save_png(self.path, self.sheet, self.explanation.facts())
        return self.path
