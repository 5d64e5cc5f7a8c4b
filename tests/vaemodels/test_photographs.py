"""Digits on paper as cameras see it: those that a model reads when clean, it reads under shadows, lines and margins."""

from collections import defaultdict

from tests.photographs import photographs, read_file, reader

EACH = 15  # of every kind: 210 pictures


def test_what_is_read_when_clean_is_read_in_photographs() -> None:
    model = reader()
    right = defaultdict(list)
    for kind, label, content in photographs(model, EACH):
        right[kind].append(read_file(content, model) == label)
    shares = {kind: sum(each) / EACH for kind, each in right.items()}
    print(shares)
    assert EACH * len(shares) >= 200
    assert min(shares.values()) >= 0.8, shares
    assert sum(shares.values()) / len(shares) >= 0.9
