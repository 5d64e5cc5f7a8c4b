"""The ELBO of one image as HTML: the formula with its numbers filled in, the terms as bars, the KL by dimension.

A script in the browser can bring it up to date: `data-term` and `data-value` mark the numbers, `data-bar` and
`data-dimension` the bars, whose widths are per cent.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from ui.words import number, plus_minus, subscript
from vaemodels.checkpoints import Card
from vaemodels.evaluation import ImageTerms


class _Term(NamedTuple):
    """A term as a sum shows it: the end of the class of its colour, its name, its mark, its value as text."""

    colour: str
    name: str
    mark: str
    value: str


def formula(terms: ImageTerms) -> str:
    """−ELBO = reconstruction + Σ KL, each with its value for this image; without a likelihood, the error alone."""
    if not terms.kl:
        return (
            f'<div class="lab-formula">reconstruction error = {_reconstruction(terms)} nats'
            '</div><div class="lab-note">An autoencoder has no q(z|x) and no likelihood: there is no KL and no bound.'
            "</div>"
        )
    total = _Term("bound", "−ELBO", "nelbo", number(terms.nelbo))
    rec = _Term(
        "rec",
        f"−E<sub>q</sub>[log p(x|{_condition(terms)})]",
        "reconstruction",
        number(terms.reconstruction),
    )
    kls = _kls({latent: number(kl) for latent, kl in terms.kl.items()}, "KL(q ‖ p)")
    return f"{_sum([total, rec, *kls])}{_stacked(terms)}{_note(terms)}"


def in_a_line(terms: ImageTerms) -> str:
    """The same sum in one line, as short as a phone needs it."""
    rec = _reconstruction(terms)
    if not terms.kl:
        return f'<div class="lab-formula">reconstruction error {rec} nats</div>'
    kls = _kls({latent: number(kl) for latent, kl in terms.kl.items()})
    return (
        f'<div class="lab-formula">−ELBO <b class="lab-bound" data-term="nelbo">{number(terms.nelbo)}</b> = '
        f"reconstruction {rec}"
        + "".join(
            f' + {kl.name} <b class="lab-{kl.colour}" data-term="{kl.mark}">{kl.value}</b>' for kl in kls
        )
        + " nats</div>"
    )


def _reconstruction(terms: ImageTerms) -> str:
    return f'<b class="lab-rec" data-term="reconstruction">{number(terms.reconstruction)}</b>'


def per_dimension(kl: Tensor, top: float, latent: str = "z") -> str:
    """The KL of each dimension `[dim]` of a latent as a bar on a scale that ends at `top` nats."""
    colour, of, before = "kl", "", "z"
    if latent != "z":
        colour, of, before = f"kl-{latent}", f" of {latent}", f"{latent}, dimension "
    rows = "".join(
        f"<span>{latent}{subscript(i + 1)}</span>"
        f'<i class="lab-bar-{colour}" data-dimension="{latent}:{i}" style="width:{100 * value / top:.1f}%" '
        f'title="KL of {before}{i + 1}: {value:.3f} nats"></i><span data-value="{latent}:{i}">{value:.2f}</span>'
        for i, value in enumerate(kl.clamp(min=0).tolist())
    )
    return (
        f'<div class="lab-note">KL of each dimension{of}, in nats</div>'
        f'<div class="lab-dims" data-top="{top:g}" role="group" aria-label="KL of each latent dimension{of} in nats">'
        f"{rows}</div>"
    )


def measured_terms(card: Card, reconstruction: str = "reconstruction", kl: str = "KL") -> str:
    """−ELBO as its terms, with the values that a model's card holds, as HTML.

    They go by the names given, but for several KLs, each of which has its own.
    """
    result = card["evaluation"]
    error = result["stderr"]
    rec = plus_minus(result["reconstruction"], error["reconstruction"])
    if not result["kl"]:
        return (
            f'<div class="lab-formula">{reconstruction} error = <b class="lab-rec">{rec}</b></div>'
            '<div class="lab-note">No q(z|x), no likelihood: no KL and no bound.</div>'
        )
    kls = {latent: plus_minus(value, error["kl"][latent]) for latent, value in result["kl"].items()}
    total = _Term("bound", "−ELBO", "", plus_minus(result["nelbo"], error["nelbo"]))
    parts = [_Term("rec", reconstruction, "", rec), *_kls(kls, kl)]
    return _sum([total, *(part._replace(mark="") for part in parts)])


def _kls(values: Mapping[str, str], alone: str = "KL") -> list[_Term]:
    """Each latent's KL, its value as text; the only one goes by the name `alone`."""
    if len(values) == 1:
        return [_Term("kl", alone, "kl", value) for value in values.values()]
    return [
        _Term(
            f"kl-{latent}",
            "KL(q(y|x) ‖ p(y))" if latent == "y" else f"KL<sub>{latent}</sub>",
            f"kl_{latent}",
            value,
        )
        for latent, value in values.items()
    ]


