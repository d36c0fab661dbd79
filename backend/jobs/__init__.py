"""What can be asked of the compute thread, and the words to ask it in: all that the window needs of the backend.

Every job is a frozen dataclass whose `run(engine)` is a generator: it yields events, each a place to pause, steer or
cancel, and returns its result. Nothing here imports torch before a job runs. One file a subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.analysis.cards import LOGITS, LayerInfo, NetworkCard, read_card
from backend.analysis.category_hierarchy import CategoryHierarchy, build_category_hierarchy
from backend.analysis.csv_text import csv_text
from backend.analysis.events import Notice, Progress
from backend.analysis.features import default_feature_layer
from backend.analysis.hierarchies.class_vectors import ClassVectors, carrying_filters, other_layers, usual_layers
from backend.analysis.hierarchies.hierarchy_comparison import HierarchyComparison, compare_hierarchies
from backend.analysis.labels import (
    KINDS,
    UnitLabel,
    UnitLabels,
    export_labels,
    merge_labels,
    read_labels,
)
from backend.analysis.maximization.maximization_settings import LIFELIKE, PRESETS, MaximizationSettings, Preset
from backend.analysis.maximization.starts import (
    DatasetStart,
    NoiseStart,
    PictureStart,
    Start,
    start_from_json,
    start_to_json,
)
from backend.analysis.maximization.unit_images import UnitImages, UnitImagesStep, stored_unit_images
from backend.analysis.maximization.walls import Wall, WallTiles, stored_wall
from backend.analysis.objectives import (
    Channel,
    ClassLogit,
    ClassProbability,
    Layer,
    Neuron,
    Objective,
    Unit,
    format_address,
    parse_address,
    weighted,
)
from backend.analysis.prediction_tree import PredictionTree
from backend.analysis.scans.probe_scores import probe_tuning
from backend.analysis.scans.scan_results import ActivationScan, Pooling, ScanHeader, ScanStep, top_of
from backend.analysis.scans.scanned_layers import default_layers
from backend.analysis.scans.score_statistics import (
    SHAPE_RULE,
    LayerStatistics,
    ScoreStatistics,
    class_means,
    describe_scores,
    percentile_of,
    similar_channels,
)
from backend.analysis.scans.stored_scans import stored_scan, stored_statistics
from backend.analysis.scans.tuning import TuningCurve
from backend.analysis.training.fine_tuning_results import FineTuning, FineTuningRow, FineTuningSettings
from backend.analysis.trees.ablation import Ablation
from backend.analysis.trees.tree_classes import class_counts, class_entropy, class_information
from backend.analysis.trees.tree_path import Descent, PathStep
from backend.analysis.trees.tree_path import Path as TreePath
from backend.analysis.weights.shipped import shipped_card_path, shipped_networks
from backend.engine import Engine, EngineStatus
from backend.jobs.canvas import OpenRecipe, OptimizeUnit, RunStarted, SaveFilm, SavePicture
from backend.jobs.datasets import AverageImages, DatasetInfo, DescribeImages, DownloadDataset, Images, OpenDataset
from backend.jobs.explain import (
    AblateFilters,
    ExplainPicture,
    FineTune,
    OpenNewImages,
    SaveExplanation,
    SaveExplanationPicture,
)
from backend.jobs.hierarchy import (
    NOISE_IMAGES,
    Categories,
    ComputeCategories,
    FindCategories,
    MissingCategories,
    SaveHierarchy,
)
from backend.jobs.job import Job, Steps
from backend.jobs.mean_scores import FindMeanScores
from backend.jobs.networks import OpenNetwork, SwitchDevice, WakeEngine
from backend.jobs.overlays import FindReceptiveField, OverlaidImages, Overlay, OverlayImages
from backend.jobs.scan import (
    DescribedLayer,
    DescribeLayers,
    PictureScores,
    ScanActivations,
    ScorePicture,
    header_of_scan,
)
from backend.jobs.tables import SaveTable
from backend.jobs.tree import BuildTree, FindTree, TracedPath, TracePath
from backend.jobs.unit_page import (
    FindRelations,
    OptimizeUnitImages,
    SaveFigure,
    SaveFile,
    SaveUnitSheet,
    UnitRelations,
    probe_info,
)
from backend.jobs.walls import ComputeWall
from backend.pages.explanation import ExplainedStep, Explanation, FilterShare
from backend.pages.explanation_charts import AblationCurve, Portion
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
from backend.pages.numbers import counted, number, per_cent, percentage, plural, signed, with_minus
from backend.pages.sheet_charts import Histogram
from backend.pages.unit_figure import FigureRow
from backend.pages.unit_sheet import SheetImage, SimilarUnit, UnitSheet
from backend.recipe import Recipe, local_source, portable_source, program_versions, read_recipe
from backend.store import Store

if TYPE_CHECKING:
    from backend.analysis.activation_maximization import MaximizationStep
