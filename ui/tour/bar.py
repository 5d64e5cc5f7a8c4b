"""The bar that tells a step of the tour, at the top of a page, and the way from step to step.

The step is in the address, so that a link opens it; where a visitor left the tour is remembered while they are here.
"""

import streamlit as st

from ui import lead
from ui.address import url_state
from ui.tour.steps import STEPS

PARAMETER = "tour"  # of the address
KEY = "tour"
_REACHED = "tour_reached"


def step_of(page: str) -> int | None:
    """The number of the step, from 1, that the address asks for on `page`; None without one."""
    text = url_state.get(PARAMETER)
    if text is None:
        return None
    number = int(text) if text.isdecimal() and len(text) < 3 else 0
    if not 1 <= number <= len(STEPS) or STEPS[number - 1].page != page:
        url_state.note("The link asks for a step of the tour that is not on this page; Home starts the tour.")
        url_state.put(PARAMETER, None)
        return None
    return number


def bar(number: int) -> None:
    """Step `number`: what to do, what to look for, the ways back, on and out of the tour."""
    st.session_state[_REACHED] = number
    step = STEPS[number - 1]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=KEY):
        title = step.title if step.title.endswith("?") else f"{step.title}."
        st.markdown(f"**{number} of {len(STEPS)} · {title}** {step.do} *Look for:* {step.look_for}")
        with st.container(horizontal=True, gap="xsmall", width="content", key="tour-ways"):
            back = st.button("Back", key="tour_back", disabled=number == 1)
            on = number < len(STEPS) and st.button("Next", key="tour_next", type="primary")
            leave = "Leave" if number < len(STEPS) else "Finish"
            st.button(leave, key="tour_leave", on_click=_leave)
    if back:
        begin(number - 1)
    if on:
        begin(number + 1)


def _leave() -> None:
    url_state.forget(PARAMETER)
    url_state.put(PARAMETER, None)


def begin(number: int) -> None:
    """Open the page of step `number` in its state."""
    step = STEPS[number - 1]
    url_state.forget(PARAMETER)  # pages of other steps stand as the visitor left them, but without their step
    url_state.leave_page()
    query = lead.query({**step.state, PARAMETER: str(number)}, step.at)
    st.switch_page(f"pages/{step.page}.py", query_params=query)


def progress() -> int:
    """The step at which the visitor last was, 0 before the tour."""
    reached: int = st.session_state.get(_REACHED, 0)
    return reached
