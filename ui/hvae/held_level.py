"""One image with one of its levels held and the other drawn anew."""

import streamlit as st
import torch

from ui.hvae.facts import plain, two_level
from ui.images.decoded import decoded, montage
from ui.images.noise import normals
from ui.looks.view import View
from vaemodels.analysis import levels

DRAWS = 8
FAR = 2**29


def render(view: View) -> None:
    """The image's z2 under fresh z1; the image's z1, its noise held, under fresh z2."""
    model, x = two_level(view.checkpoint), view.chosen.x.unsqueeze(0)
    at = levels.codes(model, x)
    z1, z2 = at.z1[0], at.z2[0]
    with torch.no_grad():
        p = model.conditional_prior(z2)
        fresh = normals(view.seed + FAR, DRAWS * len(z1)).view(DRAWS, -1).float()
        below = p.mean + p.stddev * fresh
        others = normals(view.seed + 2 * FAR, DRAWS * len(z2)).view(DRAWS, -1).float()
        above = levels.with_other_upper(model, z1, z2, others)
    rows = [
        torch.cat([x, decoded(model, lower, view.show, view.seed)])
        for lower in (z1.expand(DRAWS, -1), below, above)
    ]
    st.html(
        montage(
            torch.cat(rows),
            model.config.image_shape,
            DRAWS + 1,
            f"{view.chosen.caption}, left of each row; then three rows of {DRAWS} images: z1 held and "
            "z2 drawn anew, all "
            "alike; z2 held and z1 drawn anew; z2 drawn anew with the noise of z1 held",
            row_labels=["z1 held, new z2", "z2 held, new z1", "new z2, noise held"],
        )
    )
    st.markdown(
        "- **z1 held, z2 drawn anew**: nothing moves. The image is made from z1 alone.\n"
        "- **z2 held, z1 ~ p(z1|z2)**: all that z2 knows of this image stays, the rest is drawn.\n"
        "- **z2 drawn anew, the noise ε of z1 = m(z2) + s(z2) ε held**: the same ε under other z2."
    )
    st.caption(
        f"Left, {view.chosen.caption}; z1 and z2 are the means of q, z2 = ({plain(z2)}). Seed {view.seed}."
    )
