"""HTML with the terms of an image's ELBO that keeps up with what a visitor draws."""

from pathlib import Path

from ui.components.assets import component

_live_terms = component(
    "vaelab_live_terms",
    Path(__file__).with_name("live_terms"),
    isolate_styles=False,  # it looks like what st.html shows
)


def live_terms(html: str, *slots: str, key: str) -> None:
    """Show `html`, as `changing_html` does; while a digit is drawn its terms are those that the browser works out.

    What the browser brings up to date is marked: `data-term` on numbers (nelbo, reconstruction, kl or kl_<latent>),
    `data-bar` on the segments of a bar (by the same names), `data-dimension` and `data-value` (<latent>:<dimension>) on
    the bars and numbers of the parts of a KL, whose scale ends at `data-top`, `data-picture` on figures (image, mean,
    per-pixel; white from `data-white` nats), `data-label` on the label that the terms are under, `data-drawn` (the
    words for a drawing) on what the image is called. Of several `slots` each brings that up to date which is within the
    `data-slot` of its name.
    """
    _live_terms(key=key, data={"html": html, "slots": list(slots)})
