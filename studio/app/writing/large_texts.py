"""A text that is too large for a page: how large it is, and what the writer can do about it.

Reads a file, measures its text, and splits one that does not fit into parts that do.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from studio.manuscript import (
    Document,
    FileState,
    ManuscriptFileError,
    TextFile,
    TextShape,
    fitting_parts,
    is_document_name,
    open_text_file,
    shape_of,
)
from studio.manuscript.text_shape import LIMITS, fits
from studio.path_checks import size_of
from studio.progress import At
from studio.translation import mark, tr
from studio.visible_text import visible_name

WRAP, SPLIT, FIRST = mark("Wrap and open"), mark("Split into files"), mark("Open the first part")
"""The answers that the writer can give."""

_READ = 0.6
"""The share of the work that reading is; the rest is measuring and splitting."""


class FoundText(NamedTuple):
    """A text from a file or a pipe.

    Attributes:
        file: Its characters, and how plain text is written.
        held: What the file held; None for a pipe.
        shape: How large it is.
        parts: Where no page holds it, the same in parts that one does: a single one where it is
            enough to wrap it.
        document: All that is known of it, where it is a document; None of plain text.
    """

    file: TextFile
    held: FileState | None
    shape: TextShape
    parts: tuple[str, ...]
    document: Document | None = None

    @property
    def fits(self) -> bool:
        """Whether a page holds it as it is."""
        return fits(self.shape)


def read_text(path: Path, at: At = lambda _share: None) -> FoundText | ManuscriptFileError:
    """Read a file, and measure its text.

    Args:
        path: The file.
        at: Is given the share done; may raise to give up.

    Returns:
        The text, or why it cannot be read.
    """
    size = max(size_of(path), 1)

    def rest(share: float) -> None:
        at(_READ + (1 - _READ) * share)

    try:
        if is_document_name(path):
            # Only now: most starts open none.
            from studio.manuscript.document_file import open_document

            document, held = open_document(path)
            at(_READ)
            found = look_at(TextFile(document.text), held, rest)
            return found._replace(document=document)
        file, held = open_text_file(path, lambda done: at(_READ * min(done / size, 1.0)))
    except ManuscriptFileError as error:
        return error
    return look_at(file, held, rest)


def look_at(file: TextFile, held: FileState | None, at: At = lambda _share: None) -> FoundText:
    """Measure a text, and split it where a page does not hold it.

    Args:
        file: What was read.
        held: The state of the file when it was read; None for a pipe.
        at: Is given the share done; may raise to give up.
    """
    length = max(len(file.text), 1)
    shape = shape_of(file.text, lambda done: at(done / length / 2))
    parts: tuple[str, ...] = ()
    if not fits(shape):
        parts = tuple(fitting_parts(file.text, shape, lambda done: at(0.5 + done / length / 2)))
    return FoundText(file, held, shape, parts)


def quoted_name(path: Path) -> str:
    """A file's name in quotation marks, for sentences."""
    return f"“{visible_name(path.name)}”"


def offer(found: FoundText, *, is_file: bool) -> tuple[str, tuple[str, ...]]:
    """Sentences on what each answer does, and the answers.

    Args:
        found: A text that does not fit.
        is_file: Whether it comes from a file, beside which parts can be saved.
    """
    count = len(found.parts)
    if count == 1:
        wrapped = (
            tr(
                "{answer}: its long paragraphs are cut at spaces, or where there are none, "
                "anywhere. It becomes a new document, not saved yet; the file stays as it is.",
                answer=tr(WRAP),
            )
            if is_file
            else tr(
                "{answer}: its long paragraphs are cut at spaces, or where there are none, "
                "anywhere. It becomes a new document, not saved yet.",
                answer=tr(WRAP),
            )
        )
        return wrapped, (tr(WRAP),)
    is_cut = found.shape.longest > LIMITS.longest
    cut = " " + tr("Long paragraphs are cut.") if is_cut else ""
    first = tr(
        "{answer}, of {count:,}: as a new document, not saved yet.",
        answer=tr(FIRST),
        count=count,
    )
    if not is_file:
        return f"{first}{cut}", (tr(FIRST),)
    split = tr(
        "{answer}: {count:,} files in the same folder, of which the first is opened; this one "
        "stays as it is.",
        answer=tr(SPLIT),
        count=count,
    )
    return f"{split}{cut}\n{first}", (tr(SPLIT), tr(FIRST))


def split_names(path: Path, count: int) -> list[Path]:
    """The names of a file's parts: “The Sea 03 of 16.txt”.

    Args:
        path: The file of the whole text.
        count: How many parts there are.
    """
    width = len(str(count))
    suffix = ".txt" if is_document_name(path) else path.suffix  # they are plain texts
    return [
        path.with_name(
            tr(
                "{stem} {number} of {count}",
                stem=path.stem,
                number=f"{number:0{width}}",
                count=count,
            )
            + suffix
        )
        for number in range(1, count + 1)
    ]
