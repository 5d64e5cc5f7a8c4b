"""Digits on paper as cameras see it: those that a model reads when clean, it reads under shadows, lines and margins."""

import numpy as np
import pytest

from tests.photographs import KINDS, READERS, shares_read

EACH = 15  # of every kind: 210 pictures


@pytest.mark.parametrize("model", READERS)
def test_what_is_read_when_clean_is_read_in_photographs(model: str) -> None:
    shares = shares_read(model, EACH)
    print(shares)
    assert EACH * len(shares) >= 200
    assert shares.keys() == KINDS.keys()
    assert min(shares.values()) >= 0.8, shares
    assert np.mean(list(shares.values())) >= 0.9
