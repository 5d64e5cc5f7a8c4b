"""The house numbers the project draws: skeletons, what each style factor does, and how hard they are to read."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vaemodels import data
from vaemodels.data import Split, streetdigits
from vaemodels.data.skeletons import HEIGHT, SEGMENTS, STROKES, WIDTH, skeleton, skeletons
from vaemodels.data.streetdigits import FACTORS, draw


@pytest.fixture(scope="module")
def drawing() -> streetdigits.Drawing:
    return draw(1_000, seed=12)


# Skeletons


def test_every_digit_has_at_least_three_ways_of_being_written() -> None:
    assert len(STROKES) == 10
    for ways in skeletons():
        assert len(ways) >= 3
        for one, other in ((ways[i], ways[j]) for i in range(len(ways)) for j in range(i)):
            assert one.points.shape != other.points.shape or np.abs(one.points - other.points).max() > 0.5


def test_all_of_a_skeleton_lies_in_its_box_or_close_by() -> None:
    for ways in skeletons():
        for way in ways:
            pieces = np.concatenate([way.starts @ way.points, way.ends @ way.points])
            assert pieces[:, 0].min() > -0.6 and pieces[:, 0].max() < WIDTH + 0.6
            assert pieces[:, 1].min() > -0.6 and pieces[:, 1].max() < HEIGHT + 0.6
            assert np.ptp(pieces[:, 1]) > 0.8 * HEIGHT
            assert len(way.starts) == len(way.ends) == SEGMENTS


def test_a_stroke_runs_through_its_points_and_strokes_share_the_pieces_by_length() -> None:
    way = skeleton(("0,0 3,0 6,0", "6,0 6,5 6,10 6,14"))
    np.testing.assert_allclose(way.points, [[0, 0], [3, 0], [6, 0], [6, 5], [6, 10], [6, 14]])
    starts, ends = way.starts @ way.points, way.ends @ way.points
    np.testing.assert_allclose(starts[0], [0, 0], atol=1e-6)
    np.testing.assert_allclose(ends[-1], [6, 14], atol=1e-6)
    np.testing.assert_allclose(starts[1:], ends[:-1], atol=1e-6)  # the second stroke goes on from the first
    assert (starts[:, 1] == 0).sum() == SEGMENTS * 6 // 20 + 1
    np.testing.assert_allclose(way.starts.sum(1), 1, atol=1e-6)  # moving all points moves the curve with them


def test_a_stroke_that_ends_where_it_began_is_smooth_there() -> None:
    """A circle of eight points in twenty pieces turns by 18 degrees from each to the next."""
    way = skeleton(("3,0 0.88,0.88 0,3 0.88,5.12 3,6 5.12,5.12 6,3 5.12,0.88 3,0",))
    starts, ends = way.starts @ way.points, way.ends @ way.points
    np.testing.assert_allclose(ends[-1], starts[0], atol=1e-6)
    first, last = ends[0] - starts[0], ends[-1] - starts[-1]
    cosine = first @ last / np.linalg.norm(first) / np.linalg.norm(last)
    assert cosine == pytest.approx(np.cos(np.radians(18)), abs=0.02)


def test_distances_are_those_to_the_nearest_piece() -> None:
    pieces = 40 * np.random.default_rng(0).random((2, 3, 2, 2), np.float32) - 4
    pieces[1, 0, 1] = pieces[1, 0, 0]  # a piece without length is a point
    columns = range(21, 32)
    ours = streetdigits._distance(pieces, columns)
    along = np.linspace(0, 1, 4001)[:, None]
    for picture in range(2):
        points = np.concatenate([a + along * (b - a) for a, b in pieces[picture]])
        for row, column in ((0, 21), (31, 31), (16, 25), (7, 30)):
            by_hand = np.linalg.norm(points - np.array([column, row]), axis=1).min()
            assert ours[picture, row, column - 21] == pytest.approx(by_hand, abs=0.02)


# Style


def styles(n: int, **changed: float) -> dict[str, np.ndarray]:
    middle = {name: (low + high) / 2 for name, (low, high) in FACTORS.items()} | changed
    return {name: np.full(n, value, np.float32) for name, value in middle.items()}


def ink(
    monkeypatch: pytest.MonkeyPatch, label: int, n: int = 60, neighbours: float = 0.0, **style: float
) -> np.ndarray:
    """Coverage `[n, 32, 32]` of one digit in one style, everything else drawn from the same seed."""
    monkeypatch.setattr(streetdigits, "NEIGHBOUR", neighbours)
    return streetdigits._coverage(np.full(n, label), styles(n, **style), np.random.default_rng(5))


def test_weight_is_half_a_strokes_width_and_scale_a_tenth_of_the_height(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streetdigits, "JITTER", 0)
    for scale in (1.5, 2.3):
        for weight in (0.9, 2.3):
            ones = ink(monkeypatch, 1, scale=scale, weight=weight)
            heights = (ones > 0.5).any(2).sum(1)
            assert heights.mean() == pytest.approx(HEIGHT * scale + 2 * weight, abs=0.6)
            upright = ones[:, 16].sum(1)  # a row through the middle
            assert np.median(upright) == pytest.approx(2 * weight + 0.05, rel=0.12)


@pytest.mark.parametrize("slant", [-0.35, 0.0, 0.35])
def test_slant_leans_a_stroke_to_the_right_of_its_foot(monkeypatch: pytest.MonkeyPatch, slant: float) -> None:
    """The plain stroke, the first way of writing a one, is found by its narrow rows."""
    monkeypatch.setattr(streetdigits, "JITTER", 0)
    ones = ink(monkeypatch, 1, n=200, slant=slant)
    columns = np.arange(32)
    middle = (ones * columns).sum(2) / ones.sum(2).clip(1e-6)
    leans = (middle[:, 12] - middle[:, 19]) / 7  # both within the stem, whatever the way
    assert np.median(leans) == pytest.approx(slant, abs=0.05)


def test_the_digit_is_in_the_middle_and_neighbours_are_at_the_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, crowded = (ink(monkeypatch, 0, 200, neighbours) for neighbours in (0.0, 1.0))
    place = (alone * np.arange(32)).sum((1, 2)) / alone.sum((1, 2))
    assert np.abs(place - 15.5).max() < 4
    edges = np.r_[0:4, 28:32]
    assert crowded[:, :, edges].sum() > 5 * max(alone[:, :, edges].sum(), 1)


def luminance(images: Tensor) -> Tensor:
    return torch.einsum(
        "nchw,c->nhw", images.view(-1, 3, 32, 32) / 255, torch.from_numpy(streetdigits.LUMINANCE)
    )


def test_light_brightens_the_right_side(drawing: streetdigits.Drawing) -> None:
    grey = luminance(drawing.images)
    right = (grey[:, :, 24:].mean((1, 2)) / grey[:, :, :8].mean((1, 2))).log()
    together = torch.stack([right, drawing.factors["light"]])
    assert together.corrcoef()[0, 1] > 0.6


def test_the_ground_has_the_grounds_hue(drawing: streetdigits.Drawing) -> None:
    """Read off the rows above and below the digits, as an angle on the colour circle."""
    pictures = drawing.images.view(-1, 3, 32, 32) / 255
    ground = torch.cat([pictures[:, :, :2], pictures[:, :, -2:]], 2).mean((2, 3))
    circle = torch.exp(2j * torch.pi * torch.arange(3) / 3)
    angle = (ground.to(torch.complex64) @ circle).angle()
    error = torch.exp(1j * (angle - 2 * torch.pi * drawing.factors["ground_hue"])).angle()
    assert error.abs().median() < 0.2


def test_ink_stands_out_from_the_ground_lighter_or_darker() -> None:
    random = np.random.default_rng(0)
    n = 2_000
    style = {name: streetdigits._uniform(random, *limits, n) for name, limits in FACTORS.items()}
    ground, number = streetdigits._colours(style, random)
    difference = ((number - ground)[:, :, 0, 0] * streetdigits.LUMINANCE).sum(1)
    assert np.abs(difference).min() > 0.15  # a little less than asked for, where ink is near black or white
    assert 0.4 < (difference > 0).mean() < 0.6


def test_factors_are_in_range_even_and_independent_of_each_other_and_of_the_digit(
    drawing: streetdigits.Drawing,
) -> None:
    assert list(drawing.factors) == list(FACTORS)
    columns = [drawing.labels.float(), *drawing.factors.values()]
    correlation = torch.stack(columns).corrcoef() - torch.eye(7)
    assert correlation.abs().max() < 0.12  # four standard errors
    for name, (low, high) in FACTORS.items():
        values = drawing.factors[name]
        assert values.shape == (1_000,) and low <= values.min() and values.max() <= high
        quarters = torch.histc(values, 4, low, high)
        assert (quarters - 250).abs().max() < 60
    assert (torch.bincount(drawing.labels) - 100).abs().max() < 45


# The same for everybody


def test_a_seed_gives_the_same_pictures_whatever_else_runs(drawing: streetdigits.Drawing) -> None:
    np.random.seed(4)
    again = draw(1_000, seed=12)
    assert torch.equal(again.images, drawing.images) and torch.equal(again.labels, drawing.labels)
    assert all(torch.equal(again.factors[name], drawing.factors[name]) for name in FACTORS)
    assert (draw(20, seed=13).images.float() - drawing.images[:20].float()).abs().mean() > 20


LABELS = [8, 0, 1, 2, 1, 8, 8, 5, 0, 0, 3, 4, 6, 4, 2, 1, 6, 7, 0, 1]
MEANS = [129.82, 97.36, 151.79, 173.24, 108.8]
SLANTS = [-0.03351, -0.07614, 0.27148, 0.01172, -0.05592]


def test_the_drawing_has_not_moved() -> None:
    """Models in pretrained/ were trained on it: whoever changes the drawing has to train them again."""
    images, labels, factors = draw(20, seed=streetdigits.SEEDS["test"])
    assert labels.tolist() == LABELS
    torch.testing.assert_close(
        images.double().mean(1)[:5], torch.tensor(MEANS, dtype=torch.float64), atol=0.2, rtol=0
    )
    torch.testing.assert_close(factors["slant"][:5], torch.tensor(SLANTS), atol=1e-4, rtol=0)


def test_nothing_is_drawn_before_it_is_asked_for() -> None:
    streetdigits._drawn.cache_clear()
    data.download("streetdigits")
    assert data.is_available("streetdigits") and data.get("streetdigits").download_bytes == 0
    assert streetdigits._drawn.cache_info().currsize == 0


def test_the_splits_are_different_pictures_and_give_their_factors() -> None:
    test, validation = data.load("streetdigits", "test"), data.load("streetdigits", "validation")
    assert not (test.images[:50].unsqueeze(1) == validation.images[:50]).all(-1).any()
    for split in ("test", "validation"):
        factors = data.factors("streetdigits", split)
        assert all(len(values) == 2_000 for values in factors.values()) and list(factors) == list(FACTORS)
    assert data.factors("digits", "test") == {}
    assert data.load("streetdigits", "test").images is test.images


# How hard they are to read


def accuracy_after_training(model: nn.Module, train: Split, test: Split, epochs: int, rate: float) -> float:
    torch.manual_seed(0)
    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            layer.reset_parameters()
    x, test_x = (split.images.float() / 255 - 0.5 for split in (train, test))
    optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.03)
    steps = epochs * (len(x) // 50)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(50)[: len(x) // 50]:
            loss = nn.functional.cross_entropy(model(x[batch]), train.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        return (model(test_x).argmax(1) == test.labels).float().mean().item()


@pytest.fixture(scope="module")
def train() -> Split:
    images, labels, _ = draw(3_000, seed=11)
    return Split(images, labels)


def test_logistic_regression_on_pixels_cannot_read_them(train: Split, drawing: streetdigits.Drawing) -> None:
    """The same one reads the built-in digits well enough."""
    test = Split(drawing.images, drawing.labels)
    assert accuracy_after_training(nn.Linear(3072, 10), train, test, epochs=15, rate=1e-3) < 0.6
    train, test = data.load("digits", "train"), data.load("digits", "test")
    assert accuracy_after_training(nn.Linear(784, 10), train, test, epochs=15, rate=1e-3) > 0.8


def test_a_small_convolutional_network_reads_nine_in_ten(train: Split, drawing: streetdigits.Drawing) -> None:
    model = nn.Sequential(
        nn.Unflatten(1, (3, 32, 32)),
        nn.Conv2d(3, 16, 5, stride=2, padding=2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1024, 10),
    )
    test = Split(drawing.images, drawing.labels)
    assert accuracy_after_training(model, train, test, epochs=5, rate=5e-3) > 0.9
