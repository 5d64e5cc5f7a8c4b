"""Digits on paper as cameras see it: those that a model reads when clean, it reads under shadows, lines and margins."""

import numpy as np
import pytest

from tests.photographs import KINDS, shares_read

EACH = 15  # of every kind: 210 pictures


# Of a kind, ssvae may lose more: clean digits turned by up to 12 degrees, as sheets on a table lie, cost it 9 %.
@pytest.mark.parametrize(("model", "of_a_kind"), [("classifier", 0.8), ("ssvae", 0.7)])
def test_what_is_read_when_clean_is_read_in_photographs(model: str, of_a_kind: float) -> None:
    shares = shares_read(model, EACH)
    print(shares)
    assert EACH * len(shares) >= 200
    assert shares.keys() == KINDS.keys()
    assert min(shares.values()) >= of_a_kind, shares
    assert np.mean(list(shares.values())) >= 0.9
