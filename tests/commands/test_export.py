"""`python -m studio export`, in process, and once as a process."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from studio.commands.export import main
from studio.interchange.documents import read_document

ROOT = Path(__file__).parents[2]
TEXT = "# The Sea\n\nOne *word*.\n\n* * *\n\nAnother.\n"


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.md"
    path.write_text(TEXT)
    return path


def run(*arguments: object, status: int = 0) -> None:
    assert main([str(argument) for argument in arguments]) == status


@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_a_document_and_back(story: Path, tmp_path: Path, suffix: str) -> None:
    out, back = tmp_path / f"out.{suffix}", tmp_path / "back.md"
    run(story, "-o", out, "--author", "Me", "--statement", "All mine.")
    assert read_document(out) == (
        "# The Sea\n\nMe\n\nOne *word*.\n\n* * *\n\nAnother.\n\nAll mine.\n"
    )
    run(out, "--output", back)
    assert back.read_text() == (
        "# The Sea\n\nMe\n\nOne *word*.\n\n* * *\n\nAnother.\n\nAll mine.\n"
    )


def test_the_name_says_what_it_is_to_be_or_an_option(story: Path, tmp_path: Path) -> None:
    run(story, "-o", tmp_path / "out.HTML", "--title", "Other")
    page = (tmp_path / "out.HTML").read_text()
    assert "<title>Other</title>" in page
    assert "<h1>The Sea</h1>" in page
    run(story, "-o", tmp_path / "book", "--format", "epub")
    assert zipfile.ZipFile(tmp_path / "book").read("mimetype") == b"application/epub+zip"
    run(story, "-o", tmp_path / "out.markdown", "--title", "")
    assert (tmp_path / "out.markdown").read_text() == TEXT


def test_line_ends_and_paper(tmp_path: Path) -> None:
    verse = tmp_path / "verse.txt"
    verse.write_text("One\nTwo\n")
    for lines, expected in (
        ("paragraphs", "One\n\nTwo\n"),
        ("breaks", "One\\\nTwo\n"),
        ("joined", "One\nTwo\n"),
    ):
        run(verse, "-o", tmp_path / "out.md", "--force", "--lines", lines)
        assert (tmp_path / "out.md").read_text() == expected
    run(verse, "-o", tmp_path / "out.docx", "--paper", "Letter")
    with zipfile.ZipFile(tmp_path / "out.docx") as archive:
        assert b'w:w="12240"' in archive.read("word/document.xml")


def test_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Über.".encode())))
    run("-", "-o", tmp_path / "out.md")
    assert (tmp_path / "out.md").read_text(encoding="utf-8") == "Über.\n"


def test_a_file_that_is_there_stays(
    story: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.docx"
    out.write_text("mine")
    run(story, "-o", out, status=1)
    assert "out.docx” is there already" in capsys.readouterr().err
    assert out.read_text() == "mine"
    run(story, "-o", out, "--force")
    assert read_document(out).startswith("# The Sea")


@pytest.mark.parametrize(
    ("file", "data", "expected"),
    [
        ("gone.md", None, "No such file"),
        ("bad.txt", b"\xff\xfe\xfd", "not a text file"),
        ("bad.docx", b"no", "damaged, or no such document"),
    ],
)
def test_a_file_that_cannot_be_read(
    tmp_path: Path, file: str, data: bytes | None, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if data is not None:
        (tmp_path / file).write_bytes(data)
    run(tmp_path / file, "-o", tmp_path / "out.docx", status=1)
    said = capsys.readouterr().err
    assert said.startswith("studio export: ")
    assert expected in said
    assert not (tmp_path / "out.docx").exists()


def test_a_place_that_cannot_be_written_to(
    story: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(story, "-o", tmp_path / "gone" / "out.docx", status=1)
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-o", "out.pdf"], "PDF is made in the window"),
        (["-o", "out.doc"], "does not say what it is to be; allowed are .docx, .odt, .epub"),
        (["-o", "out.docx", "--lines", "wild"], "invalid choice: 'wild'"),
        ([], "required: -o/--output"),
    ],
)
def test_a_wrong_call(
    story: Path,
    tmp_path: Path,
    arguments: list[str],
    expected: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main([str(story), *arguments])
    assert caught.value.code == 2
    assert expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [story]


def test_as_a_process_without_qt(story: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.epub"
    program = (
        "import sys; from studio.__main__ import main; "
        f"status = main(['export', {str(story)!r}, '-o', {str(out)!r}]); "
        "assert not {'PySide6', 'llama_cpp'} & set(sys.modules); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert zipfile.is_zipfile(out)
