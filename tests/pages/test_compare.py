"""The Compare page's own, as Python runs it."""

import pytest

from tests.ui.app_html import changing
from ui.compare.measured import SAMPLES
from ui.compare.row import ONE_A_KIND
from ui.images.choice import image_named, told
from vaemodels import checkpoints
from vaemodels.analysis.comparable import group_of, row
from vaemodels.evaluation import image_terms

PAGE = "pages/compare.py"


def test_every_model_of_the_row_shows_the_packages_numbers_of_the_linked_image(visit):
    at = visit(PAGE, images="digits", image="digits-7")
    shown = "".join(changing(at))
    for name in ONE_A_KIND:
        model = checkpoints.load(name).model
        chosen = image_named("digits-7", model)
        terms = image_terms(model, chosen.x, told(model, chosen))
        [its] = [part for part in shown.split('class="lab-cell"') if f"<figcaption>{name}<" in part]
        assert f'"reconstruction">{terms.reconstruction:.1f}<' in its
        if model.has_likelihood:
            assert f'"nelbo">{terms.nelbo:.1f}<' in its
            assert f'"kl">{terms.kl_total:.1f}<' in its
        assert ("no likelihood" in its) is not model.has_likelihood
        assert ("of p(x|y)" in its) is model.needs_labels


def test_the_fsvaes_bound_is_lower_than_any_on_log_p_x():
    cards = [checkpoints.read_card(name) for name in checkpoints.pretrained_names()]
    vae, fsvae = (checkpoints.read_card(name) for name in ("vae", "fsvae"))
    column = [row(card).nelbo.mean for card in cards if group_of(card) == group_of(vae)]
    assert round(row(fsvae).nelbo.mean, 1) == 88.7 < min(column)


@pytest.mark.parametrize(("show", "shown"), [("mean", "E[x|z]"), ("draw", "x ~ p(x|z)")])
def test_samples_are_means_or_draws_as_is_chosen_on_top(visit, show, shown):
    at = visit(PAGE, images="digits", group="digits-test-300-static-bernoulli-x", show=show)
    assert any(f": {shown} at {SAMPLES} draws from its prior" in html.proto.body for html in at.get("html"))
