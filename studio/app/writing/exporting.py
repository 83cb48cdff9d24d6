"""What is exported of a document and how: what is offered at first, what is remembered of it.

Imported when it is asked for; a start needs none of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from studio.app.settings import (
    EXPORT_AUTHOR,
    EXPORT_FORMAT,
    EXPORT_MARKS,
    EXPORT_MODELS,
    EXPORT_STATEMENT,
    EXPORT_TITLES,
    Settings,
)
from studio.app.writing.draft import Draft
from studio.interchange.authorship import (
    model_sentence,
    models_of,
    names_of,
    shares_of,
    statement,
)
from studio.interchange.authorship_report import authorship_report
from studio.interchange.blocks import (
    Lines,
    guessed_lines,
    has_line_ends,
    leading_title,
    publish,
)
from studio.interchange.formats import FORMATS, Format
from studio.interchange.publication import Paper, Publication
from studio.manuscript import Document, Provenance, provenance_of, runs_of
from studio.progress import At
from studio.utf8 import fit_text

LONGEST_NAME = 300
"""Characters of a title, or of an author's name."""


class ExportSource(msgspec.Struct, frozen=True, dict=True):
    """A document as it was when it was asked for.

    Attributes:
        text: Its characters.
        provenance: The `Provenance` of each of them, one byte each.
        path: Its file, if it has one.
        model: What the models are called that wrote in it; of a text that does not say, what the
            open one is. Empty where nobody says.
        document: All that is known of it.
    """

    text: str
    provenance: bytes
    path: Path | None
    model: str
    document: Document = msgspec.field(default_factory=lambda: Document(()))

    @classmethod
    def of(cls, draft: Draft, model: str) -> ExportSource:
        """The document as it is now.

        Args:
            draft: The document.
            model: What the open model is called.
        """
        document = draft.document()
        text, take_sets = document.text, document.take_sets
        provenance = provenance_of(text, document.origins, take_sets)
        return cls(text, provenance, draft.path, names_of(take_sets) or model, document)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read in it."""
        return not self.text.strip()

    @cached_property
    def statement(self) -> str:
        """Who wrote how much; empty where nothing is known to be the model's."""
        shares = shares_of(self.text, self.provenance)
        return statement(shares, self.model) if shares.model else ""

    @property
    def has_models(self) -> bool:
        """Whether it keeps which models wrote in it, and how."""
        return any(take.was_drawn for one in self.document.take_sets for take in one.takes)

    @cached_property
    def lines(self) -> Lines:
        """What its line ends most likely mean."""
        return guessed_lines(self.text)

    @cached_property
    def has_line_ends(self) -> bool:
        """Whether that makes a difference."""
        return has_line_ends(self.text)


class ExportChoice(msgspec.Struct, frozen=True):
    """How a document is exported.

    Attributes:
        format: As what.
        title: Empty for none.
        author: Empty for nobody.
        lines: What its line ends mean.
        is_marked: Whether what the model wrote is to be seen.
        has_statement: Whether a sentence below says who wrote how much.
        statement: The sentence.
        has_models: Whether the models that wrote stand below that, with their presets and T.
        is_report: Whether it is not the text that is exported, but a page on who wrote it.
    """

    format: Format
    title: str
    author: str
    lines: Lines
    is_marked: bool
    has_statement: bool
    statement: str
    has_models: bool = False
    is_report: bool = False


def first_choice(settings: Settings, source: ExportSource) -> ExportChoice:
    """What is offered at first: as the last time, and the document's own title.

    Args:
        settings: What is remembered.
        source: The document.
    """
    key = settings.get(EXPORT_FORMAT)
    return ExportChoice(
        format=next(one for one in FORMATS if one.key == key),
        title=_title(settings, source),
        author=settings.get(EXPORT_AUTHOR),
        lines=source.lines,
        is_marked=settings.get(EXPORT_MARKS),
        has_statement=settings.get(EXPORT_STATEMENT),
        statement=source.statement,
        has_models=settings.get(EXPORT_MODELS),
    )


def remember_choice(settings: Settings, source: ExportSource, choice: ExportChoice) -> None:
    """Remember how a document was exported.

    Args:
        settings: Where.
        source: The document.
        choice: How.
    """
    settings.set(EXPORT_FORMAT, choice.format.key)
    settings.set(EXPORT_AUTHOR, choice.author)
    if choice.format.can_mark and source.statement:  # else it could not be chosen
        settings.set(EXPORT_MARKS, choice.is_marked)
    if source.statement:
        settings.set(EXPORT_STATEMENT, choice.has_statement)
    if source.has_models:
        settings.set(EXPORT_MODELS, choice.has_models)
    if source.path is not None:
        begin = f"{source.path.resolve()}\n"
        for former in settings.get(EXPORT_TITLES):
            if former.startswith(begin):
                settings.forget(EXPORT_TITLES, former)
        settings.remember(EXPORT_TITLES, begin + choice.title)


def _title(settings: Settings, source: ExportSource) -> str:
    """What a document was called the last time; else what it calls itself, or its file's name."""
    if source.path is None:
        return leading_title(source.text)
    begin = f"{source.path.resolve()}\n"
    titles = (
        kept.removeprefix(begin) for kept in settings.get(EXPORT_TITLES) if kept.startswith(begin)
    )
    return next(titles, leading_title(source.text) or source.path.stem)


def publication_of(source: ExportSource, choice: ExportChoice, paper: Paper, at: At) -> Publication:
    """The document, or the page on who wrote it, as writers take it; in any thread.

    Args:
        source: The document.
        choice: How it is exported.
        paper: What pages are laid out for.
        at: Is given the share done; may raise to give up.
    """
    passage, take_sets = source.document.passage, source.document.take_sets
    if choice.is_report:
        return authorship_report(
            passage,
            take_sets,
            title=fit_text(choice.title),
            author=fit_text(choice.author),
            made=datetime.now(UTC),
            paper=paper,
        )
    is_marked = choice.is_marked and choice.format.can_mark
    below = [choice.statement] if choice.has_statement else []
    if choice.has_models and source.has_models:
        below += map(model_sentence, models_of(passage, take_sets))
    return publish(
        source.text,
        title=fit_text(choice.title),
        author=fit_text(choice.author),
        lines=choice.lines,
        made=datetime.now(UTC),
        generated=tuple(runs_of(source.provenance, Provenance.GENERATED)) if is_marked else (),
        statement=fit_text("\n".join(below)),
        paper=paper,
        at=at,
    )
