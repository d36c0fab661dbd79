"""Read what a network computes inside. The only place that registers hooks, and it always removes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from backend.analysis.cards import LOGITS, LayerInfo

RELUS = (nn.ReLU, nn.ReLU6)


class _LastLayerReached(Exception):
    """Ends a forward pass early. As fast as any early exit, and it works on any network."""


@dataclass
class Captured:
    """What one forward pass left behind.

    Attributes
    ----------
    outputs : dict of str to Tensor
        Layer name to its output, (images, channels, height, width) or (images, features).
    before_relu : dict of str to Tensor
        The same for layers whose output comes straight out of a ReLU: the ReLU's input.
    """

    outputs: dict[str, Tensor] = field(default_factory=dict)
    before_relu: dict[str, Tensor] = field(default_factory=dict)


@contextmanager
def capturing(
    module: nn.Module, calls: Mapping[str, int], *, before_relu: bool = False
) -> Iterator[Callable[[Tensor], Captured]]:
    """Hook layers for as long as the `with` block lasts; no hook is left, whatever happens inside.

    Parameters
    ----------
    module : nn.Module
    calls : mapping of str to int
        Layer names (`logits` for the module's own output) and how often one forward calls each
        (`LayerInfo.calls`); the last call is kept.
    before_relu : bool, default=False
        Also keep the input of a ReLU that directly gives a layer's output.

    Yields
    ------
    forward : callable
        `forward(images) -> Captured`. The pass ends as soon as the last wanted layer is reached.
    """
    inner = [name for name in calls if name != LOGITS]
    run = _Run(calls={name: calls[name] for name in inner}, stop=LOGITS not in calls)
    modules = dict(module.named_modules())
    handles = []
    try:
        if before_relu:
            # Only a ReLU inside a wanted layer, or the layer itself, can give its output.
            relus = {part for name in inner for part in modules[name].modules() if isinstance(part, RELUS)}
            handles += [relu.register_forward_hook(run.relu_done) for relu in relus]
        handles += [modules[name].register_forward_hook(run.layer_hook(name)) for name in inner]
        yield lambda images: run.forward(module, images)
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def observing(
    module: nn.Module, calls: Mapping[str, int], observe: Callable[[str, Tensor], None]
) -> Iterator[Callable[[Tensor], Tensor]]:
    """Look at layers as they come, keeping nothing: no output is copied, and every forward goes to its end.

    Parameters
    ----------
    module : nn.Module
    calls : mapping of str to int
        As for `capturing`; `logits` need not be named, they are what `forward` returns.
    observe : callable
        `observe(name, output)`, called while the output is fresh: a later layer may work in place on it.

    Yields
    ------
    forward : callable
        `forward(images) -> logits`.
    """
    run = _Run(calls=_without_logits(calls), stop=False, observe=observe)
    with _hooked(module, run) as forward:
        yield forward


@contextmanager
def editing(
    module: nn.Module, calls: Mapping[str, int], edit: Callable[[str, Tensor], Tensor]
) -> Iterator[Callable[[Tensor], Tensor]]:
    """Put something else in place of what layers give, and let the network go on with that.

    Parameters
    ----------
    module : nn.Module
    calls : mapping of str to int
        As for `observing`; `logits` cannot be edited, and are ignored.
    edit : callable
        `edit(name, output)` returns what takes the output's place. It must leave the output itself as it is, for
        another layer may have kept it.

    Yields
    ------
    forward : callable
        `forward(images) -> logits`.
    """
    run = _Run(calls=_without_logits(calls), stop=False, edit=edit)
    with _hooked(module, run) as forward:
        yield forward


def _without_logits(calls: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in calls.items() if name != LOGITS}


@contextmanager
def _hooked(module: nn.Module, run: _Run) -> Iterator[Callable[[Tensor], Tensor]]:
    """Hook the layers that `run` names and give the way to its logits."""
    modules = dict(module.named_modules())
    handles = []
    try:
        handles += [modules[name].register_forward_hook(run.layer_hook(name)) for name in run.calls]
        yield lambda images: run.forward(module, images).outputs[LOGITS]
    finally:
        for handle in handles:
            handle.remove()


@dataclass
class _Run:
    """The state that the hooks of one `capturing`, `observing` or `editing` block share."""

    calls: dict[str, int]
    stop: bool
    observe: Callable[[str, Tensor], None] | None = None
    edit: Callable[[str, Tensor], Tensor] | None = None
    # Hooks of a job that waits its turn must not touch the forward passes of the job that runs.
    active: bool = False
    seen: dict[str, int] = field(default_factory=dict)
    captured: Captured = field(default_factory=Captured)
    last_relu: tuple[Tensor, Tensor] | None = None

    def forward(self, module: nn.Module, images: Tensor) -> Captured:
        self.seen, self.captured, self.last_relu, self.active = {}, Captured(), None, True
        try:
            output = module(images)
            self.captured.outputs[LOGITS] = output
        except _LastLayerReached:
            pass
        finally:
            self.last_relu, self.active = None, False
        return self.captured

    def relu_done(self, _: nn.Module, inputs: Sequence[Tensor], output: Tensor) -> None:
        if self.active:
            self.last_relu = (inputs[0], output)

    def layer_hook(self, name: str) -> Callable[[nn.Module, Any, Any], Any]:
        def layer_done(_: nn.Module, __: object, output: Any) -> Any:
            if not self.active:
                return None
            self.seen[name] = self.seen.get(name, 0) + 1
            if self.seen[name] < self.calls[name]:
                return None
            tensor: Tensor = output if isinstance(output, Tensor) else output[0]
            if self.observe is not None:
                self.observe(name, tensor)
                return None
            if self.edit is not None:
                edited = self.edit(name, tensor)
                return edited if tensor is output else (edited, *output[1:])
            self.captured.outputs[name] = tensor
            if self.last_relu is not None and self.last_relu[1] is tensor:
                self.captured.before_relu[name] = self.last_relu[0]
            if self.stop and len(self.captured.outputs) == len(self.calls):
                raise _LastLayerReached
            # Later layers may work in place (`out += identity`); they get a copy, we keep the original.
            return tensor.clone() if tensor is output else None

        return layer_done


def describe_layers(module: nn.Module, blank: Tensor) -> tuple[LayerInfo, ...]:
    """List every named module that one forward of `blank` calls, in the order of first call.

    Parameters
    ----------
    module : nn.Module
        In eval mode.
    blank : Tensor
        (1, channels, height, width), float32.

    Returns
    -------
    tuple of LayerInfo
        The last one is `logits`, the module's own output.
    """
    order: list[str] = []
    shapes: dict[str, tuple[int, ...]] = {}
    calls: dict[str, int] = {}

    def opened(name: str) -> Callable[..., None]:
        return lambda *_: order.append(name) if name not in order else None

    def closed(name: str) -> Callable[..., None]:
        def note(_: nn.Module, __: object, output: Any) -> None:
            tensor = output if isinstance(output, Tensor) else output[0]
            shapes[name] = tuple(tensor.shape[1:])
            calls[name] = calls.get(name, 0) + 1

        return note

    named = {name: child for name, child in module.named_modules() if name}
    handles = []
    try:
        for name, child in named.items():
            handles += [child.register_forward_pre_hook(opened(name)), child.register_forward_hook(closed(name))]
        with torch.inference_mode():
            logits = module(blank)
    finally:
        for handle in handles:
            handle.remove()
    layers = [
        LayerInfo(name, type(named[name]).__name__, shapes[name], _count_parameters(named[name]), calls[name])
        for name in order
        if name in shapes
    ]
    return (*layers, LayerInfo(LOGITS, "Output", tuple(logits.shape[1:]), 0))


def _count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
