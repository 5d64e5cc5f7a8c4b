"""The ELBO of one image as HTML: the formula with its numbers filled in, the terms as bars, the KL by dimension."""

from torch import Tensor

from ui.words import dimension, number, plus_minus
from vaemodels.checkpoints import Card
from vaemodels.evaluation import ImageTerms


def formula(terms: ImageTerms) -> str:
    """−ELBO = reconstruction + KL, each with its value for this image; without a likelihood, the error alone."""
    rec = f'<b class="lab-rec">{terms.reconstruction:.1f}</b>'
    if not terms.kl:
        return (
            f'<div class="lab-formula">reconstruction error = {rec} nats</div>'
            '<div class="lab-note">An autoencoder has no q(z|x) and no likelihood: there is no KL and no bound.</div>'
        )
    kl, total = terms.kl_total, terms.nelbo
    # A density's −log can be negative, and then nothing can be stacked on it.
    bar = _stacked(terms.reconstruction, kl) if terms.reconstruction >= 0 else ""
    return (
        '<div class="lab-formula lab-sum">'
        '<b class="lab-bound">−ELBO</b><span>=</span><b class="lab-rec">−E<sub>q</sub>[log p(x|z)]</b><span>+</span>'
        '<b class="lab-kl">KL(q ‖ p)</b>'
        f'<b class="lab-bound" data-term="nelbo">{number(total)}</b><span>=</span>'
        f'<b class="lab-rec" data-term="reconstruction">{number(terms.reconstruction)}</b><span>+</span>'
        f'<b class="lab-kl" data-term="kl">{kl:.1f}</b></div>'
        f'{bar}<div class="lab-note">In nats; q = q(z|x), p = p(z). The mean of {terms.draws} draws of z, '
        f"± {terms.stderr:.1f}{'; the KL is exact' if terms.kl_is_exact else ', the KL as well'}.</div>"
    )


def in_a_line(terms: ImageTerms) -> str:
    """The same sum in one line, as short as a phone needs it."""
    rec = f'<b class="lab-rec">{number(terms.reconstruction)}</b>'
    if not terms.kl:
        return f'<div class="lab-formula">reconstruction error {rec} nats</div>'
    return (
        f'<div class="lab-formula">−ELBO <b class="lab-bound">{number(terms.nelbo)}</b> = '
        f'reconstruction {rec} + KL <b class="lab-kl">{number(terms.kl_total)}</b> nats</div>'
    )


def _stacked(reconstruction: float, kl: float) -> str:
    share = 100 * reconstruction / max(reconstruction + kl, 1e-9)
    return (
        f'<div class="lab-stack" role="img" aria-label="reconstruction {reconstruction:.1f}, KL {kl:.1f} nats">'
        f'<i class="lab-bar-rec" style="width:{share:.1f}%"></i><i class="lab-bar-kl" style="flex:1"></i></div>'
    )


def per_dimension(kl: Tensor, top: float) -> str:
    """The KL of each latent dimension `[z_dim]` as a bar on a scale that ends at `top` nats."""
    rows = "".join(
        f'<span>{dimension(i)}</span><i class="lab-bar-kl" style="width:{100 * value / top:.1f}%" '
        f'title="KL of z{i + 1}: {value:.3f} nats"></i><span>{value:.2f}</span>'
        for i, value in enumerate(kl.clamp(min=0).tolist())
    )
    return (
        '<div class="lab-note">KL of each dimension, in nats</div>'
        f'<div class="lab-dims" role="group" aria-label="KL of each latent dimension in nats">{rows}</div>'
    )


def measured_terms(card: Card, reconstruction: str = "reconstruction", kl: str = "KL") -> str:
    """−ELBO as its two terms, by the names given, with the values that a model's card holds, as HTML."""
    result = card["evaluation"]
    error = result["stderr"]
    if not result["kl"]:
        value = plus_minus(result["reconstruction"], error["reconstruction"])
        return (
            f'<div class="lab-formula">{reconstruction} error = <b class="lab-rec">{value}</b></div>'
            '<div class="lab-note">No q(z|x), no likelihood: no KL and no bound.</div>'
        )
    return (
        '<div class="lab-formula lab-sum">'
        f'<b class="lab-bound">−ELBO</b><span>=</span><b class="lab-rec">{reconstruction}</b><span>+</span>'
        f'<b class="lab-kl">{kl}</b>'
        f'<b class="lab-bound">{plus_minus(result["nelbo"], error["nelbo"])}</b><span>=</span>'
        f'<b class="lab-rec">{plus_minus(result["reconstruction"], error["reconstruction"])}</b><span>+</span>'
        f'<b class="lab-kl">{plus_minus(result["kl"]["z"], error["kl"]["z"])}</b></div>'
    )
