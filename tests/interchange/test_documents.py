"""Documents of other programs: what is read of them, and what hostile ones come to."""

import contextlib
import os
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.interchange.documents import read_document
from studio.interchange.docx import to_docx
from studio.interchange.odt import to_odt
from studio.manuscript import ManuscriptFileError
from tests.interchange.samples import PARAGRAPHS, STATEMENT, story

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMES = "urn:oasis:names:tc:opendocument:xmlns"
PARTS = ("word/document.xml", "content.xml")


def packed(path: Path, **parts: str | bytes) -> Path:
    """A document of these parts; in their names ``_`` is a stroke, and ``__`` a full stop."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", ".").replace("_", "/"), text)
    return path


def docx(path: Path, body: str, styles: str = "", space: str = W, head: str = "") -> Path:
    return packed(
        path,
        word_document__xml=f'{head}<w:document xmlns:w="{space}" xmlns:mc="http://schemas.'
        f'openxmlformats.org/markup-compatibility/2006"><w:body>{body}</w:body></w:document>',
        word_styles__xml=f'<w:styles xmlns:w="{space}">{styles}</w:styles>',
    )


def odt(path: Path, body: str, head: str = "", styles: str = "") -> Path:
    return packed(
        path,
        content__xml=f'{head}<office:document-content xmlns:office="{NAMES}:office:1.0" '
        f'xmlns:text="{NAMES}:text:1.0" xmlns:style="{NAMES}:style:1.0" '
        f'xmlns:draw="{NAMES}:drawing:1.0" xmlns:table="{NAMES}:table:1.0">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:text>{body}</office:text></office:body></office:document-content>",
    )


def p(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


@pytest.mark.parametrize(("make", "suffix"), [(to_docx, "docx"), (to_odt, "odt")])
def test_what_is_exported_is_read_again(make: object, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"story.{suffix}"
    path.write_bytes(make(story()))  # type: ignore[operator]
    _, two, three, four, five = PARAGRAPHS
    one = "First *italic*, then **bold**, then ***both***; \\*not\\* snake_case_name."
    assert read_document(path) == (
        f"# Sea & <Land>\n\nA. “Writer” & Co\n\n# The Sea & <other> stories\n\n{one}\n\n{two}\n\n"
        f"* * *\n\n{three}\n\n## A chapter *within*\n\n{four}\n\n{five}\n\n{STATEMENT}\n"
    )


@pytest.mark.parametrize("space", [W, "http://purl.oclc.org/ooxml/wordprocessingml/main"])
def test_a_word_document(space: str, tmp_path: Path) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="berschrift1"/></w:style>'
        '<w:style w:styleId="Deep"><w:name w:val="Deep"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr>'
        '</w:style><w:style w:styleId="A"><w:name w:val="A"/><w:basedOn w:val="B"/></w:style>'
        '<w:style w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/></w:style>'
        '<w:style w:styleId="T"><w:name w:val="Title"/></w:style>'
        '<w:style w:styleId="Toc1"><w:name w:val="toc 1"/></w:style>'
    )
    body = (
        p("The Sea", "T")
        + p("One&#9;7", "Toc1")
        + p("One", "berschrift1")
        + p("Two", "Mine")
        + p("Three", "Deep")
        + p("Circle", "A")
        + "<w:p/>"
        + "<w:p><w:pPr><w:tabs><w:tab w:val='left' w:pos='720'/></w:tabs></w:pPr>"
        "<w:r><w:t xml:space='preserve'>Some </w:t></w:r>"
        "<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>"
        "<w:hyperlink><w:r><w:t> link</w:t></w:r></w:hyperlink>"
        "<w:r><w:tab/><w:t>tab</w:t><w:br/><w:t>line</w:t><w:br w:type='page'/>"
        "<w:noBreakHyphen/><w:instrText> PAGE </w:instrText></w:r>"
        "<mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>"
        + p("box")
        + "</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:r><w:t>fallback</w:t></w:r>"
        "</mc:Fallback></mc:AlternateContent></w:p>"
        "<w:tbl><w:tr><w:tc>" + p("cell") + "</w:tc></w:tr></w:tbl>"
        "<w:sdt><w:sdtContent>" + p("6 &lt; 7 &amp;amp; 8") + "</w:sdtContent></w:sdt>"
    )
    assert read_document(docx(tmp_path / "a.docx", body, styles, space)) == (
        "# The Sea\n\n# One\n\n# Two\n\n### Three\n\nCircle\n\n\n"
        "Some new link\ttab\nline\u2011\n\ncell\n\n6 < 7 &amp; 8\n"
    )


def test_an_open_document(tmp_path: Path) -> None:
    styles = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    body = (
        "<text:sequence-decls><text:p>no</text:p></text:sequence-decls>"
        "<text:tracked-changes><text:p>old</text:p></text:tracked-changes>"
        '<text:p text:style-name="P1">The Sea</text:p>'
        "<text:table-of-content><text:index-body><text:p>One 7</text:p></text:index-body>"
        "</text:table-of-content>"
        '<text:h text:outline-level="2">Part\n   <text:span>two</text:span></text:h>'
        '<text:h text:outline-level="99">Deep</text:h><text:h text:outline-level="x">One</text:h>'
        '<text:p>Some <text:span> words</text:span>,<text:s text:c="3"/>three'
        "<text:note><text:note-body><text:p>note</text:p></text:note-body></text:note>"
        "<office:annotation><text:p>comment</text:p></office:annotation>"
        "<draw:frame><draw:text-box><text:p>box</text:p></draw:text-box></draw:frame>"
        "<text:tab/>tab<text:line-break/> line</text:p>\n  "
        "<text:list><text:list-item><text:p>item</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>cell</text:p></table:table-cell>"
        "</table:table-row></table:table><text:p>6 &lt; 7</text:p>"
    )
    assert read_document(odt(tmp_path / "a.odt", body, styles=styles)) == (
        "# The Sea\n\n## Part two\n\n###### Deep\n\n# One\n\nSome words,   three\ttab\nline\n\n"
        "item\n\ncell\n\n6 < 7\n"
    )


def test_emphasis_in_a_word_document(tmp_path: Path) -> None:
    styles = (
        '<w:style w:type="character" w:styleId="Betont"><w:name w:val="Emphasis"/><w:rPr><w:i/>'
        '</w:rPr></w:style><w:style w:type="paragraph" w:styleId="Loud"><w:name w:val="Loud"/>'
        "<w:rPr><w:b/></w:rPr></w:style>"
    )

    def r(text: str, look: str) -> str:
        return f"<w:r><w:rPr>{look}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"

    body = (
        "<w:p><w:pPr><w:rPr><w:i/></w:rPr></w:pPr>"
        + r("Not ", "")
        + r("ital", "<w:i/>")
        + r("ic ", "<w:i w:val='true'/>")
        + r("but ", "<w:i w:val='0'/>")
        + r(" both", "<w:b/><w:i/>")
        + r(" and ", '<w:rStyle w:val="Betont"/>')
        + r("x", '<w:rStyle w:val="Betont"/><w:i w:val="false"/>')
        + "</w:p>"
        + p("loud", "Loud")
        + f"<w:p>{r('3 * 4 * 5, a_b', '')}</w:p><w:p>{r('*note', '')}{r('s*', '')}</w:p>"
        + f"<w:p>{r('un', '')}{r('be', '<w:b/>')}{r('lievable!', '<w:i/>')}{r('yes', '')}</w:p>"
        + f"<w:p>{r('# no heading', '')}</w:p>"
    )
    assert read_document(docx(tmp_path / "a.docx", body, styles)) == (
        "Not *italic* but  ***both*** *and* x\n\nloud\n\n3 * 4 * 5, a_b\n\n\\*notes\\*\n\n"
        "unbelievable!yes\n\n\\# no heading\n"
    )


def test_emphasis_in_an_open_document(tmp_path: Path) -> None:
    fo = f'xmlns:fo="{NAMES}:xsl-fo-compatible:1.0"'
    styles = (
        f'<style:style style:name="T1" style:family="text"><style:text-properties {fo} '
        'fo:font-style="italic"/></style:style><style:style style:name="T2" style:family="text" '
        f'style:parent-style-name="T1"><style:text-properties {fo} fo:font-weight="700"/>'
        '</style:style><style:style style:name="T3" style:family="text" style:parent-style-name='
        f'"Emphasis"><style:text-properties {fo} fo:font-style="normal"/></style:style>'
    )

    def span(name: str, text: str) -> str:
        return f'<text:span text:style-name="{name}">{text}</text:span>'

    body = (
        f"<text:p>One {span('T1', 'two ')}{span('T2', 'three')} {span('T3', 'four')} "
        f"{span('Emphasis', 'five ' + span('Strong_20_Emphasis', 'six') + ' seven')} "
        f"{span('Gone', 'eight')}</text:p>"
    )
    assert read_document(odt(tmp_path / "a.odt", body, styles=styles)) == (
        "One *two* ***three*** four *five* ***six*** *seven* eight\n"
    )


def test_a_line_across_the_page_is_a_break(tmp_path: Path) -> None:
    names = (
        'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    )
    rule = f'<w:p><w:r><w:pict {names}><v:rect o:hr="t"/></w:pict></w:r></w:p>'
    assert read_document(docx(tmp_path / "a.docx", p("A") + rule + p("B"))) == "A\n\n* * *\n\nB\n"
    rule = '<text:p text:style-name="Horizontal_20_Line"/>'
    body = f"<text:p>A</text:p>{rule}<text:p>B</text:p>"
    assert read_document(odt(tmp_path / "a.odt", body)) == "A\n\n* * *\n\nB\n"


@pytest.mark.parametrize(
    "name", ["libreoffice.docx", "libreoffice.odt", "pandoc.docx", "pandoc.odt"]
)
def test_what_other_programs_have_written(name: str) -> None:
    text = read_document(Path(__file__).parent / "examples" / name)
    for part in (
        "First *italic*, then **bold**, then ***both***; \\*not\\* snake_case_name.\n\n"
        f"{PARAGRAPHS[1]}\n\n* * *\n\n{PARAGRAPHS[2]}\n\n## A chapter *within*\n\nTab",
        f"two spaces.\n\n{PARAGRAPHS[4]}\n",
    ):
        assert part in text
    assert text.count("\n# ") + text.startswith("# ") == (2 if name.startswith("libre") else 1)


def test_a_message_fills_no_window(tmp_path: Path) -> None:
    head = f'<?xml version="1.0" encoding="{"x" * 5000}"?>'
    assert len(refusal(docx(tmp_path / "a.docx", p("A"), head=head))) < 600


def test_an_archive_that_points_before_itself_is_damaged(tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", p("A"))
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 16 : end + 20] = (0xFFFFFF).to_bytes(4, "little")  # where the list of parts begins
    path.write_bytes(data)
    assert "damaged" in refusal(path)


def test_empty_paragraphs_are_a_gap_unless_they_are_the_rule(tmp_path: Path) -> None:
    few = p("One") + p("Two") + "<w:p/><w:p/>" + p("Three") + p("Four") + p("Five") + p("Six")
    text = read_document(docx(tmp_path / "few.docx", few))
    assert text == "One\n\nTwo\n\n\n\nThree\n\nFour\n\nFive\n\nSix\n"
    rule = p("One") + "<w:p/>" + p("Two") + "<w:p/>" + p("Three")
    assert read_document(docx(tmp_path / "rule.docx", rule)) == "One\n\nTwo\n\nThree\n"
    assert read_document(docx(tmp_path / "none.docx", "<w:p/>")) == ""


def test_what_it_is_counts_and_not_its_name(tmp_path: Path) -> None:
    assert read_document(odt(tmp_path / "a.docx", "<text:p>Odt</text:p>")) == "Odt\n"
    assert read_document(docx(tmp_path / "a.odt", p("Docx"))) == "Docx\n"


def test_a_story_that_stands_elsewhere(tmp_path: Path) -> None:
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Type="x/officeDocument" Target="http://there" TargetMode="External"/>'
        '<Relationship Type="x/officeDocument" Target="/other/text.xml"/></Relationships>'
    )
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", links)
        archive.writestr(
            "other/text.xml",
            f'<w:document xmlns:w="{W}"><w:body>{p("There")}</w:body></w:document>',
        )
    assert read_document(path) == "There\n"


def refusal(path: Path) -> str:
    with pytest.raises(ManuscriptFileError) as caught:
        read_document(path)
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    return message


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)
FILE = '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE x [<!ENTITY % j SYSTEM "http://127.0.0.1/x"> %j;]>'
OUTSIDE = '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'


@pytest.mark.parametrize("head", [BOMB, FILE, PARAMETER, OUTSIDE])
def test_entities_and_types_are_refused(head: str, tmp_path: Path) -> None:
    assert "declares a document type" in refusal(docx(tmp_path / "a.docx", p("&#65;"), head=head))
    assert "declares a document type" in refusal(odt(tmp_path / "a.odt", "", head=head))


@pytest.mark.parametrize("entity", ["&j;", "&nbsp;"])
def test_an_entity_that_nobody_declared_is_refused(entity: str, tmp_path: Path) -> None:
    assert "damaged" in refusal(docx(tmp_path / "a.docx", p(entity)))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", p(" " * (129 * 2**20)))
    assert path.stat().st_size < 200_000
    assert "allowed are 134,217,728" in refusal(path)


def test_a_part_that_has_more_than_it_says_is_refused(tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", p("A" * 10_000))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(PARTS[0]).file_size.to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (100).to_bytes(4, "little")))
    assert "damaged" in refusal(path)


def test_an_archive_of_very_many_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(45_000):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
        archive.writestr(PARTS[0], "")
    assert "more parts than a document has" in refusal(path)


def test_parts_within_one_another_without_end_are_refused(tmp_path: Path) -> None:
    deep = "<w:sdt>" * 100_000 + "</w:sdt>" * 100_000
    assert "nested more than 256 deep" in refusal(docx(tmp_path / "a.docx", deep))


def test_spaces_by_number_stay_few(tmp_path: Path) -> None:
    body = '<text:p>a<text:s text:c="999999999"/>b<text:s text:c="99999999999999999999"/>c</text:p>'
    assert len(read_document(odt(tmp_path / "a.odt", body))) < 2000


def test_a_password_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    assert "protected by a password, or of an old kind (.doc)" in refusal(path)
    manifest = f'<m:manifest xmlns:m="{NAMES}:manifest:1.0"><m:encryption-data/></m:manifest>'
    path = tmp_path / "a.odt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", os.urandom(200))
        archive.writestr("META-INF/manifest.xml", manifest)
    assert "protected by a password" in refusal(path)
    data = bytearray(docx(tmp_path / "b.docx", p("A")).read_bytes())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + place] |= 1
    (tmp_path / "b.docx").write_bytes(data)
    assert "protected by a password" in refusal(tmp_path / "b.docx")


def test_what_is_no_document(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_text("Once upon a time")
    assert "damaged, or no such document" in refusal(path)
    path.write_bytes(b"")
    assert "damaged, or no such document" in refusal(path)
    assert "has no text" in refusal(packed(tmp_path / "b.docx", other__xml="<a/>"))
    assert "damaged" in refusal(docx(tmp_path / "c.docx", "<w:p>"))
    head = '<?xml version="1.0" encoding="klingon"?>'
    assert "damaged" in refusal(docx(tmp_path / "d.docx", p("A"), head=head))
    assert "Is a directory" in refusal(tmp_path)
    assert "No such file" in refusal(tmp_path / "gone.docx")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with names")
def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.docx")
    assert "not a regular file" in refusal(tmp_path / "a.docx")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_are_refused(compression: int, tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr(PARTS[0], f'<w:document xmlns:w="{W}"/>')
    assert "packed in a way that no document is" in refusal(path)


def test_names_of_parts_lead_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = docx(folder / "a.docx", p("A"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../evil.txt", "evil")
        archive.writestr("/tmp/evil.txt", "evil")
    assert read_document(path) == "A\n"
    assert [it.name for it in tmp_path.rglob("*")] == ["in", "a.docx"]


WHOLE = {"docx": to_docx(story()), "odt": to_odt(story())}


@settings(max_examples=200)
@given(
    st.sampled_from(["docx", "odt"]),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=8),
    st.integers(0, 20_000),
)
def test_damage_is_a_text_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    changes: list[tuple[int, int]],
    cut: int,
) -> None:
    data = bytearray(WHOLE[kind])
    for place, value in changes:
        data[place % len(data)] = value
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    path.write_bytes(data[: len(data) - cut % len(data)] if cut % 3 == 0 else data)
    with contextlib.suppress(ManuscriptFileError):
        assert isinstance(read_document(path), str)


def test_progress_is_reported_and_can_end_it(tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", "".join(p(f"{n} {'words ' * 100}") for n in range(5000)))
    shares: list[float] = []
    assert read_document(path, shares.append).startswith("0 words")
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    class Ended(Exception):
        pass

    def end(_share: float) -> None:
        raise Ended

    with pytest.raises(Ended):
        read_document(path, end)
