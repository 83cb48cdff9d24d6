"""Paths as text, and back."""

import os
from pathlib import Path

import pytest

from studio.percent_encoding import percent_decoded, percent_encoded


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (Path("/home/anna/The Sea.txt"), "/home/anna/The Sea.txt"),
        (Path("/home/anna/100 %.txt"), "/home/anna/100 %25.txt"),
        (Path("/home/ä/海.txt"), "/home/%C3%A4/%E6%B5%B7.txt"),
        (Path("/a\nb"), "/a%0Ab"),
        (Path(os.fsdecode(b"/latin-\xe9")), "/latin-%E9"),
    ],
)
def test_any_path_comes_back(path: Path, text: str) -> None:
    assert percent_encoded(path) == text
    assert percent_decoded(text) == path
