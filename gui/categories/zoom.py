"""How far a drawing is enlarged, and which part of it is seen. Pure: no widget."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Zoom:
    """Maps a place of the drawing that fits its widget, in pixels, to where it is seen: place · scale + shift.

    Attributes
    ----------
    scale : float
        1 shows all of it.
    x, y : float
        Pixels; never so that the widget shows what lies beyond the drawing.
    """

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Give where a place of the drawing is seen."""
        return x * self.scale + self.x, y * self.scale + self.y

    def by(self, factor: float, around: tuple[float, float], size: tuple[float, float], most: float) -> Zoom:
        """Enlarge by a factor; what is seen at `around` stays there."""
        scale = min(max(self.scale * factor, 1.0), max(most, 1.0))
        x, y = (
            middle - (middle - shift) * scale / self.scale
            for middle, shift in zip(around, (self.x, self.y), strict=True)
        )
        return Zoom(scale, x, y).inside(size)

    def moved(self, by: tuple[float, float], size: tuple[float, float]) -> Zoom:
        """Shift what is seen, as far as there is more."""
        return replace(self, x=self.x + by[0], y=self.y + by[1]).inside(size)

    def showing(self, x: float, y: float, size: tuple[float, float]) -> Zoom:
        """Bring a place of the drawing to the middle, as far as there is more."""
        return replace(self, x=size[0] / 2 - x * self.scale, y=size[1] / 2 - y * self.scale).inside(size)

    def inside(self, size: tuple[float, float]) -> Zoom:
        """Take back what shows more than the drawing; `size` is that of the widget."""
        x, y = (
            min(0.0, max(shift, side * (1 - self.scale))) for shift, side in zip((self.x, self.y), size, strict=True)
        )
        return replace(self, x=x, y=y)
