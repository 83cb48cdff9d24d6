import textwrap

import pytest

from studio.interchange.blocks import guessed_lines, has_line_ends, leading_title, publish
from studio.interchange.publication import Block, Kind, Publication, Run
from tests.interchange.samples import GENERATED, MADE, PARAGRAPHS, STORY, story


def published(text: str, lines: str = "paragraphs", **values: object) -> Publication:
    given: dict[str, object] = {"title": "", "author": "", "lines": lines, "made": MADE}
    return publish(text, **(given | values))  # type: ignore[arg-type]


def blocks(text: str, lines: str = "paragraphs") -> list[tuple[str, str]]:
    return [
        (f"h{block.level}" if block.level else block.kind.value, block.text)
        for block in published(text, lines).blocks
    ]


def test_headings_paragraphs_and_breaks() -> None:
    found = story().blocks
    assert [block.level for block in found] == [1, 0, 0, 0, 0, 2, 0, 0]
    assert found[3].kind is Kind.BREAK
    paragraphs = [block for block in found if block.kind is Kind.PARAGRAPH]
    assert tuple(block.text for block in paragraphs) == PARAGRAPHS
    assert [block.is_first for block in paragraphs] == [True, False, True, True, True]
    assert [block.has_gap for block in paragraphs] == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# One", ("h1", "One")),
        ("###### Six ######", ("h6", "Six")),
        ("   ## Two #", ("h2", "Two")),
        ("## C#", ("h2", "C#")),
        ("# *One*", ("h1", "One")),
        ("####### Seven", ("paragraph", "####### Seven")),
        ("#tag", ("paragraph", "#tag")),
        ("    # far in", ("paragraph", "# far in")),
        ("\\# no heading", ("paragraph", "# no heading")),
        ("***", ("break", "")),
        ("* * *", ("break", "")),
        (" - - - ", ("break", "")),
        ("_____", ("break", "")),
        ("#", ("break", "")),
        ("⁂", ("break", "")),
        ("• • •", ("break", "")),
        ("**", ("paragraph", "**")),
        ("* * -", ("paragraph", "* * -")),
        ("- he said", ("paragraph", "- he said")),
        ("\tindented\r", ("paragraph", "indented")),
    ],
)
def test_what_a_line_is(line: str, expected: tuple[str, str]) -> None:
    assert blocks(line) == [expected]
    assert blocks(f"a\n\n{line}\n\nb", "joined")[1] == expected


def test_lines_that_are_paragraphs() -> None:
    assert blocks("One.\nTwo.\n\nThree.") == [
        ("paragraph", "One."),
        ("paragraph", "Two."),
        ("paragraph", "Three."),
    ]
    one, two, three = published("One.\nTwo.\n\nThree.").blocks
    assert (one.has_gap, two.has_gap, three.has_gap) == (False, False, True)


def test_lines_that_stay() -> None:
    text = "Roses are red  \n  and blue\\\nand *white\n\tagain*\n\n  Next.\n"
    first, second = published(text, "breaks").blocks
    assert (
        first.text
        == "Roses are red\n\u00a0\u00a0and blue\nand white\n\u00a0\u00a0\u00a0\u00a0again"
    )
    assert second.text == "\u00a0\u00a0Next."
    assert first.is_first
    assert second.has_gap
    assert first.runs[1] == Run("white\n\u00a0\u00a0\u00a0\u00a0again", is_italic=True)


def test_lines_that_are_joined() -> None:
    text = "It was a\n  dark night,  \nand *it\nrained*.\\\nSo.\r\n\r\n# One\nTwo\n"
    assert blocks(text, "joined") == [
        ("paragraph", "It was a dark night,\nand it rained.\nSo."),
        ("h1", "One"),
        ("paragraph", "Two"),
    ]


def test_the_models_words_are_known_to_the_character() -> None:
    found = story().blocks[1]
    marked = "".join(run.text for run in found.runs if run.is_generated)
    assert marked == "then bold, then both"
    assert [(run.text, run.is_bold) for run in found.runs if run.is_generated][:2] == [
        ("then ", False),
        ("bold", True),
    ]
    assert not any(run.is_generated for block in story(generated=()).blocks for run in block.runs)
    assert GENERATED[0] < GENERATED[1]


@pytest.mark.parametrize("lines", ["paragraphs", "breaks", "joined"])
def test_every_character_is_its_writers(lines: str) -> None:
    generated = tuple((start, start + 3) for start in range(1, len(STORY) - 3, 7))
    both = published(STORY, lines, generated=generated)
    one = published(STORY, lines)
    assert [block.text for block in both.blocks] == [block.text for block in one.blocks]
    expected = [at for start, end in generated for at in range(start, end)]
    letters = {at for at in expected if STORY[at].isalpha()}
    marked = [run.text for block in both.blocks for run in block.runs if run.is_generated]
    assert sum(letter.isalpha() for letter in "".join(marked)) == len(letters)


def test_a_heading_that_repeats_the_title_is_left_out() -> None:
    title = leading_title("\n\n# The *Sea* #\n\nText")
    assert title == "The Sea"
    found = published("# The *Sea* #\n\nText", title="The SEA")
    assert [block.text for block in found.blocks] == ["Text"]
    assert found.blocks[0].is_first
    assert len(published("# The Sea\n\nText", title="The Land").blocks) == 2
    assert leading_title("## Second") == leading_title("Text\n# One") == leading_title("") == ""


PROSE = (
    "Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in "
    "my purse, and nothing particular to interest me on shore, I thought I would sail about a "
    "little and see the watery part of the world. It is a way I have of driving off the spleen, "
    "and regulating the circulation."
)
WRAPPED = "\n\n".join([textwrap.fill(PROSE, 66)] * 3) + "\n"
VERSE = """\
The sea is calm tonight.
The tide is full, the moon lies fair
Upon the straits; on the French coast the light

Gleams and is gone; the cliffs of England stand,
Glimmering and vast, out in the tranquil bay.
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "paragraphs"),
        (STORY, "paragraphs"),
        (WRAPPED, "joined"),
        (VERSE, "breaks"),
        (
            f"# One\n{'A long paragraph. ' * 20}\n{'Another one. ' * 20}\nShort.\n\nMore.",
            "paragraphs",
        ),
        ("“Yes.”\n“No.”\n“Yes.”\n“No.”", "paragraphs"),
    ],
)
def test_what_line_ends_mean_is_guessed(text: str, expected: str) -> None:
    assert guessed_lines(text) == expected


def test_whether_line_ends_are_a_question() -> None:
    assert not has_line_ends(STORY)
    assert not has_line_ends("# One\nText\n* * *\nMore")
    assert has_line_ends("One\nTwo")


def test_progress_is_reported_and_can_end_it() -> None:
    shares: list[float] = []
    text = "A paragraph.\n\n" * 2000
    publication = published(text, at=shares.append)
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] <= 1
    assert len(shares) > 4

    class Ended(Exception):
        pass

    def end(_share: float) -> None:
        raise Ended

    with pytest.raises(Ended):
        published(text, at=end)
    with pytest.raises(Ended):
        list(publication.each(end))


@pytest.mark.parametrize(
    "line", ["#" * 300_000, "# " + "#" * 300_000, " " * 300_000 + "\\", "* " * 150_000]
)
@pytest.mark.parametrize("lines", ["paragraphs", "breaks", "joined"])
def test_a_hostile_line_takes_no_longer_than_a_long_one(line: str, lines: str) -> None:
    text = f"{line}\n{line}x\n{line}"
    assert isinstance(published(text, lines).blocks[0], Block)
    assert guessed_lines(text)
