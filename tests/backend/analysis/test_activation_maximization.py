"""Activation maximisation against a literal transcription of eq. 1 and 2, and everything a user may change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.analysis import activation_maximization
from backend.analysis.activation_maximization import MaximizationSettings, maximize
from backend.analysis.events import finish
from backend.analysis.maximization.maximization_settings import LIFELIKE, PRESETS
from backend.analysis.objectives import Channel, Channels, ClassLogit, ClassProbability, Layer, Neuron
from backend.errors import UserError
from tests.networks import count_hooks, tiny_network

UNITS = [ClassLogit(1), ClassProbability(0), Layer("conv1"), Channel("conv2", 3), Neuron("bn1", 2, 4, 7)]


@pytest.fixture(scope="module")
def network():
    return tiny_network()


def noise(count: int = 1, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 3, 12, 12, generator=torch.Generator().manual_seed(seed))


def forward(network, x, unit):
    """Compute a unit the plain way: no hooks, no early end."""
    module = network.module
    conv1 = module.conv1(x)
    bn1 = module.bn1(conv1)
    conv2 = module.conv2(bn1.relu())
    logits = module.fc(conv2.relu().mean((2, 3)))
    match unit:
        case ClassProbability(index):
            return logits.softmax(1)[:, index]
        case ClassLogit(index):
            return logits[:, index]
        case Neuron(_, index, y, column):
            return bn1[:, index, y, column]
        case Channel(_, index):
            return conv2[:, index].mean((1, 2))
    return conv1.mean((1, 2, 3))


@pytest.mark.parametrize("unit", UNITS, ids=str)
def test_that_plain_ascent_is_equation_1_step_by_step(network, unit):
    settings = MaximizationSettings(steps=5, learning_rate=0.3)
    result = finish(maximize(network, unit, noise(), settings))
    x, scores = noise(), []
    for _ in range(5):
        x = x.detach().requires_grad_()
        value = forward(network, x, unit).sum()
        scores.append(value.item())
        x = x + 0.3 * torch.autograd.grad(value, x)[0]
    assert torch.allclose(result.images, x, atol=1e-6)
    assert result.scores == pytest.approx(scores, abs=1e-5)


def test_that_the_regularisers_are_subtracted_as_in_equation_2(network):
    settings = MaximizationSettings(
        steps=4, learning_rate=2.0, alpha_norm_weight=0.5, alpha=4.0, total_variation_weight=0.7, beta=2.0
    )
    result = finish(maximize(network, ClassLogit(0), noise(), settings))
    x = noise()
    for _ in range(4):
        x = x.detach().requires_grad_()
        variation = (x[..., :-1, 1:] - x[..., :-1, :-1]) ** 2 + (x[..., 1:, :-1] - x[..., :-1, :-1]) ** 2
        penalty = 0.5 * x.abs().pow(4).sum() / x.numel() + 0.7 * variation.sum() / x.numel()
        x = x + 2.0 * torch.autograd.grad(forward(network, x, ClassLogit(0)).sum() - penalty, x)[0]
    assert torch.allclose(result.images, x, atol=1e-5)


def test_that_a_relative_weight_counts_in_the_norm_of_the_gradient_of_the_last_steps(network):
    settings = MaximizationSettings(steps=4, learning_rate=2.0, total_variation_weight=0.7, relative_weights=True)
    result = finish(maximize(network, ClassLogit(0), noise(), settings))
    x, scale = noise(), None
    for _ in range(4):
        x = x.detach().requires_grad_()
        along = torch.autograd.grad(forward(network, x, ClassLogit(0)).sum(), x)[0]
        scale = along.norm() if scale is None else 0.9 * scale + 0.1 * along.norm()
        variation = (x[..., :-1, 1:] - x[..., :-1, :-1]) ** 2 + (x[..., 1:, :-1] - x[..., :-1, :-1]) ** 2
        x = x + 2.0 * (along - torch.autograd.grad(0.7 * scale * variation.sum() / x.numel(), x)[0])
    assert torch.allclose(result.images, x, atol=1e-5)


def test_that_a_relative_weight_means_the_same_for_a_unit_whose_scores_are_ten_times_larger(network):
    settings = MaximizationSettings(steps=10, optimizer="adam", total_variation_weight=1.0, relative_weights=True)
    one = finish(maximize(network, ClassLogit(0) * 1.0, noise(), settings))
    ten = finish(maximize(network, ClassLogit(0) * 10.0, noise(), settings))
    assert torch.allclose(one.images, ten.images, atol=1e-3)
    absolute = replace(settings, relative_weights=False)
    other = finish(maximize(network, ClassLogit(0) * 10.0, noise(), absolute))
    assert not torch.allclose(ten.images, other.images, atol=1e-2)


def test_that_only_the_gradient_of_the_objective_is_softened(network, monkeypatch):
    monkeypatch.setattr(activation_maximization, "transform_gradient", lambda gradient, *_: torch.zeros_like(gradient))
    settings = MaximizationSettings(steps=1, learning_rate=2.0, total_variation_weight=0.7, gradient_blur=0.1)
    result = finish(maximize(network, ClassLogit(0), noise(), settings))
    x = noise().requires_grad_()
    variation = (x[..., :-1, 1:] - x[..., :-1, :-1]) ** 2 + (x[..., 1:, :-1] - x[..., :-1, :-1]) ** 2
    expected = x - 2.0 * torch.autograd.grad(0.7 * variation.sum() / x.numel(), x)[0]
    assert torch.allclose(result.images, expected, atol=1e-6)


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_that_the_optimiser_is_the_one_of_torch(network, optimizer):
    settings = MaximizationSettings(steps=6, learning_rate=0.05, optimizer=optimizer)
    result = finish(maximize(network, ClassLogit(0), noise(), settings))
    x = noise().requires_grad_()
    theirs = {
        "momentum": lambda: torch.optim.SGD([x], lr=0.05, momentum=0.9, maximize=True),
        "adam": lambda: torch.optim.Adam([x], lr=0.05, maximize=True),
    }[optimizer]()
    for _ in range(6):
        theirs.zero_grad()
        forward(network, x, ClassLogit(0)).sum().backward()
        theirs.step()
    assert torch.allclose(result.images, x.detach(), atol=1e-5)


def test_that_a_weighted_sum_of_units_is_climbed(network):
    objective = ClassLogit(1) * 2 - Channel("conv2", 3) * 0.5
    result = finish(maximize(network, objective, noise(), MaximizationSettings(steps=30, learning_rate=20.0)))
    start = 2 * forward(network, noise(), ClassLogit(1)) - 0.5 * forward(network, noise(), Channel("conv2", 3))
    assert result.scores[0] == pytest.approx(start.item(), abs=1e-5)
    assert result.scores[-1] > result.scores[0] + 0.1


def test_that_starts_and_learning_rates_run_in_one_batch_and_each_as_if_alone(network):
    starts = noise(2)
    settings = MaximizationSettings(steps=5, learning_rate=(0.1, 1.0, 3.0))
    together = finish(maximize(network, ClassLogit(0), starts, settings))
    assert together.images.shape == (6, 3, 12, 12)
    for index in range(6):
        alone = finish(
            maximize(
                network, ClassLogit(0), starts[index // 3], replace(settings, learning_rate=(0.1, 1.0, 3.0)[index % 3])
            )
        )
        assert torch.allclose(together.images[index], alone.images[0], atol=1e-5)


def test_that_one_channel_an_image_is_what_each_channel_gives_alone(network):
    settings = replace(LIFELIKE, steps=6)
    wall = finish(maximize(network, Channels("conv2", (5, 1)), noise().expand(2, -1, -1, -1), settings))
    for place, index in enumerate((5, 1)):
        alone = finish(maximize(network, Channel("conv2", index), noise(), settings))
        assert torch.allclose(wall.images[place], alone.images[0], atol=1e-3)


@pytest.mark.parametrize("settings", [preset.settings for preset in PRESETS], ids=[preset.name for preset in PRESETS])
def test_that_the_same_seed_and_settings_give_the_same_bytes(network, settings):
    settings = replace(settings, steps=8)
    first, again = (finish(maximize(network, ClassLogit(0), noise(), settings)) for _ in range(2))
    assert torch.equal(first.images, again.images)
    assert np.array_equal(first.scores, again.scores)


def test_that_another_seed_gives_another_picture(network):
    settings = replace(LIFELIKE, steps=8)
    first = finish(maximize(network, ClassLogit(0), noise(), settings))
    other = finish(maximize(network, ClassLogit(0), noise(), replace(settings, seed=1)))
    assert not torch.equal(first.images, other.images)


def test_that_the_frame_rate_changes_nothing_but_the_number_of_frames(network):
    settings = replace(LIFELIKE, steps=30)
    every = list(maximize(network, ClassLogit(0), noise(), settings))
    few = list(maximize(network, ClassLogit(0), noise(), replace(settings, frame_rate=0.01)))
    assert len(every) == 30
    assert [step.step for step in few] == [30]
    assert np.array_equal(every[-1].images, few[-1].images)
    assert np.array_equal(every[-1].curve, few[-1].curve)


def test_that_a_step_tells_all_that_the_canvas_shows(network):
    steps = list(maximize(network, ClassLogit(1), noise(2), MaximizationSettings(steps=3, learning_rate=0.5)))
    step = steps[-1]
    assert (step.step, step.steps) == (3, 3)
    assert step.images.shape == (2, 12, 12, 3)
    assert step.images.dtype == np.uint8
    assert step.curve.shape == step.norm_curve.shape == (3, 2)
    assert step.terms.shape == (1, 2)
    assert step.probabilities.sum(1) == pytest.approx([1, 1])
    assert step.film_steps == (0, 1, 2, 3)
    arrays = (step.images, step.curve, step.terms, step.probabilities, step.difference, *step.film)
    assert not any(array.flags.writeable for array in arrays)
    assert step.progress.done == 3


def test_that_the_difference_map_is_the_papers(network):
    *_, step = maximize(network, ClassLogit(1), noise(), MaximizationSettings(steps=3, learning_rate=5.0))
    result = finish(maximize(network, ClassLogit(1), noise(), MaximizationSettings(steps=3, learning_rate=5.0)))
    literal = np.zeros((12, 12))
    for y in range(12):
        for x in range(12):
            literal[y, x] = sum((result.images[0, c, y, x] - noise()[0, c, y, x]).item() ** 2 for c in range(3)) ** 0.5
    assert step.difference[0] == pytest.approx(literal, abs=1e-5)


def test_that_settings_sent_while_it_runs_take_effect_at_the_next_step(network):
    steps = maximize(network, ClassLogit(1), noise(), MaximizationSettings(steps=10, learning_rate=1.0))
    before = next(steps)
    frozen = steps.send(MaximizationSettings(steps=10, learning_rate=0.0))
    assert frozen.step == before.step
    after = next(steps)
    assert after.step == before.step + 1
    assert np.array_equal(after.images, before.images)
    assert after.changes == ((1, MaximizationSettings(steps=10, learning_rate=0.0)),)
    steps.close()


def test_that_every_setting_but_the_seed_can_be_changed_while_it_runs(network):
    changed = MaximizationSettings(
        steps=9,
        learning_rate=0.02,
        optimizer="adam",
        parametrization="fourier",
        decorrelate_colour=True,
        margin=0.25,
        jitter=0.1,
        scale=0.1,
        rotate=5.0,
        alpha_norm_weight=0.1,
        total_variation_weight=0.1,
        beta=1.0,
        gradient_blur=0.05,
        gradient_translate=0.05,
        gradient_rotate=5.0,
        relative_weights=True,
        clip=True,
        pre_activation="always",
    )
    steps = maximize(network, Channel("relu2", 3), noise(), MaximizationSettings(steps=4, learning_rate=0.5))
    before = next(steps)
    now = steps.send(changed)
    # The picture survives the change from pixels to a spectrum, but for what lies outside the valid range.
    assert np.abs(now.images.astype(int) - before.images).mean() < 3
    rest = list(steps)
    assert [step.step for step in rest] == list(range(2, 10))
    assert np.isfinite(rest[-1].curve).all()


def test_that_fewer_steps_than_were_taken_end_the_run(network):
    steps = maximize(network, ClassLogit(0), noise(), MaximizationSettings(steps=100))
    for _ in range(5):
        next(steps)
    steps.send(MaximizationSettings(steps=1))
    with pytest.raises(StopIteration) as stop:
        next(steps)
    assert len(stop.value.value.scores) == 5


def test_that_clipping_keeps_every_pixel_in_the_valid_range(network):
    settings = MaximizationSettings(steps=20, learning_rate=50.0, clip=True)
    result = finish(maximize(network, ClassLogit(0), noise(), settings))
    low, high = network.value_range
    assert (result.images >= low - 1e-6).all()
    assert (result.images <= high + 1e-6).all()
    free = finish(maximize(network, ClassLogit(0), noise(), replace(settings, clip=False)))
    assert (free.images > high + 1).any()


def test_that_a_fourier_canvas_begins_with_the_start_image(network):
    start = network.normalize(np.full((12, 12, 3), (200, 100, 50), np.uint8))
    settings = replace(LIFELIKE, steps=1, learning_rate=0.0)
    result = finish(maximize(network, ClassLogit(0), start, settings))
    assert torch.allclose(result.images, start, atol=1e-3)


def test_that_a_silent_unit_is_reported_and_its_pre_activation_wakes_it(network):
    with torch.no_grad():
        network.module.conv2.bias[4] -= 100.0
    try:
        settings = MaximizationSettings(steps=5, learning_rate=0.5)
        unit = Channel("relu2", 4)
        *_, dead = maximize(network, unit, noise(), settings)
        assert dead.silent.tolist() == [True]
        assert np.array_equal(dead.images, dead.film[0])
        *_, alive = maximize(network, unit, noise(), replace(settings, pre_activation="when dead"))
        assert alive.silent.tolist() == [False]
        assert alive.curve[-1, 0] > alive.curve[0, 0]
    finally:
        with torch.no_grad():
            network.module.conv2.bias[4] += 100.0


def test_that_a_divergence_stops_the_run_and_says_at_which_step(network):
    settings = MaximizationSettings(steps=50, learning_rate=1e30, alpha_norm_weight=1.0)
    steps = maximize(network, ClassLogit(0), noise(), settings)
    good = []
    with pytest.raises(UserError, match=r"at step \d+") as error:
        good.extend(iter(steps))
    for step in good:
        assert np.isfinite(step.curve).all()
    assert "learning rate" in error.value.report.advice
    assert count_hooks(network) == 0


def test_that_no_hook_is_left_when_it_ends_is_closed_or_fails(network):
    finish(maximize(network, ClassLogit(0), noise(), MaximizationSettings(steps=2)))
    assert count_hooks(network) == 0
    steps = maximize(network, Channel("conv1", 0), noise(), MaximizationSettings(steps=20))
    next(steps)
    assert count_hooks(network) > 0
    steps.close()
    assert count_hooks(network) == 0


@pytest.mark.parametrize("start", [torch.zeros(1, 4, 12, 12), torch.zeros(12, 12), torch.zeros(0, 3, 12, 12)])
def test_that_a_start_that_does_not_fit_is_a_sentence(network, start):
    with pytest.raises(UserError, match="start"):
        next(maximize(network, ClassLogit(0), start))


def test_that_a_unit_that_does_not_exist_is_a_sentence(network):
    with pytest.raises(UserError, match="channel 99"):
        next(maximize(network, Channel("conv2", 99), noise()))


@pytest.mark.parametrize("channels", [1, 4])
def test_that_grey_and_many_channel_networks_work_with_the_lifelike_recipe(channels):
    network = tiny_network(channels)
    start = torch.randn(1, channels, 12, 12, generator=torch.Generator().manual_seed(0)) * 0.1
    result = finish(maximize(network, ClassLogit(0), start, replace(LIFELIKE, steps=20)))
    assert result.images.shape == (1, channels, 12, 12)
    assert result.scores[-1] > result.scores[0]


def test_that_the_film_stays_short_and_evenly_spaced_however_long_the_run(network):
    *_, step = maximize(network, Layer("conv1"), noise(), MaximizationSettings(steps=700, learning_rate=0.01))
    assert len(step.film) <= 128
    assert step.film_steps[0] == 0
    spacing = np.diff(step.film_steps)
    assert spacing.min() == spacing.max()
    assert len(step.curve) == 700
