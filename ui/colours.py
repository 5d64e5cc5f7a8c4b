"""One colour, one meaning, on every page, for light and dark themes; apart for colour-blind eyes too.

The theme in .streamlit/config.toml and the charts in the browser use the same values.
"""

RECONSTRUCTION = "light-dark(#0072B2, #56B4E9)"
KL = "light-dark(#D55E00, #F0894A)"

# As text the light theme's shades are darker, for a contrast of 4.5 to 1.
RECONSTRUCTION_TEXT = "light-dark(#0068A3, #56B4E9)"
KL_TEXT = "light-dark(#B34F00, #F0894A)"
BOUND_TEXT = "light-dark(#007A59, #3CC9A0)"
