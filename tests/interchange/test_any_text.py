"""Whatever a text has in it, each export is well formed and has the same words."""

import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.interchange.blocks import Lines, publish
from studio.interchange.documents import read_document
from studio.interchange.docx import to_docx
from studio.interchange.epub import to_epub
from studio.interchange.html_page import to_html
from studio.interchange.markdown import to_markdown
from studio.interchange.odt import to_odt
from studio.interchange.publication import BREAK, Kind, Publication
from tests.interchange import test_docx, test_epub, test_odt
from tests.interchange.samples import MADE
from tests.interchange.test_html_page import Page

LETTERS = st.sampled_from("ab *_#\\\n\t<>&\"'\x1b\ufffe\u2028🐟\u00a0\r-1.“]") | st.characters(
    exclude_categories=["Cs"], exclude_characters="\0"
)
TEXTS = st.text(LETTERS, max_size=60)
NEVER = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\ufdd0-\ufdef\ufffe\uffff]")


@st.composite
def publications(draw: st.DrawFn) -> Publication:
    text = draw(TEXTS)
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    lines: Lines = draw(st.sampled_from(("paragraphs", "breaks", "joined")))
    return publish(
        text,
        title=draw(TEXTS),
        author="",
        lines=lines,
        made=MADE,
        generated=tuple(zip(places[::2], places[1::2], strict=False)),
        statement=draw(TEXTS),
    )


def shown(text: str) -> str:
    return NEVER.sub("\ufffd", text).replace("\r", " ")


def words(publication: Publication) -> list[str]:
    """The text of each block, between title and statement where there are such."""
    blocks = [BREAK if it.kind is Kind.BREAK else it.text for it in publication.blocks]
    return [
        shown(text)
        for text in (publication.title, *blocks, publication.statement)
        if text or text not in (publication.title, publication.statement)
    ]


@given(publications())
def test_word(publication: Publication) -> None:
    assert [text for _, text in test_docx.paragraphs(to_docx(publication))] == words(publication)


@given(publications())
def test_open_document(publication: Publication) -> None:
    assert [text for _, text in test_odt.paragraphs(to_odt(publication))] == words(publication)


@given(publications())
def test_e_book(publication: Publication) -> None:
    book = test_epub.Book(to_epub(publication))
    found = [
        "".join(element.itertext())
        for page in book.pages[1:]
        for element in page.iter()
        if element.tag.removeprefix(test_epub.X) in {"p", "hr", *(f"h{n}" for n in range(1, 7))}
    ]
    blocks = [it.text.replace("\n", "") for it in publication.blocks]
    expected = [shown(text) for text in blocks]
    if publication.statement:
        expected.append(shown(publication.statement))
    assert found == (expected or [""])


@given(publications())
def test_page(publication: Publication) -> None:
    data = to_html(publication)
    page = Page(data)
    assert page.all("main")[0][1].replace("\n", "").replace(" ", "") == shown(
        "".join(it.text for it in publication.blocks)
    ).replace("\n", "").replace(" ", "")
    body = data[data.index(b"<body>") : data.index(b"</body>") + 7]
    ElementTree.fromstring(body)  # it is XML too, whose readers forgive nothing


@given(publications())
def test_markdown(publication: Publication) -> None:
    assert isinstance(to_markdown(publication).decode(), str)


@settings(max_examples=60)
@given(publications())
def test_both_documents_are_read_as_the_same_text(
    tmp_path_factory: pytest.TempPathFactory, publication: Publication
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.docx"
    found = []
    for data in (to_docx(publication), to_odt(publication)):
        path.write_bytes(data)
        found.append(read_document(Path(path)))
    assert found[0] == found[1]
    with zipfile.ZipFile(io.BytesIO(to_odt(publication))) as archive:
        assert archive.testzip() is None
