"""L_k of one image, filling in draw by draw in the browser, from log-weights that Python makes a few at a time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st
import torch

from ui.address import url_state
from ui.address.component_value import component_value
from ui.address.fragments import is_fragment_run
from ui.components.arrow import column
from ui.components.assets import component
from ui.images.choice import Chosen
from ui.images.decoded import Decoding
from vaemodels.analysis import bounds
from vaemodels.analysis.bounds import MOST_DRAWS, Draws
from vaemodels.analysis.quadrature import ExactPosterior, exact_posterior
from vaemodels.checkpoints import Checkpoint
from vaemodels.models import Model

KEY = "iwae-tightening"
SHOWN = "draws"  # in the address: how many draws are shown, all where it is absent
FIRST = 500  # draws before anything is shown: some 30 ms
NEXT = 1_500  # with every further request of the browser
LARGEST = 8  # draws that are shown decoded
_MADE, _MEMORY, _AGAIN = "_iwae_draws", "_iwae_turn", "_iwae_again"
_tightening = component("vaelab_tightening", Path(__file__).with_name("tightening"))


class Subject(NamedTuple):
    """What is drawn of: a model by name, an image, the seed of the draws, and how decoded images are shown."""

    name: str
    checkpoint: Checkpoint
    chosen: Chosen
    seed: int
    show: Decoding

    @property
    def image(self) -> str:
        """The image under this model."""
        return f"{self.name}/{self.chosen.key}"


@dataclass
class Made:
    """The draws of a subject so far, with the generator that makes the next, and the posterior where it is known."""

    subject: Subject
    stamp: str
    generator: torch.Generator
    draws: Draws
    exact: ExactPosterior | None = None

    @property
    def known(self) -> int:
        """How many draws there are."""
        return len(self.draws.log_w)


def tightening(subject: Subject, slot: str) -> None:
    """The component; draws more and runs again as long as the browser asks for it."""
    shown = component_value(KEY, _MEMORY, None, _shown_in_address)
    made = _made(subject)
    wanted = (st.session_state.get(KEY) or {}).get("wanted")
    if wanted and wanted["stamp"] == made.stamp and wanted["known"] == _progress(made):
        _go_on(made)
    places = bounds.leaders(made.draws.log_w, LARGEST)
    z = made.draws.z[places]
    data: dict[str, Any] = {
        "slot": slot,
        "stamp": made.stamp,
        "image": subject.image,
        "turn": shown.turn,
        "shown": shown.value,
        "most": MOST_DRAWS,
        "known": _progress(made),
        "complete": _is_complete(made),
        "exact": None if made.exact is None else made.exact.log_p,
        "show": subject.show,
        "seed": subject.seed,
        "dim": z.shape[1],
        "log_w": column(made.draws.log_w.float().cpu().numpy()),
        "at": column(places.int().numpy()),
        "z": column(z.float().cpu().numpy().ravel()),
    }
    result = _tightening(
        key=KEY,
        data=data,
        on_wanted_change=lambda: None,
        on_shown_change=lambda: None,
        on_again_change=_again,
    )
    before = shown.value
    if shown.is_told_by(result.shown):
        shown.value = result.shown["n"]
    url_state.put(SHOWN, None if shown.value is None else str(shown.value))
    if shown.value != before and is_fragment_run():
        url_state.write()
    if st.session_state.pop(_AGAIN, False):
        st.rerun()  # the seed stands at the head of the page


def all_draws(subject: Subject) -> tuple[Draws, ExactPosterior | None]:
    """All draws of the subject, whether or not the browser has asked for them yet, and the exact posterior."""
    made = _made(subject)
    while not _is_complete(made):
        _go_on(made)
    return made.draws, made.exact


def has_exact_evidence(model: Model) -> bool:
    """Whether log p(x) can be summed on a grid."""
    return model.has_likelihood and not model.n_labels and dict(model.latent_dims) == {"z": 2}


def _made(subject: Subject) -> Made:
    """The session's draws of the subject; those of the last one only are kept."""
    made: Made | None = st.session_state.get(_MADE)
    if made is None or _is_of_another(made.subject, subject):
        model = subject.checkpoint.model
        generator = torch.Generator(model.device).manual_seed(subject.seed)
        number = int(made.stamp) + 1 if made else 0
        first = bounds.draw(model, subject.chosen.x, FIRST, generator)
        made = st.session_state[_MADE] = Made(subject, str(number), generator, first)
    return made


def _is_of_another(one: Subject, other: Subject) -> bool:
    """Whether two subjects have other draws: the weights, too, may have changed under one name."""
    return one.checkpoint is not other.checkpoint or (one.image, one.seed) != (other.image, other.seed)


def _go_on(made: Made) -> None:
    """The next draws; once all are there, the exact posterior, where there is one."""
    model, x = made.subject.checkpoint.model, made.subject.chosen.x
    if made.known < MOST_DRAWS:
        more = bounds.draw(model, x, min(NEXT, MOST_DRAWS - made.known), made.generator)
        made.draws = bounds.joined([made.draws, more])
    elif made.exact is None and has_exact_evidence(model):
        made.exact = exact_posterior(model, x)


def _is_complete(made: Made) -> bool:
    has_exact = has_exact_evidence(made.subject.checkpoint.model)
    return made.known == MOST_DRAWS and (made.exact is not None or not has_exact)


def _progress(made: Made) -> int:
    """Rises with all that is found, so that a request which is answered is not answered again."""
    return made.known + (made.exact is not None)


def _again() -> None:
    """Another seed: the next."""
    from ui import frame  # which knows all pages, and so what this is a part of

    st.session_state["seed"] = (int(st.session_state.get("seed", 0)) + 1) % (frame.MAX_SEED + 1)
    st.session_state[_AGAIN] = True


def _shown_in_address() -> int | None:
    text = url_state.get(SHOWN)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 6 or not 1 <= int(text) <= MOST_DRAWS:
        url_state.note(f"The link's draws are not a number from 1 to {MOST_DRAWS:,}; all are shown.")
        return None
    return int(text) if int(text) < MOST_DRAWS else None
