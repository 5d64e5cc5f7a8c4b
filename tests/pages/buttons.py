"""A page behind a button for each of its experiments, for apps of that page alone."""

import runpy
from pathlib import Path
from unittest.mock import patch

import streamlit as st

import ui
from ui.navigation import enter
from ui.page import Page
from ui.try_this import set_up


def with_buttons(page: Page) -> None:
    for experiment in page.experiments:
        st.button(experiment.name, on_click=set_up, args=(experiment, page.parameters))
    enter()
    with patch("ui.frame.where_next"):  # no other page is known to an app of one
        runpy.run_path(str(Path(ui.__file__).parents[1] / "pages" / f"{page.slot}.py"))
