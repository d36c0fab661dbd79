"""Settings of an activation maximisation and their presets. Torch-free, so that the window can build a form of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from backend.analysis.objectives import PreActivation
from backend.errors import UserError

Optimizer = Literal["sgd", "momentum", "adam"]
Parametrization = Literal["pixels", "fourier"]


@dataclass(frozen=True)
class MaximizationSettings:
    """How an image is optimised. Everything but `seed` may change while a run goes on.

    Lengths are fractions of the image side, so that a setting means the same at 32 and at 224 pixels.

    Parameters
    ----------
    steps : int, default=256
    learning_rate : float or tuple of float, default=0.05
        Several rates optimise every start once with each (paper fig. 3).
    optimizer : {"sgd", "momentum", "adam"}, default="sgd"
        Plain gradient ascent as in the paper, with momentum 0.9, or Adam (0.9, 0.999).
    seed : int, default=0
        Of the random transforms.
    parametrization : {"pixels", "fourier"}, default="pixels"
        What is optimised: the pixels, or their spectrum with 1/f weights, squashed into the valid range.
    decorrelate_colour : bool, default=False
        Optimise along the main colour axes of natural images (three-channel networks only).
    margin : float, default=0
        How much larger than the input the canvas is, in sides; the centre is what is shown.
    jitter : float, default=0
        Largest shift of the input at each step, in sides, to either side.
    scale : float, default=0
        Largest change of size at each step: 0.1 is ±10 %.
    rotate : float, default=0
        Largest rotation of the input at each step, in degrees, to either side.
    alpha_norm_weight, alpha : float, default=0, 6
        λ and α of the α-norm (paper sec. 2.4).
    total_variation_weight, beta : float, default=0, 2
        λ and β of the total variation V^β (paper sec. 2.4).
    relative_weights : bool, default=False
        Whether each λ is multiplied by the norm of Φ's gradient, averaged over the last ten steps or so. Then it means
        the same for every network, layer and unit, whose gradients differ tenfold; as a plain λ it is the paper's.
    gradient_blur : float, default=0
        Largest standard deviation of the Gaussian that blurs the gradient, in sides (fig. 7).
    gradient_translate, gradient_rotate : float, default=0
        Largest random shift (sides) and rotation (degrees) of the gradient (fig. 7).
    clip : bool, default=False
        Keep every pixel in the range that a real image can have.
    pre_activation : {"never", "when dead", "always"}, default="never"
        Read units before their ReLU; a unit behind a dead ReLU has no gradient otherwise.
    frame_rate : float, default=0
        Most frames yielded a second; 0 yields after every step.
    """

    steps: int = 256
    learning_rate: float | tuple[float, ...] = 0.05
    optimizer: Optimizer = "sgd"
    seed: int = 0
    parametrization: Parametrization = "pixels"
    decorrelate_colour: bool = False
    margin: float = 0.0
    jitter: float = 0.0
    scale: float = 0.0
    rotate: float = 0.0
    alpha_norm_weight: float = 0.0
    alpha: float = 6.0
    total_variation_weight: float = 0.0
    beta: float = 2.0
    relative_weights: bool = False
    gradient_blur: float = 0.0
    gradient_translate: float = 0.0
    gradient_rotate: float = 0.0
    clip: bool = False
    pre_activation: PreActivation = "never"
    frame_rate: float = 0.0

    def __post_init__(self) -> None:
        _check_choice("optimizer", self.optimizer, get_args(Optimizer))
        _check_choice("parametrization", self.parametrization, get_args(Parametrization))
        _check_choice("pre_activation", self.pre_activation, get_args(PreActivation))
        if self.steps < 1 or not self.learning_rates:
            raise UserError("These settings cannot work", "A run needs at least one step and one learning rate.", "")

    @property
    def learning_rates(self) -> tuple[float, ...]:
        rate = self.learning_rate
        return tuple(rate) if isinstance(rate, (tuple, list)) else (float(rate),)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> MaximizationSettings:
        """Read what `to_json` gave; keys of another version are ignored, wrong values raise `UserError`."""
        known = {field.name: field for field in fields(cls)}
        values: dict[str, Any] = {}
        for key, value in content.items():
            if key in known:
                values[key] = _checked(key, value, known[key].default)
        return cls(**values)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError("These settings cannot work", f"{name} is “{value}”.", f"Use one of: {', '.join(choices)}.")


def _checked(key: str, value: Any, default: Any) -> Any:
    """Return `value` as the type of `default`; JSON turns tuples into lists and 1.0 into 1."""
    if key == "learning_rate" and isinstance(value, list):
        return tuple(_checked(key, rate, default) for rate in value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(default, float) and number:
        return float(value)
    if type(value) is not type(default):
        raise UserError("These settings cannot be read", f"{key} is {value!r}.", f"It should be like {default!r}.")
    return value


@dataclass(frozen=True)
class Preset:
    """Settings with a name, what they are for, and the start they want.

    Attributes
    ----------
    name, meaning : str
    settings : MaximizationSettings
    contrast : float or None
        Of the random noise it starts from: 1 is the paper's, 0.1 nearly grey; None where it starts from an image.
    """

    name: str
    meaning: str
    settings: MaximizationSettings
    contrast: float | None


LIFELIKE = MaximizationSettings(
    steps=256,
    learning_rate=0.05,
    optimizer="adam",
    parametrization="fourier",
    decorrelate_colour=True,
    margin=0.25,
    jitter=0.125,
    scale=0.1,
    rotate=8.0,
    total_variation_weight=2.0,
    relative_weights=True,
    pre_activation="when dead",
)

PRESETS = (
    Preset(
        "Lifelike",
        "The clearest picture: optimised spectrum and colours, moved a little at every step.",
        LIFELIKE,
        0.1,
    ),
    Preset(
        "Fooling (fig. 2)",
        "The paper's slight change: plain gradient ascent from an image, small enough to be hard to see.",
        MaximizationSettings(steps=100, learning_rate=1e-4),
        None,
    ),
    Preset(
        "Evidence (fig. 3)",
        "The paper's large learning rate from an image: what would make it more of this class.",
        MaximizationSettings(steps=1000, learning_rate=1.0),
        None,
    ),
    Preset(
        "Super image (fig. 6)",
        "The paper's large learning rate from random noise: how the network remembers a class.",
        MaximizationSettings(steps=1000, learning_rate=1.0),
        1.0,
    ),
    Preset(
        "Softened (fig. 7)",
        "As fig. 6, but every gradient is blurred, shifted and turned a little at random before it is applied.",
        MaximizationSettings(
            steps=1000,
            learning_rate=1.0,
            gradient_blur=0.03,
            gradient_translate=0.03,
            gradient_rotate=5.0,
        ),
        1.0,
    ),
)