def _sum(terms: Sequence[_Term]) -> str:
    """The first term as the sum of the others: with two of them values below names, with more a line for each."""
    signs = ["", "<span>=</span>", *["<span>+</span>"] * (len(terms) - 2)]
    names = [f'<b class="lab-{term.colour}">{term.name}</b>' for term in terms]
    marks = [f' data-term="{term.mark}"' if term.mark else "" for term in terms]
    values = [
        f'<b class="lab-{term.colour}"{mark}>{term.value}</b>'
        for term, mark in zip(terms, marks, strict=True)
    ]
    if len(terms) == 3:
        cells = [sign + cell for row in (names, values) for sign, cell in zip(signs, row, strict=True)]
        return f'<div class="lab-formula lab-sum">{"".join(cells)}</div>'
    signs[0] = "<span></span>"
    lines = ["".join(line) for line in zip(signs, names, values, strict=True)]
    return f'<div class="lab-formula lab-sum lab-column">{"".join(lines)}</div>'


def _stacked(terms: ImageTerms) -> str:
    """The terms as the segments of a bar, unless one is below 0, as a density's −log and an estimated KL can be."""
    if terms.reconstruction < 0 or _has_negative_estimate(terms):
        return ""
    total = max(terms.nelbo, 1e-9)
    kls = _kls({latent: f"{kl:.1f}" for latent, kl in terms.kl.items()})
    parts = [("rec", "reconstruction", terms.reconstruction)]
    parts += [(kl.colour, f"kl_{latent}", terms.kl[latent]) for kl, latent in zip(kls, terms.kl, strict=True)]
    segments = "".join(
        f'<i class="lab-bar-{colour}" data-bar="{bar}" style="width:{100 * max(value, 0.0) / total:.1f}%"></i>'
        for colour, bar, value in parts
    )
    names = ["KL"] if len(kls) == 1 else [f"KL of {latent}" for latent in terms.kl]
    said = ", ".join(f"{name} {kl.value}" for name, kl in zip(names, kls, strict=True))
    return (
        f'<div class="lab-stack" role="img" aria-label="reconstruction {terms.reconstruction:.1f}, {said} nats">'
        f"{segments}</div>"
    )


def _note(terms: ImageTerms) -> str:
    """What q and p are, what the numbers are means of, and what has to be said of the KLs."""
    latents, drawn = ", ".join(terms.kl), " and ".join(latent for latent in terms.kl if latent != "y")
    given = "x, y" if terms.label_is_given else "x"
    kls, are = ("KL", "is") if len(terms.kl) == 1 else ("KLs", "are")
    told = f"; the {kls} {are} exact." if terms.kl_is_exact else f", the {kls} as well."
    if terms.label_is_given:
        told += " With the label given, the ELBO bounds log p(x|y)."
    # In closed form a KL is not below 0: where that of z1 is, z2 was inferred bottom-up, from the draw of z1.
    if terms.kl.get("z1", 0) < 0:
        told += (
            " KL<sub>z1</sub> is E<sub>q</sub>[log q(z1|x) − log p(z1|z2)], no divergence: it can be below 0."
        )
    elif _has_negative_estimate(terms):
        told += " A KL is never below 0; its estimate from draws can be."
    return (
        f'<div class="lab-note">In nats; q = q({latents}|{given}), p = p({latents}). The mean of '
        f'<span data-draws="">{terms.draws}</span> draws of {drawn}, ± '
        f'<span data-term="stderr">{terms.stderr:.1f}</span>{told}</div>'
    )


def _has_negative_estimate(terms: ImageTerms) -> bool:
    """Whether a KL that is a mean over draws came out below 0; an exact one is so by rounding alone."""
    return not terms.kl_is_exact and min(terms.kl.values()) < 0


def _condition(terms: ImageTerms) -> str:
    """What the image is generated from: the latent next to it, and the label where the model knows one."""
    nearest = next(latent for latent in terms.kl if latent != "y")
    return f"y, {nearest}" if terms.label_is_given or "y" in terms.kl else nearest
