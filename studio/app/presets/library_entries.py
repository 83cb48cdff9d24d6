"""What the library lists: presets in sections, each with marks. Plain values."""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum

import msgspec

from studio.app.parameters.sampling_summary import summary
from studio.app.presets.words import TASK_WORDS, value_words
from studio.presets import Listing, Preset, Problem, is_built_in, preset_words
from studio.translation import mark, tr
from studio.visible_text import LONGEST_LINE, visible_line, visible_name


class Kind(Enum):
    """Where a preset comes from, or what is wrong with it; its value says so."""

    OWN = mark("yours")
    BUILT_IN = mark("built in")
    UNSAVED = mark("its file is gone")
    BROKEN = mark("could not be read")


class Mark(Enum):
    """A mark on a preset; its value is the word that is shown."""

    IN_USE = mark("in use")
    TURNED = mark("turned")
    DEFAULT = mark("default")
    OF_MODEL = mark("this model’s")
    READ_ONLY = mark("read only")
    UNSAVED = mark("no file")


MARK_WORDS = {
    Mark.IN_USE: mark("in use"),
    Mark.TURNED: mark("turned since"),
    Mark.DEFAULT: mark("the default"),
    Mark.OF_MODEL: mark("default for this model"),
    Mark.READ_ONLY: mark("read only, a newer version wrote it"),
    Mark.UNSAVED: mark("kept while it is in use"),
}
"""The marks in more words."""


class Entry(msgspec.Struct, frozen=True):
    """One preset, or a file that could not be read as one.

    Attributes:
        key: The preset's name, or the file's path.
        title: The first line.
        line: The description, or what it sets; or why the file could not be read.
        kind: Where it comes from.
        preset: The preset; None for a broken file.
        is_favourite: Whether it has a star.
        marks: The marks on it.
    """

    key: str
    title: str
    line: str
    kind: Kind
    preset: Preset | None = None
    is_favourite: bool = False
    marks: tuple[Mark, ...] = ()

    @property
    def words(self) -> str:
        """All of it in words, for a screen reader."""
        star = [tr("favourite")] if self.is_favourite else []
        marks = [tr(MARK_WORDS[kind]) for kind in self.marks]
        return ", ".join([self.title, tr(self.kind.value), *star, *marks, self.line])


class Heading(msgspec.Struct, frozen=True):
    """The title of a section."""

    title: str


class Hint(msgspec.Struct, frozen=True):
    """Says what to do, where a section is empty."""

    text: str


Row = Entry | Heading | Hint

NONE_YET = mark(
    "None yet. Turn something, then save it (Preset › Save preset as…), or drop a file here."
)


class ListContext(msgspec.Struct, frozen=True):
    """What the marks on presets are made from; presets are given by name.

    Attributes:
        in_use: The one that is chosen.
        is_turned: Whether its values have been changed since.
        default: The one that models open with; empty for none.
        of_model: The open model's own; empty for none.
        favourites: Those with a star.
    """

    in_use: str = ""
    is_turned: bool = False
    default: str = ""
    of_model: str = ""
    favourites: Sequence[str] = ()


def library_rows(
    presets: Iterable[Preset], listing: Listing, context: ListContext, query: str = ""
) -> list[Row]:
    """Favourites, the writer's own, built-in ones, files that could not be read.

    Args:
        presets: All that can be chosen.
        listing: What the folder holds.
        context: What the marks are made from.
        query: Words that must all be in the name, description, task or notes.
    """
    newer = {
        stored.preset.name: stored.document.is_newer for stored in listing.presets
    }  # by the names of the writer's own
    entries = [
        _entry(preset, newer.get(preset.name), context)
        for preset in presets
        if matches(preset, query)
    ]
    broken = [
        Entry(str(problem.path), visible_name(problem.path.name), _why(problem), Kind.BROKEN)
        for problem in listing.problems
        if _holds(query, [problem.path.name, problem.message])
    ]
    own: list[Row] = [*_chosen(entries, lambda entry: entry.kind is not Kind.BUILT_IN)]
    if not (own or query or any(entry.kind is Kind.OWN for entry in entries)):
        own = [Hint(tr(NONE_YET))]
    sections: list[tuple[str, Sequence[Row]]] = [
        (tr("Favourites"), [entry for entry in entries if entry.is_favourite]),
        (tr("Yours"), own),
        (tr("Built in"), [*_chosen(entries, lambda entry: entry.kind is Kind.BUILT_IN)]),
        (tr("Could not be read"), broken),
    ]
    rows: list[Row] = []
    for title, found in sections:
        if found:
            rows += [Heading(title), *found]
    return rows


def matches(preset: Preset, query: str) -> bool:
    """Whether all words of `query` are in the name, description, task or notes.

    Args:
        preset: The preset that is searched.
        query: Words separated by spaces.
    """
    texts = [preset_words(it) for it in (preset.name, preset.description, preset.notes)]
    return _holds(query, [*texts, tr(TASK_WORDS[preset.task])])


def best_match(entries: Iterable[Entry], query: str) -> Entry | None:
    """The entry whose name begins with `query`, or else contains it; None where there is none.

    Args:
        entries: The library's entries.
        query: What is looked for.
    """
    words = query.strip().casefold()
    if not words:
        return None
    named = [entry for entry in entries if words in entry.title.casefold()]
    first = [entry for entry in named if entry.title.casefold().startswith(words)]
    return next(iter([*first, *named]), None)


def _holds(query: str, texts: Sequence[str]) -> bool:
    if not query.strip():
        return True
    text = "\n".join(texts).casefold()
    return all(word in text for word in query.casefold().split())


def _chosen(entries: Iterable[Entry], belongs: Callable[[Entry], bool]) -> list[Entry]:
    return [entry for entry in entries if not entry.is_favourite and belongs(entry)]


def _why(problem: Problem) -> str:
    # The file's name stands above it.
    return visible_line(problem.message.removeprefix(f"“{visible_name(problem.path.name)}”: "))


def _sets(preset: Preset) -> str:
    temperature = value_words("temperature", preset.sampling.temperature)
    return f"T {temperature}   {summary(preset.sampling)}"


def _begins(text: str) -> str:
    """The first line of a text."""
    return visible_line(text[: 2 * LONGEST_LINE].strip().partition("\n")[0])


def _entry(preset: Preset, is_newer: bool | None, context: ListContext) -> Entry:
    name = preset.name
    if is_newer is not None:
        kind = Kind.OWN
    else:
        kind = Kind.BUILT_IN if is_built_in(name) else Kind.UNSAVED
    is_in_use = name == context.in_use
    marks = {
        Mark.IN_USE: is_in_use,
        Mark.TURNED: is_in_use and context.is_turned,
        Mark.DEFAULT: name == context.default,
        Mark.OF_MODEL: name == context.of_model,
        Mark.READ_ONLY: bool(is_newer),
        Mark.UNSAVED: kind is Kind.UNSAVED,
    }
    return Entry(
        name,
        preset_words(name),
        _begins(preset_words(preset.description)) or _sets(preset),
        kind,
        preset,
        name in context.favourites,
        tuple(mark for mark, holds in marks.items() if holds),
    )
