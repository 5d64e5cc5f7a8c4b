"""VAE Lab: the entry point, run with `streamlit run app.py`."""

import streamlit as st

from ui import theme_change
from ui.navigation import current_page, enter
from ui.startup import after_page, before_first_page

st.set_page_config(page_title="VAE Lab", page_icon="🔬", layout="wide")
before_first_page()
enter()
theme_change.follow()
current_page().run()
after_page()
