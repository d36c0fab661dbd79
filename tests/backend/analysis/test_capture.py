"""Hooks: what they catch, where the forward stops, and that none is ever left."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from backend.analysis.capture import capturing, describe_layers


class Tiny(nn.Module):
    """conv → relu → conv → (+ skip) → relu again → pool → fc; the relu module is called twice, as in ResNets."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(4, 2)
        self.reached_end = 0

    def forward(self, x):
        first = self.relu(self.conv1(x))
        second = self.conv2(first)
        second += first
        out = self.relu(second)
        self.reached_end += 1
        return self.fc(out.mean((2, 3)))


@pytest.fixture
def module():
    torch.manual_seed(0)
    return Tiny().eval().requires_grad_(False)


IMAGES = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(1))


def hooks(module):
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())


def test_that_a_layer_is_described_with_its_shape_weights_and_calls(module):
    layers = {layer.name: layer for layer in describe_layers(module, IMAGES[:1])}
    assert list(layers) == ["conv1", "relu", "conv2", "fc", "logits"]
    assert layers["conv1"].shape == (4, 6, 5)
    assert layers["conv1"].parameters == 4 * 3 * 9 + 4
    assert layers["relu"].calls == 2
    assert layers["fc"].shape == layers["logits"].shape == (2,)
    assert hooks(module) == 0


def test_that_captured_outputs_are_those_of_a_plain_forward(module):
    with capturing(module, {"conv1": 1, "logits": 1}) as forward:
        captured = forward(IMAGES)
    assert torch.equal(captured.outputs["conv1"], module.conv1(IMAGES))
    assert torch.equal(captured.outputs["logits"], module(IMAGES))


def test_that_the_forward_stops_at_the_deepest_wanted_layer(module):
    with capturing(module, {"conv1": 1, "conv2": 1}) as forward:
        forward(IMAGES)
    assert module.reached_end == 0


def test_that_the_last_call_of_a_module_counts(module):
    with capturing(module, {"relu": 2}) as forward:
        second = forward(IMAGES).outputs["relu"]
    first = module.relu(module.conv1(IMAGES))
    assert torch.equal(second, (module.conv2(first) + first).relu())


def test_that_work_in_place_behind_a_layer_does_not_change_what_was_captured(module):
    with capturing(module, {"conv2": 1, "logits": 1}) as forward:
        captured = forward(IMAGES)
    assert torch.equal(captured.outputs["conv2"], module.conv2(module.relu(module.conv1(IMAGES))))
    assert torch.equal(captured.outputs["logits"], module(IMAGES))


def test_that_the_input_of_the_relu_that_gives_a_layer_is_kept(module):
    with capturing(module, {"relu": 2}, before_relu=True) as forward:
        captured = forward(IMAGES)
    before = captured.before_relu["relu"]
    assert torch.equal(before.relu(), captured.outputs["relu"])
    assert (before < 0).any()
    with capturing(module, {"conv1": 1}, before_relu=True) as forward:
        assert forward(IMAGES).before_relu == {}


def test_that_no_hook_is_left_after_the_block_nor_after_an_exception(module):
    with pytest.raises(ZeroDivisionError), capturing(module, {"conv1": 1}, before_relu=True) as forward:
        forward(IMAGES)
        assert hooks(module) > 0
        raise ZeroDivisionError
    assert hooks(module) == 0


def test_that_an_error_of_the_network_is_not_swallowed(module):
    with pytest.raises(RuntimeError), capturing(module, {"conv1": 1}) as forward:
        forward(torch.zeros(1, 7, 6, 5))
    assert hooks(module) == 0


def test_that_a_waiting_capture_does_not_disturb_another_one(module):
    with capturing(module, {"conv1": 1}) as waiting, capturing(module, {"logits": 1}) as forward:
        assert torch.equal(forward(IMAGES).outputs["logits"], module(IMAGES))
        assert list(waiting(IMAGES).outputs) == ["conv1"]
