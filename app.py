"""VAE Lab: the entry point, run with `streamlit run app.py`."""

import streamlit as st

from ui.navigation import current_page, enter
from ui.startup import warm_up

st.set_page_config(page_title="VAE Lab", page_icon="🔬", layout="wide")
warm_up()
enter()
current_page().run()
