"""What was measured beforehand, as the looks show it; a sentence where the files are missing."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import words
from vaemodels import race
from vaemodels.analysis import measure
from vaemodels.errors import LabError


@st.cache_data(max_entries=1, show_spinner=False)
def _bounds() -> dict[str, Any]:
    return measure.load()


@st.cache_data(max_entries=1, show_spinner=False)
def _race() -> dict[str, Any]:
    return race.load()


def bounds() -> dict[str, Any] | None:
    """The measurements of `vaemodels.analysis.measure`; None, and a sentence on the page, where there are none."""
    try:
        return _bounds()
    except LabError as error:
        st.warning(str(error))
        return None


def race_run() -> dict[str, Any] | None:
    """The race of `vaemodels.race`; None, and a sentence on the page, where there is none."""
    try:
        return _race()
    except LabError as error:
        st.warning(str(error))
        return None


def images_of(record: Mapping[str, Any]) -> str:
    """What a file's numbers were measured on."""
    return (
        f"the first {record['images']:,} {record['split']} images of {words.the_dataset(record['dataset'])}, "
        f"{words.binarisation(record['binarization'], record['dataset'])}"
    )
