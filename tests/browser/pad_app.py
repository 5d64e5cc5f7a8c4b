"""A page of nothing but the drawing pad, for test_pad.py; its slot is in the address."""

import base64

import streamlit as st

from ui.images.pad import draw_pad
from vaemodels.data.framing import frame

bitmap = draw_pad(
    key="pad", caption="What the model sees.", before="Nothing yet.", slot=st.query_params.get("slot", "")
)
ink = frame(bitmap).tobytes() if bitmap is not None and bitmap.any() else b""
st.text(f"framed {base64.b64encode(ink).decode()}")
