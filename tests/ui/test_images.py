import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from tests.small import make_vae
from ui.images.decoded import decoded
from ui.images.figures import figure, heat, row
from vaemodels.models import build
from vaemodels.pictures import picture


def test_ink_goes_from_black_to_white_and_is_clipped():
    image = picture(torch.tensor([-0.5, 0.0, 0.5, 1.0, 1.0, 2.0]), (1, 2, 3))
    assert image.tolist() == [[0, 0, 128], [255, 255, 255]]


def test_figure_holds_every_pixel_as_it_is():
    image = picture(torch.rand(3 * 4 * 5), (3, 4, 5))
    [data] = re.findall(r'src="data:image/png;base64,([^"]+)"', figure(image, "alt", "caption"))
    with Image.open(io.BytesIO(base64.b64decode(data))) as decoded:
        assert np.array_equal(np.asarray(decoded), image)


def test_text_in_a_figure_is_escaped():
    html = figure(picture(torch.zeros(4), (1, 2, 2)), 'a "<script>"', "<b> & c")
    assert "<script>" not in html
    assert 'alt="a &quot;&lt;script&gt;&quot;"' in html
    assert "<figcaption>&lt;b&gt; &amp; c</figcaption>" in html


def test_row_keeps_order():
    html = row(["<i>1</i>", "<i>2</i>"])
    assert html.endswith('<div class="lab-row"><i>1</i><i>2</i></div>')


@pytest.mark.parametrize("channels", [1, 3])
def test_heat_is_darkest_where_nothing_is_lost(channels):
    lost = torch.tensor([0.0, 0.75, 3.0, 30.0]) / channels
    image = heat(lost.repeat(channels), (channels, 2, 2), top=3.0).reshape(4, 3)
    assert image[0].tolist() == [11, 13, 18]
    assert image[1].tolist() == [0, 114, 178]  # a quarter of the top is half way: the scale is a square root
    assert image[2].tolist() == image[3].tolist() == [255, 255, 255]


def test_a_model_that_writes_labels_writes_the_one_it_is_given_and_others_pass_it_over():
    torch.manual_seed(0)
    model = build("fsvae", {"z_dim": 2, "hidden": (4,)})
    z, labels = torch.randn(3, 2), torch.tensor([7, 1, 7])
    expected = model.decode(z, labels).mean
    torch.testing.assert_close(decoded(model, z, "mean", 0, labels), expected)
    torch.testing.assert_close(decoded(model, z, "mean", 0, 7)[[0, 2]], expected[[0, 2]])
    assert not torch.equal(decoded(model, z, "mean", 0, 1), decoded(model, z, "mean", 0, 7))
    drawn = decoded(model, z, "draw", 5, 7)
    assert drawn.shape == (3, 784) and set(drawn.unique().tolist()) <= {0.0, 1.0}
    vae = make_vae()
    z = torch.randn(2, 3)
    torch.testing.assert_close(decoded(vae, z, "mean", 0, 7), decoded(vae, z, "mean", 0))
