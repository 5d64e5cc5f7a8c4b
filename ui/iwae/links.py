"""What a link sets for looks, also for those that are not on screen."""

import streamlit as st

from ui.address import url_state
from ui.iwae import by_hand, noise, test_set
from vaemodels.errors import UsageError

_READ = "_iwae_link_read"
CHOICES = {test_set.FAMILY: tuple(test_set.FAMILIES), noise.UP_TO: noise.LARGEST, noise.OFF: noise.OFFS}


def forget_unreadable() -> None:
    """A sentence for each value that no look can read; it leaves the address."""
    if not url_state.decides(_READ):
        return
    st.session_state[_READ] = True
    sigma = url_state.get(by_hand.SIGMA)
    if sigma is not None:
        try:
            by_hand.sigma_of(sigma)
        except UsageError as error:
            _forget(by_hand.SIGMA, str(error))
    for name, choices in CHOICES.items():
        if (url_state.get(name) or choices[0]) not in choices:
            _forget(
                name, f"The link's {name} is not one of {', '.join(choices)}; the usual one stands instead."
            )


def _forget(name: str, sentence: str) -> None:
    url_state.note(sentence)
    url_state.put(name, None)
