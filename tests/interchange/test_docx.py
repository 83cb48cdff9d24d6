"""The Word document as readers of archives and XML have it, and as python-docx does."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from studio.interchange.blocks import publish
from studio.interchange.docx import to_docx
from tests.interchange.samples import MADE, PARAGRAPHS, STATEMENT, story

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
PART = "{http://schemas.openxmlformats.org/package/2006/content-types}Override"


def parts(data: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}


def text_of(element: ElementTree.Element) -> str:
    signs = {f"{W}tab": "\t", f"{W}br": "\n"}
    return "".join(
        (it.text or "") if it.tag == f"{W}t" else signs.get(it.tag, "") for it in element.iter()
    )


def paragraphs(data: bytes) -> list[tuple[str, str]]:
    found = []
    for paragraph in parts(data)["word/document.xml"].iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        found.append(("" if style is None else style.get(f"{W}val", ""), text_of(paragraph)))
    return found


def looks(data: bytes) -> Iterator[tuple[str, set[str]]]:
    for run in parts(data)["word/document.xml"].iter(f"{W}r"):
        look = run.find(f"{W}rPr")
        names = {it.tag.removeprefix(W) for it in look} if look is not None else set()
        yield text_of(run), names


def test_its_paragraphs_and_their_styles() -> None:
    assert paragraphs(to_docx(story())) == [
        ("Title", "Sea & <Land>"),
        ("Author", "A. “Writer” & Co"),
        ("Heading1", "The Sea & <other> stories"),
        ("FirstParagraph", PARAGRAPHS[0]),
        ("", PARAGRAPHS[1]),
        ("SceneBreak", "* * *"),
        ("FirstParagraph", PARAGRAPHS[2]),
        ("Heading2", "A chapter within"),
        ("FirstParagraph", PARAGRAPHS[3]),
        ("AfterGap", PARAGRAPHS[4]),
        ("Statement", STATEMENT),
    ]


def test_what_words_look_like() -> None:
    found = {text: names - {"bCs", "iCs"} for text, names in looks(to_docx(story()))}
    assert found["italic"] == {"i"}
    assert found["bold"] == {"rStyle", "b"}
    assert found["both"] == {"rStyle", "b", "i"}
    assert found["then "] == {"rStyle"}
    assert found["First "] == set()
    plain = {text: names - {"bCs", "iCs"} for text, names in looks(to_docx(story(generated=())))}
    assert plain["bold"] == {"b"}


def test_every_part_is_where_others_say_it_is() -> None:
    found = parts(to_docx(story()))
    named = {it.get("PartName", "").lstrip("/") for it in found["[Content_Types].xml"].iter(PART)}
    assert named == {name for name in found if not name.endswith((".rels", "_Types].xml"))}
    for links in ("_rels/.rels", "word/_rels/document.xml.rels"):
        folder = posixpath.dirname(posixpath.dirname(links))
        targets = [it.get("Target", "") for it in found[links].iter(LINK)]
        assert targets
        assert all(posixpath.join(folder, target) in found for target in targets)


def test_every_style_that_is_used_is_there() -> None:
    found = parts(to_docx(story()))
    there = {it.get(f"{W}styleId") for it in found["word/styles.xml"].iter(f"{W}style")}
    used = {
        it.get(f"{W}val")
        for kind in ("pStyle", "rStyle")
        for it in found["word/document.xml"].iter(f"{W}{kind}")
    }
    based = {it.get(f"{W}val") for it in found["word/styles.xml"].iter(f"{W}basedOn")}
    assert used | based <= there


@pytest.mark.parametrize(
    ("paper", "size"), [("A4", ("11906", "16838")), ("Letter", ("12240", "15840"))]
)
def test_its_paper(paper: str, size: tuple[str, str]) -> None:
    page = parts(to_docx(story(paper=paper)))["word/document.xml"].find(f".//{W}pgSz")
    assert page is not None
    assert (page.get(f"{W}w"), page.get(f"{W}h")) == size


def test_it_says_who_made_it_and_what_it_is() -> None:
    core = parts(to_docx(story()))["docProps/core.xml"]
    texts = [it.text for it in core]
    assert texts == ["Sea & <Land>", "A. “Writer” & Co", "2026-11-29T10:30:00Z"]


def test_lines_within_a_paragraph() -> None:
    made = publish("One\n  Two", title="", author="", lines="breaks", made=MADE)
    assert paragraphs(to_docx(made)) == [("FirstParagraph", "One\n\u00a0\u00a0Two")]


def test_what_goes_from_right_to_left_says_so() -> None:
    text = "# שלום\n\nעולם *שלום* ok\n\nAnd *שלום*"
    made = publish(text, title="", author="", lines="paragraphs", made=MADE)
    found = list(parts(to_docx(made))["word/document.xml"].iter(f"{W}p"))
    assert [it.find(f"{W}pPr/{W}bidi") is not None for it in found] == [True, True, False]
    assert [it.find(f"{W}rPr/{W}rtl") is not None for it in found[2].iter(f"{W}r")] == [False, True]


def test_the_same_text_makes_the_same_bytes() -> None:
    assert to_docx(story()) == to_docx(story())


def test_another_librarys_reader_finds_the_same() -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document(io.BytesIO(to_docx(story())))
    assert [(it.style.name, it.text) for it in document.paragraphs][:5] == [
        ("Title", "Sea & <Land>"),
        ("Author", "A. “Writer” & Co"),
        ("Heading 1", "The Sea & <other> stories"),
        ("First Paragraph", PARAGRAPHS[0]),
        ("Normal", PARAGRAPHS[1]),
    ]
    runs = document.paragraphs[3].runs
    assert [run.text for run in runs if run.bold] == ["bold", "both"]
    assert [run.text for run in runs if run.italic] == ["italic", "both"]
    assert document.core_properties.author == "A. “Writer” & Co"
    assert document.sections[0].footer.paragraphs[0].text == "1"
