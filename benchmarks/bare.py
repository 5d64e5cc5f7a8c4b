"""A Streamlit page of one slider and one image: the least that a control can cost."""

import numpy as np
import streamlit as st

value = st.slider("Value", 0, 255, 128)
st.image(np.full((28, 28), value, np.uint8), width=280, output_format="PNG")
