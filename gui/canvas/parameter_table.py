"""What the parameter form shows: one row a setting, its range and its words. No widgets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from gui.widgets.parameter_controls import POSITIONS

Kind = Literal["number", "rates", "seed", "choice", "switch"]


@dataclass(frozen=True)
class Parameter:
    """A row of the form.

    Attributes
    ----------
    field : str
        Name in `MaximizationSettings`.
    label, group, tip : str
        `tip` is one sentence that says what the setting does.
    kind : {"number", "rates", "seed", "choice", "switch"}
    low, high : float
        Ends of the slider. Where `off`, its left end is 0 and `low` is the smallest value that is not.
    least, most : float
        Ends of what may be typed.
    logarithmic, whole, off : bool
        `off`: 0 is shown as "off".
    unit : {"", "%", "°", "steps"}
        "%" shows fractions of the image side as per cent.
    choices : tuple of (str, str)
        Values of a choice and how they are called.
    """

    field: str
    label: str
    group: str
    tip: str
    kind: Kind = "number"
    low: float = 0.0
    high: float = 1.0
    least: float = 0.0
    most: float = math.inf
    logarithmic: bool = False
    whole: bool = False
    off: bool = False
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    def position(self, value: float) -> int:
        """Where `value` lies on the slider, 0 to `POSITIONS`."""
        if self.off and value <= 0:
            return 0
        if self.logarithmic:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        first = 1 if self.off and value > 0 else 0
        return min(POSITIONS, max(first, round(share * POSITIONS)))

    def value_at(self, position: int) -> float:
        """Give the value at a place of the slider, rounded to what a person would write."""
        if self.off and position == 0:
            return 0.0
        share = position / POSITIONS
        value: float
        if self.logarithmic:
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + share * (self.high - self.low)
        if self.whole:
            return float(round(_two_figures(value) if value >= 100 else value))
        if self.logarithmic:
            return _two_figures(value)
        step = (self.high - self.low) / 200
        return round(value, max(0, -math.floor(math.log10(step))))

    def text(self, value: float) -> str:
        """Show `value` as the row does: "off", "12.5 %", "5°", "0.002"."""
        if self.off and value == 0:
            return "off"
        if self.unit == "%":
            return f"{_plain(value * 100)} %"
        return f"{_plain(value)}{self.unit}" if self.unit == "°" else _plain(value)

    def parse(self, text: str) -> float:
        """Read what was typed.

        Raises
        ------
        ValueError
            Where it is no number, or one outside of `least` to `most`; the sentence says which.
        """
        bare = text.strip().removesuffix("%").removesuffix("°").strip()
        if self.off and bare.lower() == "off":
            return 0.0
        try:
            value = float(bare)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"“{text.strip()}” is no number.")
        value = value / 100 if self.unit == "%" else value
        if not self.least <= value <= self.most:
            most = "" if math.isinf(self.most) else f" and at most {self.text(self.most)}"
            raise ValueError(f"“{text.strip()}” does not work here: it has to be at least {_plain(self.least)}{most}.")
        return round(value) if self.whole else value

    def rates_text(self, rates: tuple[float, ...]) -> str:
        return ", ".join(_plain(rate) for rate in rates)

    def parse_rates(self, text: str) -> float | tuple[float, ...]:
        """Read one number, or several with commas between them."""
        rates = tuple(self.parse(part) for part in text.split(",") if part.strip())
        if not rates:
            raise ValueError("At least one learning rate is needed.")
        return rates if len(rates) > 1 else rates[0]


def _plain(value: float) -> str:
    """Write at most four figures, without an exponent as long as that can be read."""
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}"


def _two_figures(value: float) -> float:
    return float(f"{value:.2g}")


PARAMETERS = (
    Parameter(
        "optimizer",
        "optimiser",
        "Optimiser",
        "How a step follows from the gradient: plain ascent is the paper's.",
        "choice",
        choices=(("sgd", "SGD"), ("momentum", "Momentum"), ("adam", "Adam")),
    ),
    Parameter(
        "learning_rate",
        "learning rate",
        "Optimiser",
        "How far a step goes; several rates with commas between them are run beside each other.",
        "rates",
        low=1e-4,
        high=10.0,
        most=1e6,
        logarithmic=True,
    ),
    Parameter(
        "steps",
        "steps",
        "Optimiser",
        "How many steps a run takes.",
        low=10,
        high=5000,
        least=1,
        most=1_000_000,
        logarithmic=True,
        whole=True,
    ),
    Parameter(
        "seed",
        "seed",
        "Optimiser",
        "The same seed gives the same random movements again; takes effect at the next run.",
        "seed",
        most=2**31 - 1,
        whole=True,
    ),
    Parameter(
        "parametrization",
        "optimise",
        "Picture",
        "What is changed: the pixels themselves, or their spectrum, which gives smoother pictures.",
        "choice",
        choices=(("pixels", "Pixels"), ("fourier", "Spectrum")),
    ),
    Parameter(
        "decorrelate_colour",
        "natural colours",
        "Picture",
        "Moves along the main colour axes of natural images, so that colours are not garish.",
        "switch",
    ),
    Parameter(
        "margin",
        "margin",
        "Picture",
        "How much larger than the input the canvas is; the centre is shown.",
        high=1.0,
        most=4.0,
        off=True,
        unit="%",
    ),
    Parameter(
        "clip",
        "keep to valid colours",
        "Picture",
        "Holds every pixel in the range that a real image can have.",
        "switch",
    ),
    Parameter(
        "total_variation_weight",
        "total variation λ",
        "Regularisers",
        "Punishes differences between neighbouring pixels, against noise.",
        low=1e-4,
        high=100.0,
        most=1e9,
        logarithmic=True,
        off=True,
    ),
    Parameter(
        "beta",
        "total variation β",
        "Regularisers",
        "Exponent of the total variation: larger spares gentle slopes and punishes edges.",
        low=1.0,
        high=4.0,
        least=0.1,
        most=10.0,
    ),
    Parameter(
        "alpha_norm_weight",
        "α-norm λ",
        "Regularisers",
        "Punishes extreme pixels, so that none outshines the others.",
        low=1e-6,
        high=10.0,
        most=1e9,
        logarithmic=True,
        off=True,
    ),
    Parameter(
        "alpha",
        "α-norm α",
        "Regularisers",
        "Exponent of the α-norm: the larger, the more it looks at extreme pixels only; the paper takes 6.",
        low=1.0,
        high=12.0,
        least=1.0,
        most=100.0,
    ),
    Parameter(
        "relative_weights",
        "λ relative to Φ",
        "Regularisers",
        "Counts each λ in the size of the unit's own gradient, so that it means the same for every network and unit.",
        "switch",
    ),
    Parameter(
        "jitter",
        "jitter",
        "Movement",
        "Shifts the picture at random before each step, at most this share of its side.",
        high=0.5,
        most=1.0,
        off=True,
        unit="%",
    ),
    Parameter(
        "scale",
        "scale",
        "Movement",
        "Enlarges or shrinks the picture at random before each step, at most by this much.",
        high=0.5,
        most=0.9,
        off=True,
        unit="%",
    ),
    Parameter(
        "rotate",
        "rotate",
        "Movement",
        "Turns the picture at random before each step, at most by this angle to either side.",
        high=45.0,
        most=180.0,
        off=True,
        unit="°",
    ),
    Parameter(
        "gradient_blur",
        "gradient blur σ",
        "Gradient",
        "Blurs the gradient before it is applied, at most with this share of the side.",
        high=0.2,
        most=1.0,
        off=True,
        unit="%",
    ),
    Parameter(
        "gradient_translate",
        "gradient shift",
        "Gradient",
        "Shifts the gradient at random before it is applied, at most this share of the side.",
        high=0.2,
        most=1.0,
        off=True,
        unit="%",
    ),
    Parameter(
        "gradient_rotate",
        "gradient turn",
        "Gradient",
        "Turns the gradient at random before it is applied, at most by this angle to either side.",
        high=45.0,
        most=180.0,
        off=True,
        unit="°",
    ),
    Parameter(
        "pre_activation",
        "before its ReLU",
        "Unit",
        "Reads the unit before its ReLU; a unit behind a closed ReLU has no gradient otherwise.",
        "choice",
        choices=(("never", "Never"), ("when dead", "When silent"), ("always", "Always")),
    ),
)
"""Every row, in the order of the form."""

GROUPS = tuple(dict.fromkeys(parameter.group for parameter in PARAMETERS))
FOLDED_GROUPS = ("Picture", "Gradient", "Unit")
"""Groups that start folded."""
