"""The page as Python's own reader of HTML has it."""

from html.parser import HTMLParser
from pathlib import Path

from studio.interchange.blocks import publish
from studio.interchange.html_page import to_html
from studio.interchange.publication import GENERATED_INK, QUIET_INK
from studio.ui.theme.colors import DARK, LIGHT
from tests.interchange.samples import MADE, PARAGRAPHS, STATEMENT, story

_EMPTY = {"meta", "hr", "br", "link"}


class Page(HTMLParser):
    """Elements with their classes and texts; fails where they are not closed in order."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, str, str]] = []
        self.texts: list[list[str]] = []
        self.marked = ""
        self.metas: list[dict[str, str | None]] = []
        self.feed(data.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("script", "img", "iframe")
        assert not {"src", "href"} & given.keys()
        if tag == "meta":
            self.metas.append(given)
        if tag in _EMPTY:
            if tag == "hr":
                self.found.append(("hr", "", ""))
            return
        self.open.append(tag if tag != "span" else f"span.{given['class']}")
        self.texts.append([])
        self.found.append((tag, given.get("class") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in _EMPTY:
            return
        assert self.open.pop().split(".")[0] == tag
        text = "".join(self.texts.pop())
        if self.texts:
            self.texts[-1].append(text)
        place = max(at for at, it in enumerate(self.found) if it[0] == tag and not it[2])
        self.found[place] = (*self.found[place][:2], text or " ")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1].append(data)
        if "span.generated" in self.open:
            self.marked += data

    def all(self, tag: str) -> list[tuple[str, str]]:
        return [(kind, text) for found, kind, text in self.found if found == tag]


def test_another_reader_finds_the_same() -> None:
    page = Page(to_html(story()))
    assert page.all("title") == [("", "Sea & <Land>")]
    assert page.all("h1") == [("title", "Sea & <Land>"), ("", "The Sea & <other> stories")]
    assert page.all("h2") == [("", "A chapter within")]
    assert page.all("p") == [
        ("author", "A. “Writer” & Co"),
        ("first", PARAGRAPHS[0]),
        ("", PARAGRAPHS[1]),
        ("first", PARAGRAPHS[2]),
        ("first", PARAGRAPHS[3]),
        ("first gap", PARAGRAPHS[4]),
        ("", STATEMENT),
    ]
    assert page.all("hr") == [("", "")]
    assert [text for _, text in page.all("em")] == ["italic", "both", "within"]
    assert [text for _, text in page.all("strong")] == ["bold", "both"]
    assert page.marked == "then bold, then both"
    assert {"name": "author", "content": "A. “Writer” & Co"} in page.metas


def test_nothing_is_marked_nor_named_where_that_is_not_asked() -> None:
    page = Page(to_html(story(title="", author="", statement="", generated=())))
    assert page.marked == ""
    assert page.all("header") == page.all("footer") == []
    assert page.all("title") == [("", "Manuscript")]


def test_verse_keeps_its_lines() -> None:
    data = to_html(story(lines="breaks"))
    assert Page(data).all("p")[1] == ("first", PARAGRAPHS[0])
    made = publish("One\n  *Two\nThree*", title="", author="", lines="breaks", made=MADE)
    assert (
        '<p class="first">One<br />\u00a0\u00a0<em>Two<br />Three</em></p>'
        in to_html(made).decode()
    )


def test_what_no_page_can_have_is_replaced() -> None:
    made = publish("a\x1bb\ufffec", title="\x00", author="", lines="paragraphs", made=MADE)
    assert "a\ufffdb\ufffdc" in to_html(made).decode()


def test_what_goes_from_right_to_left_says_so() -> None:
    text = "# שלום\n\n“עולם” ok\n\nAnd שלום"
    made = publish(text, title="", author="", lines="paragraphs", made=MADE)
    page = to_html(made).decode()
    assert '<h1 dir="rtl">שלום</h1>\n<p class="first" dir="rtl">“עולם” ok</p>' in page
    assert "<p>And שלום</p>" in page


def test_its_inks_are_the_windows() -> None:
    assert (LIGHT.generated, LIGHT.muted) == (f"#{GENERATED_INK}", f"#{QUIET_INK}")
    style = to_html(story()).decode()
    for color in (LIGHT.card, LIGHT.text, DARK.card, DARK.text, DARK.muted, DARK.generated):
        assert color in style


def test_the_page_is_written_to_be_read(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(to_html(story()))
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>\n")
