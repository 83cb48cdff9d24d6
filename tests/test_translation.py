"""The one function that every shown text passes."""

from collections.abc import Iterator

import pytest

from studio import translation
from studio.translation import mark, tr


@pytest.fixture
def german() -> Iterator[dict[tuple[str, str], tuple[str, str]]]:
    known = {
        ("Open", ""): ("Öffnen", ""),
        ("Open", "as a lane is"): ("Weit", ""),
        ("{a} of {b}", ""): ("von {b} {a}", ""),
        ("%n tokens in {file}", ""): ("In {file} ein Token", "In {file} %n Token"),
        ("{name} is gone", ""): ("{nmae} fehlt", ""),
        ("{name} is here", ""): ("{name ist da", ""),
    }

    def look_up(text: str, comment: str, count: int) -> str:
        return known.get((text, comment), ("", ""))[count not in (-1, 1)]

    translation.use(look_up)
    yield known
    translation.use(None)


def test_english_is_what_the_code_says() -> None:
    assert tr("Open") == "Open"
    assert tr("100 % {of} it") == "100 % {of} it", "braces count where there are values"
    assert tr("“{name}” in {time:.1f} s", name="{x} %n", time=1.25) == "“{x} %n” in 1.2 s"
    assert mark("Open") == "Open"


def test_english_counts() -> None:
    def tokens(count: int) -> str:
        return tr("%n tokens of {of}, %n", "", count, one="%n token of {of}", of="%n")

    assert [tokens(it) for it in (0, 1, 2)] == [
        "0 tokens of %n, 0",
        "1 token of %n",
        "2 tokens of %n, 2",
    ]
    assert tokens(1234) == "1,234 tokens of %n, 1,234"
    assert tr("%n sheep", "", 1) == "1 sheep"


@pytest.mark.usefixtures("german")
def test_a_translation_is_looked_up_at_each_call() -> None:
    assert tr("Open") == "Öffnen"
    assert tr("Open", "as a lane is") == "Weit"
    assert tr("{a} of {b}", a=1, b=2) == "von 2 1"
    assert tr("Closed") == "Closed", "what is not translated stays English"
    text = "%n tokens in {file}"
    assert tr(text, "", 1, one="%n token in {file}", file="x") == "In x ein Token"
    assert tr(text, "", 4096, one="%n token in {file}", file="x") == "In x 4,096 Token"
    translation.use(None)
    assert tr("Open") == "Open"


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("text", ["{name} is gone", "{name} is here"])
def test_a_wrong_translation_hides_no_text(text: str) -> None:
    assert tr(text, name="x") == text.replace("{name}", "x")
