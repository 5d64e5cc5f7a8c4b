"""What the two levels cost and how many of their units are in use, beside the grid."""

from collections.abc import Mapping

import streamlit as st

from ui import words
from ui.hvae.facts import Facts, two_level
from vaemodels.analysis.levels import told_by_upper
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import Estimate


def beside(checkpoint: Checkpoint, facts: Facts) -> None:
    """KL and active units by level, as numbers and as a bar; how much of z1 the upper level decides."""
    model = two_level(checkpoint)
    kls, kls_on = _kl(checkpoint, facts)
    rows = "".join(
        f'<tr><th scope="row" class="lab-kl-{level}">{level}</th>'
        f"<td>{words.plus_minus(kl.mean, kl.stderr)}</td><td>{facts.active[level]} of "
        f"{model.latent_dims[level]}</td></tr>"
        for level, kl in kls.items()
    )
    st.html(
        '<table class="lab-levels"><thead><tr><th scope="col">level</th><th scope="col">KL, nats</th>'
        f'<th scope="col">active units</th></tr></thead><tbody>{rows}</tbody></table>{_bar(kls)}'
    )
    share = told_by_upper(model)
    st.markdown(
        f"**z2 decides {share.mean().item():.0%}** of the variance of z1 under the prior, averaged over its "
        f"{words.count(len(share), 'dimension')}; from {share.min().item():.0%} to "
        f"{share.max().item():.0%} of a single one."
    )
    st.caption(
        f"KL on {kls_on}; units on {facts.measured_on}. A unit is active where the variance of its "
        "posterior mean over images "
        f"exceeds 0.01 (Burda et al. 2016)"
        f"{'' if model.factorised_posterior else '; of z2 that mean is taken at z1 = μ1(x)'}. The share is "
        "Var m(z2) / Var z1, over 10,000 draws of z2."
    )


def _kl(checkpoint: Checkpoint, facts: Facts) -> tuple[Mapping[str, Estimate], str]:
    """The KL by level and what it was measured on: the card's, of the whole test split, where it was measured."""
    result = checkpoint.card["evaluation"]
    if result is None:
        return facts.kl, facts.measured_on
    kls = {level: Estimate(kl, result["stderr"]["kl"][level]) for level, kl in result["kl"].items()}
    return kls, words.measured_on(checkpoint.card)


def _bar(kls: Mapping[str, Estimate]) -> str:
    """The KL of both levels as the two parts of one bar."""
    values = {level: max(kl.mean, 0.0) for level, kl in kls.items()}
    total = max(sum(values.values()), 1e-9)
    parts = "".join(
        f'<i class="lab-bar-kl-{level}" style="width:{100 * value / total:.1f}%"></i>'
        for level, value in values.items()
    )
    said = ", ".join(f"{level} {value:.1f}" for level, value in values.items())
    return f'<div class="lab-stack" role="img" aria-label="KL by level: {said} nats">{parts}</div>'
