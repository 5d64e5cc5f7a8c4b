"""Distorted images: the maps are affine and each image's own, and those that can be worked out by hand come out so."""

import pytest
import torch

from vaemodels.data import Split, distortion
from vaemodels.data.distortion import distort
from vaemodels.training import batches

SHAPE = (1, 28, 28)


def noise(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def square(n: int = 1, rows: slice = slice(10, 18), columns: slice = slice(10, 18)) -> torch.Tensor:
    """n images `[n, 784]` of a white square on black."""
    images = torch.zeros(n, 28, 28)
    images[:, rows, columns] = 1
    return images.view(n, -1)


def only(monkeypatch: pytest.MonkeyPatch, **most: float) -> None:
    """Let no map do but what is named."""
    for name in ("TURN", "STRETCH", "SLANT", "SHIFT"):
        monkeypatch.setattr(distortion, name, most.get(name, 0.0))


def spread(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Centres `[n, 2]` and covariances `[n, 2, 2]` of the ink, in pixels, rows first."""
    n = len(images)
    mass = images.view(n, 28, 28) / images.sum(1).view(n, 1, 1)
    places = torch.stack(torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij"), -1)
    centre = (mass.unsqueeze(-1) * places).sum((1, 2))
    away = places - centre.view(n, 1, 1, 2)
    return centre, torch.einsum("nij,nija,nijb->nab", mass, away, away)


def test_nothing_asked_for_is_nothing_done(monkeypatch):
    only(monkeypatch)
    images = torch.rand(3, 784, generator=noise())
    torch.testing.assert_close(distort(images, SHAPE, noise()), images)


def test_bytes_and_floats_are_distorted_alike():
    images = torch.randint(0, 256, (4, 784), dtype=torch.uint8, generator=noise())
    torch.testing.assert_close(distort(images, SHAPE, noise(1)), distort(images / 255, SHAPE, noise(1)))


def test_a_shift_moves_all_of_an_image_and_no_further_than_it_may(monkeypatch):
    only(monkeypatch, SHIFT=3 / 28)
    images = square(500)
    moved = distort(images, SHAPE, noise())
    (centre, covariance), (before, as_before) = spread(moved), spread(images)
    shift = (centre - before).abs()
    assert shift.max() < 3 + 1e-3 and shift.max() > 2.9
    torch.testing.assert_close(moved.sum(1), images.sum(1), rtol=1e-3, atol=0)
    # What lies between two pixels is shared out among both: by a quarter of a pixel's square at most.
    assert ((covariance - as_before).abs() < 0.26).all()


def test_a_turn_keeps_sizes_and_turns_no_further_than_it_may(monkeypatch):
    only(monkeypatch, TURN=0.3)
    bar = square(500, slice(6, 22), slice(12, 16))
    _, covariance = spread(distort(bar, SHAPE, noise()))
    angle = 0.5 * torch.atan2(2 * covariance[:, 0, 1], covariance[:, 0, 0] - covariance[:, 1, 1])
    assert 0.28 < angle.abs().max() < 0.31 and abs(angle.mean()) < 0.03
    trace = covariance.diagonal(dim1=1, dim2=2).sum(1)
    torch.testing.assert_close(trace, trace[:1].expand(500), rtol=0.03, atol=0)


def test_a_stretch_changes_each_side_by_itself(monkeypatch):
    only(monkeypatch, STRETCH=0.2)
    _, covariance = spread(distort(square(500), SHAPE, noise()))
    _, before = spread(square())
    sides = (covariance.diagonal(dim1=1, dim2=2) / before.diagonal(dim1=1, dim2=2)).sqrt()
    assert 0.8 < sides.min() < 0.86 and 1.2 < sides.max() < 1.28  # 1 / 1.2 to 1 / 0.8
    assert abs(torch.corrcoef(sides.T)[0, 1]) < 0.15


def test_a_slant_moves_rows_against_each_other(monkeypatch):
    only(monkeypatch, SLANT=0.25)
    bar = square(500, slice(6, 22), slice(12, 16))
    _, covariance = spread(distort(bar, SHAPE, noise()))
    slant = covariance[:, 0, 1] / covariance[:, 0, 0]  # columns a row
    assert 0.22 < slant.abs().max() < 0.26
    torch.testing.assert_close(covariance[:, 0, 0], covariance[:1, 0, 0].expand(500), rtol=0.02, atol=0)


def test_every_image_and_every_batch_has_its_own_map_and_pixels_stay_pixels():
    images = torch.cat([square(20), torch.ones(1, 784)])
    generator = noise()
    first, second = distort(images, SHAPE, generator), distort(images, SHAPE, generator)
    assert len(first[:20].unique(dim=0)) == 20 and not torch.equal(first, second)
    assert first.min() >= 0 and first.max() <= 1
    torch.testing.assert_close(distort(images, SHAPE, noise()), first)


def test_colours_are_moved_together():
    image = square().view(1, 1, 28, 28).expand(1, 3, 28, 28).reshape(1, -1)
    red, green, blue = distort(image, (3, 28, 28), noise()).view(3, -1)
    torch.testing.assert_close(red, green)
    torch.testing.assert_close(red, blue)


def test_labelled_images_alone_are_distorted_as_a_model_learns():
    images = (255 * square(6)).to(torch.uint8)
    train = Split(images, torch.full((6,), -1))
    labelled = Split(images[:2], torch.tensor([3, 4]))
    for distorted in (None, SHAPE):
        seen = list(batches(train, "threshold", 3, noise(), labelled, distorted))
        assert all(torch.equal(batch.x, square(3)) for batch in seen)
        plain = [batch.labelled_x is not None and torch.equal(batch.labelled_x, square(2)) for batch in seen]
        assert plain == [distorted is None] * 2
