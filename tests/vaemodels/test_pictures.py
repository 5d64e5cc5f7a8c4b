from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vaemodels import pictures
from vaemodels.errors import LabError


def test_a_picture_is_clipped_rounded_and_laid_out_by_rows() -> None:
    pixels = torch.tensor([0.0, 0.5, 1.0, -3.0, 7.0, 0.25])
    image = pictures.picture(pixels, (1, 2, 3))
    assert image.dtype == np.uint8
    assert image.tolist() == [[0, 128, 255], [0, 255, 64]]


def test_a_colour_picture_has_its_channels_last() -> None:
    planes = torch.stack([torch.full((2, 3), level) for level in (1.0, 0.0, 0.2)])
    image = pictures.picture(planes.flatten(), (3, 2, 3))
    assert image.shape == (2, 3, 3)
    assert image[1, 2].tolist() == [255, 0, 51]


@pytest.mark.parametrize("shape", [(1, 4, 5), (3, 4, 5)])
def test_a_grid_is_filled_row_by_row_with_gaps(shape: tuple[int, int, int]) -> None:
    dim = shape[0] * 20
    pixels = torch.arange(5).unsqueeze(1).expand(5, dim) / 255 * 10
    image = pictures.grid(pixels, shape, columns=3)
    gap = pictures.GAP
    assert image.shape[:2] == (2 * 4 + gap, 3 * 5 + 2 * gap)
    for i in range(5):
        top, left = i // 3 * (4 + gap), i % 3 * (5 + gap)
        assert (image[top : top + 4, left : left + 5] == 10 * i).all()
    background = image[0, 5]
    assert (image[:, 5 : 5 + gap] == background).all() and (image[4 : 4 + gap] == background).all()
    assert (image[4 + gap :, 2 * (5 + gap) :] == background).all()


def test_a_saved_picture_reads_back(tmp_path: Path) -> None:
    image = pictures.grid(torch.rand(6, 16), (1, 4, 4), columns=2)
    path = tmp_path / "grid.of.samples"
    pictures.save_png(path, image)
    with Image.open(path) as read:
        assert read.format == "PNG"
        assert np.array_equal(np.asarray(read), image)


@pytest.mark.parametrize("place", ["missing/grid.png", "folder"])
def test_a_picture_that_can_not_be_written_is_one_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(LabError, match=r"cannot be written, .+: "):
        pictures.save_png(tmp_path / place, np.zeros((2, 2), np.uint8))
