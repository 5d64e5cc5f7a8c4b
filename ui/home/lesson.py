"""The lesson of docs/lesson.md, to be read in the app itself."""

from pathlib import Path

import streamlit as st

LESSON = Path(__file__).parents[2] / "docs" / "lesson.md"
LOCAL = "http://localhost:8501"  # where the file's links find an app that runs on the reader's own machine


def offer() -> None:
    """The button that opens the lesson."""
    if st.button("For a class: a lesson of sixty minutes", icon=":material/school:", type="tertiary"):
        _show()


@st.dialog("A lesson of sixty minutes", width="large")
def _show() -> None:
    _, text = LESSON.read_text(encoding="utf-8").split("\n", 1)  # the title is the dialog's
    st.markdown(text.replace(f"{LOCAL}/", "/"))
