"""Hooks: what they catch, where the forward stops, and that none is ever left."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from backend.analysis.capture import capturing, describe_layers, editing


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


def test_that_the_network_goes_on_with_what_was_put_in_the_place_of_an_output(module):
    before = module.conv1(IMAGES)
    with editing(module, {"conv1": 1, "logits": 1}, lambda name, output: output * 2 + len(name)) as forward:
        logits = forward(IMAGES)
    first = module.relu(before * 2 + len("conv1"))
    assert torch.equal(logits, module.fc(module.relu(module.conv2(first) + first).mean((2, 3))))
    assert not torch.equal(logits, module(IMAGES))


def test_that_only_the_last_call_of_a_module_is_edited(module):
    seen = []
    with editing(module, {"relu": 2}, lambda name, output: (seen.append(name), output * 0)[1]) as forward:
        logits = forward(IMAGES)
        assert torch.equal(forward(IMAGES), logits)
    assert seen == ["relu", "relu"]
    assert torch.equal(logits, module.fc.bias.expand(2, -1))


def test_that_an_edit_can_make_several_variants_of_one_image(module):
    with editing(module, {"conv1": 1}, lambda _, output: output * torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)) as forward:
        logits = forward(IMAGES[:1])
    torch.testing.assert_close(logits[1:], module(IMAGES[:1]))
    assert logits.shape == (2, 2) and not torch.equal(logits[0], logits[1])


def test_that_of_several_outputs_the_first_is_edited():
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Inner()

        def forward(self, x):
            first, second = self.inner(x)
            return first + second

    class Inner(nn.Module):
        def forward(self, x):
            return x, x * 10

    with editing(Pair(), {"inner": 1}, lambda _, output: output + 1) as forward:
        assert torch.equal(forward(IMAGES), IMAGES + 1 + IMAGES * 10)


def test_that_an_edit_holds_in_its_own_forward_only_and_leaves_no_hook(module):
    plain = module(IMAGES)
    with editing(module, {"conv1": 1}, lambda _, output: output * 0) as forward:
        assert torch.equal(module(IMAGES), plain)
        with capturing(module, {"conv1": 1}) as other:
            assert torch.equal(other(IMAGES).outputs["conv1"], module.conv1(IMAGES))
        assert not torch.equal(forward(IMAGES), plain)
    assert hooks(module) == 0

    def fail(_, output):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), editing(module, {"conv1": 1}, fail) as forward:
        forward(IMAGES)
    assert hooks(module) == 0
    assert torch.equal(module(IMAGES), plain)
