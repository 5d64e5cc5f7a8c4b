import math

import pytest

from vaemodels.early_stopping import Until, from_texts
from vaemodels.errors import UsageError


def history(*losses: float) -> list[dict[str, dict[str, float]]]:
    return [{"held_out": {"reconstruction": loss - 2, "kl_z": 2.0}} for loss in losses]


@pytest.mark.parametrize(
    ("until", "seconds", "losses", "ends"),
    [
        (Until(), 1e9, [3, 4, 5, 6], False),
        (Until(seconds=5), 4.9, [], False),
        (Until(seconds=5), 5.0, [], True),
        (Until(patience=2), 0, [], False),
        (Until(patience=2), 0, [5, 4, 4.5], False),
        (Until(patience=2), 0, [5, 4, 4.5, 4.1], True),
        (Until(patience=2), 0, [5, 4, 4.5, 3.9], False),
        (Until(patience=2), 0, [5, 4, 4, 4], True),  # a tie is no gain
    ],
)
def test_a_run_ends_by_time_or_when_nothing_is_gained(until, seconds, losses, ends):
    assert until.reached(seconds, history(*losses)) is ends


def test_fields_say_limits_and_an_empty_one_none():
    assert from_texts("", " ") == Until(math.inf, 0)
    assert from_texts("1,000", "3") == Until(1000, 3)
    for wrong in (("0", ""), ("-1", ""), ("soon", ""), ("nan", ""), ("", "0"), ("", "1.5"), ("", "-2")):
        with pytest.raises(UsageError, match=r"\.$"):
            from_texts(*wrong)
