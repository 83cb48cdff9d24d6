"""`python -m studio export`: a text as a document of another program, without a window."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from studio.atomic_write import atomic_write, write_new
from studio.commands.command_parser import CommandParser
from studio.interchange import DOCUMENT_SUFFIXES
from studio.interchange.authorship import (
    model_sentence,
    models_of,
    names_of,
    shares_of,
    statement,
)
from studio.interchange.authorship_report import authorship_report
from studio.interchange.blocks import guessed_lines, leading_title, publish
from studio.interchange.documents import read_document
from studio.interchange.formats import FORMATS, PDF, Format, writer_of
from studio.interchange.publication import Publication
from studio.manuscript import (
    Document,
    ManuscriptFileError,
    Origin,
    Passage,
    Provenance,
    is_document_name,
    provenance_of,
    read_text_file,
    read_text_stream,
    runs_of,
)
from studio.manuscript.document_file import open_document
from studio.standard_input import STANDARD_STREAM, standard_input
from studio.visible_text import visible_line, visible_path

_COUNTED = "\0"
"""Stands for the sentence that is counted; no argument can be it."""
_WRITTEN = {one.key: one for one in FORMATS if one is not PDF}


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when the document was written, 1 on a failure, 2 on a wrong call."""
    parser = _parser()
    given = parser.parse_args(arguments)
    output = Path(given.output)
    chosen = _format(parser, given.format, output)
    try:
        publication = _publication(_read(given.file), given)
        data = writer_of(chosen)(publication, lambda _share: None)
        write = atomic_write if given.force else write_new
        write(output, data)
    except ManuscriptFileError as error:
        return _complain(str(error))
    except FileExistsError:
        return _complain(
            f"“{visible_path(output)}” is there already. Choose another name, or write over it "
            "with --force."
        )
    except OSError as error:
        return _complain(f"“{visible_path(output)}”: {error.strerror or error}.")
    return 0


def _publication(document: Document, given: argparse.Namespace) -> Publication:
    """What is asked for: the text, or who wrote it."""
    passage, take_sets = document.passage, document.take_sets
    title = leading_title(passage.text) if given.title is None else given.title
    made = datetime.now(UTC)
    if given.report:
        return authorship_report(
            passage, take_sets, title=title, author=given.author, made=made, paper=given.paper
        )
    provenance = provenance_of(passage.text, passage.origins, take_sets)
    below = given.statement
    if below == _COUNTED:
        shares = shares_of(passage.text, provenance)
        names = given.model_name or names_of(take_sets)
        below = statement(shares, names) if shares.model else ""
    if given.models:
        below = "\n".join([below, *map(model_sentence, models_of(passage, take_sets))])
    return publish(
        passage.text,
        title=title,
        author=given.author,
        lines=given.lines or guessed_lines(passage.text),
        made=made,
        generated=tuple(runs_of(provenance, Provenance.GENERATED)) if given.mark else (),
        statement=below,
        paper=given.paper,
    )


def _format(parser: argparse.ArgumentParser, key: str | None, output: Path) -> Format:
    """What is asked for, or what the name of the file says."""
    if key is not None:
        return _WRITTEN[key]
    suffix = output.suffix.lower()
    if suffix == PDF.suffix:
        parser.error("PDF is made in the window: File › Export manuscript")
    found = next((one for one in _WRITTEN.values() if suffix in (one.suffix, f".{one.key}")), None)
    if found is None:
        parser.error(
            f"--output: “{visible_path(output)}” does not say what it is to be; allowed are "
            f"{', '.join(one.suffix for one in _WRITTEN.values())}, or any name with --format"
        )
    return found


def _read(file: str) -> Document:
    """The text of whichever kind its file is, with what is known of it.

    Raises:
        ManuscriptFileError: It cannot be read.
    """
    if file == STANDARD_STREAM:
        try:
            return _of_nobody(read_text_stream(standard_input(), "the input").text)
        except ValueError as error:
            raise ManuscriptFileError(Path("the input"), str(error)) from None
    path = Path(file)
    if is_document_name(path):
        return open_document(path)[0]
    if path.suffix.lower() in DOCUMENT_SUFFIXES:
        return _of_nobody(read_document(path))
    return _of_nobody(read_text_file(path).text)


def _of_nobody(text: str) -> Document:
    """A text of which it is not known who wrote it."""
    return Document((Passage.of(text, Origin.OPENED),))


def _complain(message: str) -> int:
    print(f"studio export: {visible_line(message, 500)}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="studio export",
        description="Write a text as a document: Word, OpenDocument, e-book, web page or Markdown. "
        "Lines that begin with # are headings, *…* is italic, **…** bold, a line of * * * a break.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a document (.kelvin, .docx, .odt), a text (.txt, .md), or - the input",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        help="where to, never over a file; its name says what it is to be",
    )
    parser.add_argument("--force", action="store_true", help="write over OUT where it is there")
    parser.add_argument("--format", choices=sorted(_WRITTEN), help="whatever OUT is called")
    parser.add_argument(
        "--title", metavar="T", help="default: the text's first line, where that is a # heading"
    )
    parser.add_argument("--author", metavar="A", default="", help="who wrote it")
    parser.add_argument(
        "--lines",
        choices=("paragraphs", "breaks", "joined"),
        help="what lines are that follow one another: paragraphs of their own, new lines of one "
        "paragraph (verse), or one paragraph that was wrapped (default: as the text looks)",
    )
    parser.add_argument(
        "--statement",
        metavar="S",
        nargs="?",
        const=_COUNTED,
        default="",
        help="a sentence below all, on who wrote how much; without S it is counted, of a .kelvin "
        "document in which the model has written",
    )
    parser.add_argument(
        "--model-name",
        metavar="M",
        default="",
        help="what that sentence calls the model (default: as a .kelvin document names it)",
    )
    parser.add_argument(
        "--models",
        action="store_true",
        help="below all the models that wrote in a .kelvin document, with fingerprint, presets, T",
    )
    parser.add_argument(
        "--report",
        action="store_true",
        help="in place of the text: who wrote how much of it, with which models, by chapters",
    )
    parser.add_argument(
        "--mark",
        action="store_true",
        help="show in an ink of its own what the model wrote, of a .kelvin document",
    )
    parser.add_argument(
        "--paper", choices=("A4", "Letter"), default="A4", help="of formats with pages (A4)"
    )
    return parser
