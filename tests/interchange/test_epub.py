"""The e-book as readers of archives and XML have it, by the rules of EPUB 3."""

import io
import posixpath
import re
import zipfile
from xml.etree import ElementTree

import pytest

from studio.interchange.blocks import publish
from studio.interchange.epub import to_epub
from studio.interchange.publication import Publication
from tests.interchange.samples import MADE, PARAGRAPHS, STATEMENT, story

OPF, DC = "{http://www.idpf.org/2007/opf}", "{http://purl.org/dc/elements/1.1/}"
X = "{http://www.w3.org/1999/xhtml}"
OPS = "{http://www.idpf.org/2007/ops}"
CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"


class Book:
    """A book that is opened as a reader opens it: from its container on."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            first = archive.infolist()[0]
            assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
            assert first.extra == b""
            self.files = {name: archive.read(name) for name in archive.namelist()}
        assert self.files["mimetype"] == b"application/epub+zip"
        container = ElementTree.fromstring(self.files["META-INF/container.xml"])
        root = container.find(f".//{CONTAINER}rootfile")
        assert root is not None
        path = root.get("full-path", "")
        self.package = ElementTree.fromstring(self.files[path])
        self.folder = posixpath.dirname(path)
        items = list(self.package.iter(f"{OPF}item"))
        self.items = {it.get("id", ""): it for it in items}
        assert len(self.items) == len(items)
        listed = {posixpath.join(self.folder, it.get("href", "")) for it in items}
        assert listed == self.files.keys() - {"mimetype", "META-INF/container.xml", path}
        spine = [it.get("idref", "") for it in self.package.iter(f"{OPF}itemref")]
        self.names = [self.items[key].get("href", "") for key in spine]
        self.pages = [self.page(name) for name in self.names]

    def page(self, name: str) -> ElementTree.Element:
        return ElementTree.fromstring(self.files[posixpath.join(self.folder, name)])

    def meta(self, name: str) -> list[str]:
        return [it.text or "" for it in self.package.iter(f"{DC}{name}")]

    @property
    def contents(self) -> list[tuple[str, str]]:
        (item,) = [it for it in self.items.values() if it.get("properties") == "nav"]
        nav = self.page(item.get("href", "")).find(f".//{X}nav")
        assert nav is not None
        assert nav.get(f"{OPS}type") == "toc"
        return [(it.get("href", ""), "".join(it.itertext())) for it in nav.iter(f"{X}a")]


def texts(page: ElementTree.Element, tag: str) -> list[str]:
    return ["".join(it.itertext()) for it in page.iter(f"{X}{tag}")]


def plain(text: str) -> Publication:
    return publish(text, title="", author="", lines="paragraphs", made=MADE)


def test_its_text_in_order() -> None:
    book = Book(to_epub(story()))
    assert book.meta("title") == ["Sea & <Land>"]
    assert book.meta("creator") == ["A. “Writer” & Co"]
    assert book.meta("language") == ["und"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", book.meta("identifier")[0])
    title, chapter = book.pages
    assert texts(title, "h1") == ["Sea & <Land>"]
    assert texts(title, "p") == ["A. “Writer” & Co"]
    assert texts(chapter, "h1") == ["The Sea & <other> stories"]
    assert texts(chapter, "h2") == ["A chapter within"]
    assert texts(chapter, "p") == [*PARAGRAPHS, STATEMENT]
    assert texts(chapter, "em") == ["italic", "both", "within"]
    assert texts(chapter, "strong") == ["bold", "both"]
    marked = [it for it in chapter.iter(f"{X}span") if it.get("class") == "generated"]
    assert "".join("".join(it.itertext()) for it in marked) == "then bold, then both"
    assert book.contents == [(book.names[1], "The Sea & <other> stories")]


def test_each_chapter_is_a_file_and_in_the_contents() -> None:
    book = Book(to_epub(plain("Preface.\n\n## One *x*\n\nA.\n\n### Inner\n\nB.\n\n## Two\n\nC.")))
    assert len(book.pages) == 4
    assert [texts(page, "h2") for page in book.pages[1:]] == [[], ["One x"], ["Two"]]
    assert book.contents == [(book.names[2], "One x"), (book.names[3], "Two")]


def test_a_text_without_headings_is_one_chapter_called_as_the_book() -> None:
    book = Book(to_epub(plain("Once.\n\nTwice.")))
    assert book.contents == [(book.names[1], "Untitled")]
    assert texts(book.pages[1], "p") == ["Once.", "Twice."]
    assert book.meta("creator") == []


def test_a_long_text_is_in_several_files() -> None:
    text = "\n\n".join(f"Paragraph {number} {'of many words ' * 50}" for number in range(1000))
    book = Book(to_epub(plain(text)))
    assert len(book.pages) > 3
    words = [text for page in book.pages[1:] for text in texts(page, "p")]
    assert [int(text.split()[1]) for text in words] == list(range(1000))
    assert len(book.contents) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a heading"])
def test_next_to_no_text(text: str) -> None:
    book = Book(to_epub(plain(text)))
    assert len(book.contents) == 1
    assert len(book.pages) == 2


def test_the_same_text_is_the_same_book_and_another_one_is_not() -> None:
    data = to_epub(story())
    assert data == to_epub(story())
    assert Book(data).meta("identifier") != Book(to_epub(plain("Other."))).meta("identifier")
