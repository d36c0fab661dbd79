from __future__ import annotations

import colorsys
import subprocess
import sys

import numpy as np
import pytest

from backend.analysis.images.stimuli import ProbeSet, gaussian_noise, random_noise


@pytest.fixture(scope="module")
def probe() -> ProbeSet:
    return ProbeSet()


def indices_of(probe: ProbeSet, family: str, **wanted: float | str) -> list[int]:
    label = probe.class_names.index(family)
    return [
        index
        for index in np.flatnonzero(probe.labels == label).tolist()
        if all(probe.parameters(index)[key] == value for key, value in wanted.items())
    ]


def test_that_the_probe_set_has_about_five_thousand_images_in_nine_families(probe: ProbeSet) -> None:
    assert 4_500 <= len(probe) <= 5_500
    assert len(probe.class_names) == 9
    assert np.bincount(probe.labels).min() >= 200


def test_that_all_parameter_sets_of_a_family_differ(probe: ProbeSet) -> None:
    seen = {(int(label), tuple(sorted(probe.parameters(i).items()))) for i, label in enumerate(probe.labels)}

    assert len(seen) == len(probe)


def test_that_nearly_all_images_differ_at_32_pixels(probe: ProbeSet) -> None:
    images = probe.images(range(len(probe)))

    assert images.shape == (len(probe), 32, 32, 3)
    assert len({image.tobytes() for image in images}) > 0.95 * len(probe)


def test_that_another_process_draws_the_same_bytes(probe: ProbeSet) -> None:
    picked = list(range(0, len(probe), 97))
    code = (
        "import hashlib; from backend.analysis.images.stimuli import ProbeSet; p = ProbeSet()\n"
        f"print(p.digest, hashlib.sha256(p.images({picked}).tobytes()).hexdigest())"
    )
    import hashlib

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == [probe.digest, hashlib.sha256(probe.images(picked).tobytes()).hexdigest()]


def test_that_the_digest_follows_everything_that_changes_an_image(probe: ProbeSet) -> None:
    others = [ProbeSet((64, 64)), ProbeSet(mean=(0.4, 0.4, 0.4)), ProbeSet(std=(0.1, 0.1, 0.1)), ProbeSet(seed=1)]

    assert len({probe.digest, *(other.digest for other in others)}) == 5
    assert ProbeSet().digest == probe.digest


@pytest.mark.parametrize("size", [(32, 32), (48, 64), (7, 5), (1, 1)])
def test_that_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    probe = ProbeSet(size)

    images = probe.images(range(0, len(probe), 101))

    assert images.shape[1:] == (*size, 3)
    assert images.dtype == np.uint8


def test_that_gratings_have_their_energy_at_their_frequency_and_orientation(probe: ProbeSet) -> None:
    for index in indices_of(probe, "grating", colour="luminance", phase=90.0):
        p = probe.parameters(index)
        image = probe[index][0][..., 0].astype(float)
        spectrum = np.abs(np.fft.fft2(image - image.mean(), s=(256, 256)))
        row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
        # Waves a pixel, both signed; the normal of stripes at angle θ anticlockwise is (sin θ, cos θ) as y points down.
        found = np.array([np.fft.fftfreq(256)[column], np.fft.fftfreq(256)[row]]) * 32
        angle = np.deg2rad(float(p["orientation"]))
        wanted = float(p["frequency"]) * np.array([np.sin(angle), np.cos(angle)])
        # Within one cycle of a window of 32 pixels leakage moves the peak a little.
        assert min(np.linalg.norm(found - wanted), np.linalg.norm(found + wanted)) < 0.5, probe.describe(index)


def test_that_an_orientation_of_45_degrees_rises_to_the_right(probe: ProbeSet) -> None:
    bar = indices_of(probe, "bar", colour="white", orientation=45.0, x=0.0, y=0.0, length=0.8, width=0.12)[0]
    image = probe[bar][0][..., 0]

    assert image[24, 8] > 200  # below on the left
    assert image[8, 24] > 200  # above on the right
    assert image[8, 8] == image[24, 24] == 128


def test_that_opponent_gratings_keep_their_luma(probe: ProbeSet) -> None:
    for colour in ("red-green", "blue-yellow"):
        index = indices_of(probe, "grating", colour=colour, frequency=2.0, orientation=0.0, phase=0.0)[0]
        image = probe[index][0].astype(float)
        luma = image @ (0.2126, 0.7152, 0.0722)
        assert np.ptp(luma) < 2.5
        assert np.ptp(image) > 200


def test_that_a_gabor_patch_is_a_grating_under_a_gaussian(probe: ProbeSet) -> None:
    index = indices_of(probe, "Gabor patch", size=0.16, frequency=5.0, orientation=0.0, phase=0.0, x=0.25, y=-0.25)[0]
    image = probe[index][0][..., 0]
    for row, column in [(8, 24), (10, 20), (3, 30), (16, 16), (0, 0)]:
        x, y = (column + 0.5) / 32 - 0.5 - 0.25, (row + 0.5) / 32 - 0.5 + 0.25
        wanted = 0.5 + 0.5 * np.cos(2 * np.pi * 5 * y) * np.exp(-(x * x + y * y) / (2 * 0.16**2))
        assert abs(int(image[row, column]) - wanted * 255) < 1


