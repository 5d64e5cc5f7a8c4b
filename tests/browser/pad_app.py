"""A page of nothing but the drawing pad, for test_pad.py; its slot is in the address."""

import base64

import streamlit as st

from ui.images.pad import draw_pad
from vaemodels.data.framing import frame

CAPTION, BEFORE = "What the model sees.", "Nothing yet."
bitmap = draw_pad(key="pad", slot=st.query_params.get("slot", ""), caption=CAPTION, before=BEFORE)
ink = frame(bitmap).tobytes() if bitmap is not None and bitmap.any() else b""
st.text(f"framed {base64.b64encode(ink).decode()}")
