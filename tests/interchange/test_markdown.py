"""Markdown as an independent reader has it."""

import pytest
from markdown_it import MarkdownIt

from studio.interchange.blocks import publish
from studio.interchange.markdown import to_markdown
from tests.interchange.samples import MADE, STATEMENT, story


def rendered(data: bytes) -> str:
    return str(MarkdownIt("commonmark").render(data.decode()))


def test_another_reader_finds_the_same() -> None:
    assert rendered(to_markdown(story())) == (
        "<h1>Sea &amp; &lt;Land&gt;</h1>\n"
        "<p>A. “Writer” &amp; Co</p>\n"
        # The manuscript is Markdown already, and here it means what it means there.
        "<h1>The Sea &amp; <other> stories</h1>\n"
        "<p>First <em>italic</em>, then <strong>bold</strong>, then "
        "<em><strong>both</strong></em>; "
        "*not* snake_case_name.</p>\n"
        "<p>Second paragraph – “quoted” &amp; 5 &lt; 6 &gt; 4, 🐟 and שלום.</p>\n"
        "<hr />\n"
        "<p>After the break.</p>\n"
        "<h2>A chapter <em>within</em></h2>\n"
        "<p>Tab\there,  two spaces.</p>\n"
        "<p>Behind a gap.</p>\n"
        "<hr />\n"
        f"<p>{STATEMENT.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</p>\n"
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("paragraphs", "<p>One</p>\n<p>Two</p>\n<p>Three</p>\n"),
        ("breaks", "<p>One<br />\n\u00a0\u00a0Two</p>\n<p>Three</p>\n"),
        ("joined", "<p>One\nTwo</p>\n<p>Three</p>\n"),
    ],
)
def test_line_ends_are_what_was_chosen(lines: str, expected: str) -> None:
    text = "One\n  Two\n\nThree"
    data = to_markdown(publish(text, title="", author="", lines=lines, made=MADE))  # type: ignore[arg-type]
    assert rendered(data) == expected


def test_a_first_line_that_is_indented_is_no_code() -> None:
    made = publish("    Once.\n\tTwice.", title="", author="", lines="paragraphs", made=MADE)
    assert rendered(to_markdown(made)) == "<p>Once.</p>\n<p>Twice.</p>\n"


def test_without_title_author_and_statement_it_is_the_text() -> None:
    made = publish("One.\n\nTwo.", title="", author="", lines="paragraphs", made=MADE)
    assert to_markdown(made) == b"One.\n\nTwo.\n"
