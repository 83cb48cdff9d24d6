"""Pages as an independent reader of PDF has them."""

import io
import re
import threading
import zlib
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from studio.interchange.blocks import publish
from studio.interchange.publication import Publication
from studio.ui.export.pdf import to_pdf
from studio.ui.theme.faces import Face, load_faces
from tests.interchange.samples import MADE, PARAGRAPHS, STATEMENT, story


@pytest.fixture(autouse=True)
def faces(qapp: QApplication) -> None:
    load_faces()


def plain(text: str, **values: Any) -> Publication:
    given: dict[str, Any] = {"title": "", "author": "", "lines": "paragraphs", "made": MADE}
    return publish(text, **(given | values))


class Pages:
    """What pypdf finds."""

    def __init__(self, data: bytes) -> None:
        pypdf = pytest.importorskip("pypdf")
        reader = pypdf.PdfReader(io.BytesIO(data))
        # Qt writes down one letter for each sign, and of two that look alike the first.
        self.texts = [page.extract_text().replace("\u02ee", "”") for page in reader.pages]
        self.boxes = [page.mediabox for page in reader.pages]
        self.about = reader.metadata
        self.fonts = {
            font["/BaseFont"]
            for page in reader.pages
            for it in page["/Resources"]["/Font"].values()
            for font in [it.get_object()]
        }

    @property
    def words(self) -> list[str]:
        """Those of all pages, the pages' numbers left out."""
        return [word for text in self.texts for word in text.rsplit("\n", 1)[0].split()]


@pytest.mark.parametrize(("face", "family"), [("serif", "NotoSerif"), ("sans", "Inter")])
def test_another_reader_finds_the_same(face: Face, family: str) -> None:
    pages = Pages(to_pdf(story(), face))
    text = "".join(pages.words)
    for part in (
        "Sea & <Land>",
        "A. “Writer” & Co",
        "The Sea & <other> stories",
        PARAGRAPHS[0],
        "* * *",
        PARAGRAPHS[2],
        "A chapter within",
        PARAGRAPHS[4],
        STATEMENT,
    ):
        assert "".join(part.split()) in text
    assert pages.about.title == "Sea & <Land>"
    assert pages.about.author == "A. “Writer” & Co"
    assert pages.about.creator == "Kelvin Studio"
    assert any(family in font for font in pages.fonts)


@pytest.mark.parametrize("face", ["serif", "sans"])
def test_letters_that_fonts_join_stay_letters(face: Face) -> None:
    words = "office first fluffy affine -> <= != 3x4 (a) “b”"
    assert (
        Pages(to_pdf(plain(f"{words}\n\n**{words}**\n\n*{words}*"), face)).words
        == 3 * words.split()
    )


def test_pages_are_numbered_and_hold_all_words_in_order() -> None:
    numbers = [f"w{number}" for number in range(9000)]
    text = "\n\n".join(" ".join(numbers[at : at + 90]) for at in range(0, len(numbers), 90))
    pages = Pages(to_pdf(plain(text), "serif"))
    assert len(pages.texts) > 10
    assert [text.rsplit("\n", 1)[-1].strip() for text in pages.texts] == [
        f"{number}" for number in range(1, len(pages.texts) + 1)
    ]
    assert pages.words == numbers


@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("Letter", (612, 792))])
def test_its_paper(paper: str, size: tuple[int, int]) -> None:
    pages = Pages(to_pdf(plain("A.", paper=paper), "sans"))
    (box,) = pages.boxes
    assert (round(box.width), round(box.height)) == size
    assert any("Inter" in font for font in pages.fonts)


def test_no_heading_ends_a_page_and_no_line_stands_alone() -> None:
    lines = "One line.\n\n"
    for count in range(34, 46):  # around what a page holds
        text = f"{lines * count}# Heading\n\n{'Many words behind it. ' * 30}"
        pages = Pages(to_pdf(plain(text), "serif"))
        for page in pages.texts:
            inner = page.rsplit("\n", 1)[0].strip().splitlines()
            assert "Heading" not in inner[-1]
            if inner[0].startswith(("Heading", "One")):
                continue
            assert len(inner) >= 2


def contents(data: bytes) -> bytes:
    """All that is painted, unpacked."""
    found = b""
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            found += zlib.decompress(match[1])
        except zlib.error:
            continue
    return found


def test_the_models_words_have_an_ink_of_their_own() -> None:
    marked = contents(to_pdf(story(statement=""), "serif"))
    unmarked = contents(to_pdf(story(statement="", generated=()), "serif"))
    wanted = re.compile(rb"0\.15\d* 0\.29\d* 0\.38\d* ")
    assert wanted.search(marked)
    assert not wanted.search(unmarked)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "שלום עולם\n\nمرحبا بالعالم",
        "🐟 日本語 ｆ\u2028x\u0301\x00\x1b",
        "W" * 5000,
        "# H\n\n" * 60,
        "\n".join(f"* * *\n{n}" for n in range(100)),
    ],
)
def test_any_text_makes_pages(text: str) -> None:
    data = to_pdf(plain(text), "serif")
    assert data.startswith(b"%PDF-1.")
    assert data.rstrip().endswith(b"%%EOF")


def test_progress_is_reported_and_can_end_it() -> None:
    publication = plain("A paragraph.\n\n" * 2000)
    shares: list[float] = []
    to_pdf(publication, "serif", shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 4

    class Ended(Exception):
        pass

    def end(share: float) -> None:
        if share > 0.3:
            raise Ended

    with pytest.raises(Ended):
        to_pdf(publication, "serif", end)


def test_it_can_be_made_in_another_thread() -> None:
    made: list[bytes] = []

    def work() -> None:
        made.append(to_pdf(story(), "serif"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(100)
    assert made[0].startswith(b"%PDF-1.")
