"""The OpenDocument text as readers of archives and XML have it."""

import io
import zipfile
from xml.etree import ElementTree

import pytest

from studio.interchange.blocks import publish
from studio.interchange.odt import to_odt
from tests.interchange.samples import MADE, PARAGRAPHS, STATEMENT, story

NAMES = "urn:oasis:names:tc:opendocument:xmlns"
TEXT, STYLE, FO = (
    f"{{{NAMES}:text:1.0}}",
    f"{{{NAMES}:style:1.0}}",
    f"{{{NAMES}:xsl-fo-compatible:1.0}}",
)
OFFICE = f"{{{NAMES}:office:1.0}}"
MANIFEST = f"{{{NAMES}:manifest:1.0}}"


def parts(data: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert data[38:].startswith(b"application/vnd.oasis.opendocument.text")
        return {
            name: ElementTree.fromstring(archive.read(name))
            for name in archive.namelist()
            if name != "mimetype"
        }


def text_of(element: ElementTree.Element) -> str:
    """As a reader of the format puts it together: spaces of the file are one space."""
    own = {
        f"{TEXT}tab": "\t",
        f"{TEXT}line-break": "\n",
        f"{TEXT}s": " " * int(element.get(f"{TEXT}c", "1")),
    }.get(element.tag, "")
    inside = " ".join((element.text or "").split(" "))
    assert "  " not in inside, "spaces that would be lost"
    tail = element.tail or ""
    assert "  " not in tail
    assert "\n" not in inside + tail
    return own + inside + "".join(text_of(it) + (it.tail or "") for it in element)


def paragraphs(data: bytes) -> list[tuple[str, str]]:
    body = parts(data)["content.xml"].find(f".//{OFFICE}text")
    assert body is not None
    return [(it.get(f"{TEXT}style-name", ""), text_of(it)) for it in body]


def test_its_paragraphs_and_their_styles() -> None:
    assert paragraphs(to_odt(story())) == [
        ("Title", "Sea & <Land>"),
        ("Author", "A. “Writer” & Co"),
        ("Heading_20_1", "The Sea & <other> stories"),
        ("First_20_paragraph", PARAGRAPHS[0]),
        ("Text_20_body", PARAGRAPHS[1]),
        ("Scene_20_break", "* * *"),
        ("First_20_paragraph", PARAGRAPHS[2]),
        ("Heading_20_2", "A chapter within"),
        ("First_20_paragraph", PARAGRAPHS[3]),
        ("After_20_gap", PARAGRAPHS[4]),
        ("Statement", STATEMENT),
    ]


def test_headings_have_their_levels() -> None:
    found = parts(to_odt(story()))["content.xml"].iter(f"{TEXT}h")
    assert [it.get(f"{TEXT}outline-level") for it in found] == ["1", "2"]


def test_what_words_look_like() -> None:
    found = {
        text_of(it): it.get(f"{TEXT}style-name")
        for it in parts(to_odt(story()))["content.xml"].iter(f"{TEXT}span")
    }
    assert found["italic"] == "I"
    assert found["bold"] == "GB"
    assert found["both"] == "GBI"
    assert found["then "] == "Generated"
    plain = parts(to_odt(story(generated=())))["content.xml"]
    assert {it.get(f"{TEXT}style-name") for it in plain.iter(f"{TEXT}span")} == {"I", "B", "BI"}


def test_every_style_that_is_used_is_there() -> None:
    found = parts(to_odt(story()))
    there = {
        it.get(f"{STYLE}name")
        for part in ("content.xml", "styles.xml")
        for it in found[part].iter(f"{STYLE}style")
    }
    key = f"{TEXT}style-name"
    used = {it.get(key) for part in found.values() for it in part.iter() if it.get(key)}
    key = f"{STYLE}parent-style-name"
    based = {it.get(key) for part in found.values() for it in part.iter() if it.get(key)}
    assert used
    assert used | based <= there


def test_every_part_is_in_the_manifest() -> None:
    found = parts(to_odt(story()))
    key = f"{MANIFEST}full-path"
    named = {it.get(key) for it in found["META-INF/manifest.xml"].iter() if it.get(key)}
    assert named == {"/", *found.keys()} - {"META-INF/manifest.xml"}


@pytest.mark.parametrize(("paper", "width"), [("A4", "210.0mm"), ("Letter", "215.9mm")])
def test_its_paper_and_page_numbers(paper: str, width: str) -> None:
    styles = parts(to_odt(story(paper=paper)))["styles.xml"]
    page = styles.find(f".//{STYLE}page-layout-properties")
    assert page is not None
    assert page.get(f"{FO}page-width") == width
    assert styles.find(f".//{STYLE}footer//{TEXT}page-number") is not None


def test_it_says_who_made_it_and_what_it_is() -> None:
    texts = [it.text for it in parts(to_odt(story()))["meta.xml"].iter() if it.text]
    assert "Sea & <Land>" in texts
    assert texts.count("A. “Writer” & Co") == 2
    assert "2026-11-29T10:30:00Z" in texts


def test_lines_tabs_and_spaces_within_a_paragraph() -> None:
    made = publish("One  two\t \n  Two   three", title="", author="", lines="breaks", made=MADE)
    assert paragraphs(to_odt(made)) == [("First_20_paragraph", "One  two\n\u00a0\u00a0Two   three")]


def test_what_goes_from_right_to_left_says_so() -> None:
    text = "# שלום\n\nעולם\n\nAnd שלום"
    made = publish(text, title="", author="", lines="paragraphs", made=MADE)
    names = [name for name, _ in paragraphs(to_odt(made))]
    assert names == [
        "Heading_20_1_20_from_20_right",
        "First_20_paragraph_20_from_20_right",
        "Text_20_body",
    ]
    found = {it.get(f"{STYLE}name"): it for it in parts(to_odt(made))["content.xml"].iter()}
    for name in names[:2]:
        look = found[name].find(f"{STYLE}paragraph-properties")
        assert look is not None
        assert look.get(f"{STYLE}writing-mode") == "rl-tb"
        assert look.get(f"{FO}text-align") == "right"
        assert found[name].get(f"{STYLE}parent-style-name") == name.removesuffix(
            "_20_from_20_right"
        )


def test_the_same_text_makes_the_same_bytes() -> None:
    assert to_odt(story()) == to_odt(story())