def test_that_colour_fields_are_one_colour_from_black_to_white(probe: ProbeSet) -> None:
    seen = set()
    for index in indices_of(probe, "colour field"):
        p, image = probe.parameters(index), probe[index][0]
        assert (image == image[0, 0]).all()
        wanted = colorsys.hls_to_rgb(float(p["hue"]) / 360, float(p["lightness"]), float(p["saturation"]))
        assert np.abs(image[0, 0] - 255 * np.array(wanted)).max() <= 0.5
        seen.add(tuple(image[0, 0].tolist()))
    assert {(0, 0, 0), (255, 255, 255)} <= seen


def test_that_a_checkerboard_alternates_and_half_a_turn_swaps_its_colours(probe: ProbeSet) -> None:
    look = {"colour": "luminance", "contrast": 1.0, "cell": 1 / 8, "orientation": 0.0}
    board, swapped = (
        probe[indices_of(probe, "checkerboard", phase=phase, **look)[0]][0][..., 0] for phase in (0.0, 180.0)
    )

    corners = board[::4, ::4]
    assert set(np.unique(board)) == {0, 255}
    assert (corners[:, 1:] != corners[:, :-1]).all()
    assert (corners[1:] != corners[:-1]).all()
    assert np.array_equal(board, 255 - swapped)


def share_covered(image: np.ndarray, colour: int) -> float:
    return float((np.abs(image[..., 0].astype(float) - 127.5) / abs(colour - 127.5)).mean())


def test_that_shapes_cover_the_area_of_their_geometry(probe: ProbeSet) -> None:
    areas = {
        "disk": (dict(shape="disk", colour="white", size=0.4, x=0.0, y=0.0), np.pi * 0.2**2),
        "bar": (dict(colour="white", width=0.12, length=0.8, orientation=22.5, x=0.0, y=0.0), 0.12 * 0.8),
        "polygon": (dict(sides=6, colour="white", size=0.45, rotation=0.0, x=0.0, y=0.0), 1.5 * 3**0.5 * 0.225**2),
    }
    for family, (parameters, area) in areas.items():
        image = probe[indices_of(probe, family, **parameters)[0]][0]
        assert share_covered(image, 255) == pytest.approx(area, rel=0.06), family


def test_that_edges_are_antialiased(probe: ProbeSet) -> None:
    disk = probe[indices_of(probe, "disk", shape="disk", colour="white", size=0.4, x=0.0, y=0.0)[0]][0][..., 0]

    assert len(np.unique(disk)) > 4


def test_that_the_spectrum_of_one_over_f_noise_falls_by_its_exponent() -> None:
    probe = ProbeSet((128, 128))
    for exponent in (0.5, 1.0, 2.0):
        index = indices_of(probe, "1/f noise", colour="grey", exponent=exponent)[0]
        image = probe[index][0][..., 0].astype(float)
        amplitude = np.abs(np.fft.fft2(image - image.mean()))
        radius = np.hypot(*np.meshgrid(*[np.fft.fftfreq(128) * 128] * 2))
        low, high = (amplitude[(radius > r * 0.8) & (radius < r * 1.25)].mean() for r in (4, 24))
        assert np.log(low / high) / np.log(6) == pytest.approx(exponent, abs=0.25)


def test_that_noise_has_the_mean_and_deviation_asked_for() -> None:
    noise = gaussian_noise(20, (32, 32), (0.2, 0.5, 0.8, 0.5), (0.1, 0.3, 0.2, 1.0), seed=4)

    assert (noise.shape, noise.dtype) == ((20, 32, 32, 4), np.float32)
    assert noise.mean(axis=(0, 1, 2)) == pytest.approx([0.2, 0.5, 0.8, 0.5], abs=0.03)
    assert noise.std(axis=(0, 1, 2)) == pytest.approx([0.1, 0.3, 0.2, 1.0], rel=0.03)
    assert noise.min() < 0 and noise.max() > 1
    assert np.array_equal(noise, gaussian_noise(20, (32, 32), (0.2, 0.5, 0.8, 0.5), (0.1, 0.3, 0.2, 1.0), seed=4))
    assert not np.array_equal(noise[0], noise[1])


def test_that_noise_images_are_the_noise_clipped_and_rounded() -> None:
    arguments = (3, (8, 8), (0.5, 0.5, 0.5), (0.4, 0.4, 0.4), 9)

    expected = np.clip(np.round(gaussian_noise(*arguments).astype(float) * 255), 0, 255)

    assert np.abs(random_noise(*arguments) - expected).max() == 0


def test_that_the_probe_sets_noise_has_the_networks_mean_and_deviation() -> None:
    probe = ProbeSet(mean=(0.3, 0.5, 0.6), std=(0.05, 0.1, 0.12))
    images = probe.images(indices_of(probe, "random noise")) / 255

    assert images.mean(axis=(0, 1, 2)) == pytest.approx([0.3, 0.5, 0.6], abs=0.01)
    assert images.std(axis=(0, 1, 2)) == pytest.approx([0.05, 0.1, 0.12], rel=0.05)


def test_that_a_grey_network_and_one_of_many_channels_get_noise_too() -> None:
    for channels in (1, 5):
        probe = ProbeSet(mean=(0.5,) * channels, std=(0.2,) * channels)
        assert probe[-1][0].shape == (32, 32, 3)


def test_that_a_stimulus_is_described_in_words(probe: ProbeSet) -> None:
    index = indices_of(probe, "grating", colour="luminance", frequency=4.0, orientation=45.0, phase=90.0)[0]

    assert probe.describe(index) == "grating: colour luminance, frequency 4 cycles, orientation 45°, phase 90°"


def test_that_kept_parameters_cannot_be_changed(probe: ProbeSet) -> None:
    with pytest.raises(TypeError):
        probe.parameters(0)["phase"] = 1.0  # type: ignore[index]
