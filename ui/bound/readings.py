"""Three readings of one bar: the same −ELBO, cut in three ways; what can't be computed in general is hatched."""

from typing import NamedTuple

import streamlit as st

from ui.bound.measured import bound_on_plane, q_on_plane
from ui.looks.view import View
from ui.words import number


class _Part(NamedTuple):
    """A term of −ELBO: its name, its nats, its class, whether it needs the posterior."""

    name: str
    nats: float
    colour: str
    hatched: bool = False


def render(view: View) -> None:
    """−ELBO of the q on the plane three times."""
    terms = bound_on_plane(view)
    entropy = q_on_plane(view).entropy().item()
    readings = [
        (
            "energy − entropy",
            "−E<sub>q</sub>[log p(x, z)] − H(q): q settles where image and prior are likely, and is kept from "
            "shrinking to a point by its entropy.",
            [
                _Part("energy", -terms.elbo + entropy, "evidence"),
                _Part("negative entropy −H(q)", -entropy, "faint"),
            ],
        ),
        (
            "complexity − accuracy",
            "KL(q ‖ p) − E<sub>q</sub>[log p(x|z)]: how many nats z takes, and how well it describes the image.",
            [
                _Part("reconstruction", terms.reconstruction, "rec"),
                _Part("KL(q ‖ p(z))", terms.kl, "kl"),
            ],
        ),
        (
            "divergence − evidence",
            "KL(q ‖ p(z|x)) − log p(x): the second is the same for every q, so that making −ELBO small makes q "
            "the posterior. Neither can be computed in general (hatched); with two latents both can.",
            [
                _Part("−log p(x)", -terms.log_p, "evidence", True),
                _Part("gap KL(q ‖ p(z|x))", terms.gap, "gap", True),
            ],
        ),
    ]
    st.html(
        _STYLE
        + "".join(
            f'<div class="lab-reading"><div><b>{title}</b><div class="lab-note">{about}</div></div>'
            f"{_bar(parts, -terms.elbo)}</div>"
            for title, about, parts in readings
        )
    )
    st.caption("This image under the q on the plane above, in nats, all summed by quadrature.")


def _bar(parts: list[_Part], total: float) -> str:
    """The parts as segments of one length, with their numbers below; one below 0 has none."""
    positive = sum(max(part.nats, 0.0) for part in parts)
    segments = "".join(
        f'<i class="lab-part-{part.colour}{" lab-hatched" if part.hatched else ""}" '
        f'style="width:{100 * max(part.nats, 0.0) / max(positive, 1e-9):.2f}%"></i>'
        for part in parts
    )
    said = " + ".join(f"{part.name} {number(part.nats, 2)}" for part in parts)
    label = f"−ELBO {number(total, 2)} = {said} nats"
    return (
        f'<div><div class="lab-stack" role="img" aria-label="{label}">{segments}</div>'
        f'<div class="lab-note">{label}</div></div>'
    )


_STYLE = """<style>
.lab-reading { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 1rem; margin: .5rem 0; }
.lab-part-faint { background: light-dark(#C3C9D3, #5B6472); }
.lab-part-rec { background: var(--lab-reconstruction); } .lab-part-kl { background: var(--lab-kl); }
.lab-part-evidence { background: light-dark(#5B6472, #9AA4B5); }
.lab-part-gap { background: light-dark(#CC79A7, #E3A3C8); }
.lab-hatched { background-image: repeating-linear-gradient(45deg, #0000 0 6px, light-dark(#fff8, #0008) 6px 9px); }
@media (max-width: 640px) { .lab-reading { grid-template-columns: 1fr; gap: .2rem; } }
</style>"""
