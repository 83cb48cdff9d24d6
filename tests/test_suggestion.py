import pytest

from studio.suggestion import did_you_mean


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("min_q", " Did you mean “min_p”?"),
        ("MIN-P", " Did you mean “min_p”?"),
        ("penalty", " Did you mean “penalties”?"),
        ("heat", ""),
        ("", ""),
    ],
)
def test_the_nearest_word_is_asked_for(word: str, meant: str) -> None:
    assert did_you_mean(word, ("penalties", "top_k", "min_p")) == meant
