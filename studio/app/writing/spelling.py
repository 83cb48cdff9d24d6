"""Spelling: which words of a text a dictionary does not know, and what they might be.

Words are checked a few milliseconds at a time when nothing else is to be done, and each once; what
is known of them is looked up. The dictionary is Hunspell's, read when spelling is switched on.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QLocale, QObject, Signal

from studio.app.background import Background
from studio.app.timers import single_shot
from studio.app.user_folders import data_folder
from studio.app.writing.dictionaries import (
    found_dictionaries,
    nearest,
    own_folder,
    usual_folders,
)
from studio.atomic_write import atomic_write
from studio.progress import At
from studio.translation import mark, tr
from studio.visible_text import visible_line

_WORD = re.compile(r"[^\W\d_]+(?:['’‑-][^\W\d_]+)*")
_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")
_LONGEST = 60
"""Letters of a word; what is longer is none that a dictionary has."""
_SECONDS = 0.004
"""That words are checked in one go."""
_MOST_KNOWN = 100_000
_MOST_OWN = 50_000
_MOST_SUGGESTED = 6

NO_DICTIONARY = mark(
    "No spelling dictionary was found. Install one for your language (on Linux a package such as "
    "hunspell-en-us; LibreOffice brings its own), or put its .dic and .aff files into “{folder}”."
)
NO_LIBRARY = mark("Spelling cannot be checked: the package “chunspell” is not installed.")


class _Checker(Protocol):
    """What a dictionary can do once it is read."""

    def spell(self, word: str) -> bool: ...

    def suggest(self, word: str) -> tuple[str, ...]: ...


class Spelling(QObject):
    """The dictionary in force, the writer's own words, and what is known of words so far.

    Attributes:
        is_on: Whether words are checked.
        language: Whose dictionary, as its file is called: ``en_US``; "" for none.

    Args:
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """More words are known, other ones, or none any more."""
    failed = Signal(str)
    """Words cannot be checked, or an own word not be kept: why, for the writer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_on = False
        self.language = ""
        self._checker: _Checker | None = None
        self._disk = Background("spelling", self)
        self._known: dict[str, bool] = {}
        self._asked: dict[str, None] = {}
        """Words to check, in the order in which they were seen."""
        self._ignored: set[str] = set()
        self._own: set[str] = set()
        """Words that the writer has added."""
        self._soon = single_shot(self, self._check)

    @property
    def is_settled(self) -> bool:
        """Whether every word that was asked for is known."""
        return not (self._asked or self._soon.isActive() or self._disk.is_busy)

    def languages(self) -> Mapping[str, Path]:
        """The languages that there is a dictionary for: see `found_dictionaries`."""
        return found_dictionaries(usual_folders())

    def set_on(self, is_on: bool, wanted: str = "") -> bool:
        """Check words from now on, or no longer.

        Args:
            is_on: Whether.
            wanted: In which language; "" for that of the system.

        Returns:
            Whether they are checked now. Where they cannot be, `failed` says why.
        """
        self._forget()
        self.is_on, self._checker = False, None
        if is_on:
            self._open(wanted)
        self.changed.emit()
        return self.is_on

    def wrong(self, text: str, typed_to: int = -1) -> list[tuple[int, int]]:
        """The words of a paragraph that are misspelled, as half-open ranges; as far as is known.

        Those that are not known yet are checked soon, and `changed` says when they are.

        Args:
            text: The paragraph.
            typed_to: Where in it a word is being typed, which is left alone; negative for nowhere.
        """
        if not self.is_on:
            return []
        found, known, has_new = [], self._known, False
        addresses = _spans(_ADDRESS, text) if "@" in text or "://" in text or "www." in text else []
        for match in _WORD.finditer(text):
            word = match[0]
            if match.end() == typed_to:
                continue
            is_right = known.get(word)
            if is_right is None:
                self._asked[word] = None
                has_new = True
            elif not is_right and not any(low <= match.start() < high for low, high in addresses):
                found.append(match.span())
        if has_new and self._checker is not None and not self._soon.isActive():
            self._soon.start()
        return found

    def suggestions(self, word: str) -> list[str]:
        """What a misspelled word might be, the likeliest first; it takes a moment."""
        if self._checker is None:
            return []
        with contextlib.suppress(UnicodeEncodeError):
            return list(self._checker.suggest(_plain(word)))[:_MOST_SUGGESTED]
        return []

    def ignore(self, word: str) -> None:
        """Take a word for right until the program ends."""
        self._ignored.add(word)
        self._known[word] = True
        self.changed.emit()

    def add(self, word: str) -> None:
        """Take a word for right from now on, in every language."""
        self._own.add(word)
        self._known[word] = True
        self.changed.emit()
        self._disk.start(partial(_keep, _own_path(), word), self._on_kept)

    def _on_kept(self, problem: str | None) -> None:
        if problem:
            self.failed.emit(problem)

    def _open(self, wanted: str) -> None:
        languages = self.languages()
        system = QLocale.system().name()
        choices = (wanted, nearest(languages, system), nearest(languages, "en_US"))
        language = next((one for one in choices if one in languages), "")
        if not language:
            self.failed.emit(tr(NO_DICTIONARY, folder=str(own_folder())))
            return
        self.is_on, self.language = True, language
        self._disk.start(partial(_own_words, _own_path()), self._take_own)
        self._disk.start(partial(_read, languages[language]), partial(self._take, language))

    def _take_own(self, words: set[str] | None) -> None:
        self._own |= words or set()

    def _take(self, language: str, checker: _Checker | str | None) -> None:
        if not self.is_on or language != self.language:
            return
        if checker is None or isinstance(checker, str):
            self.is_on = False
            self.failed.emit(checker or tr("The dictionary cannot be read."))
        else:
            self._checker = checker
            self._soon.start()
        self.changed.emit()

    def _forget(self) -> None:
        self._known.clear()
        self._asked.clear()

    def _check(self) -> None:
        """Check words for a moment, and the others in later turns of the event loop."""
        checker = self._checker
        if checker is None:
            return
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        own = self._own
        end = time.perf_counter() + _SECONDS
        while self._asked and time.perf_counter() < end:
            word = next(iter(self._asked))
            del self._asked[word]
            is_own = word in self._ignored or word in own or word.lower() in own
            self._known[word] = is_own or _is_right(checker, word)
        if self._asked:
            self._soon.start()
        else:
            self.changed.emit()


def _own_path() -> Path:
    return data_folder() / "own-words.txt"


def _own_words(path: Path, _at: At) -> set[str]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = path.read_text(encoding="utf-8").splitlines()
        return {line for line in lines[:_MOST_OWN] if line}
    return set()


def _keep(path: Path, word: str, at: At) -> str:
    """Add an own word to those that another window has kept too; returns why it is not kept."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        words = sorted(_own_words(path, at) | {word})
        atomic_write(path, "".join(f"{one}\n" for one in words).encode())
    except OSError as error:
        why = error.strerror or str(error)
        return tr("“{word}” is not kept: {why}.", word=visible_line(word), why=why)
    return ""


def _read(path: Path, _at: At) -> _Checker | str:
    """Read a dictionary; returns why, for the writer, where that cannot be done."""
    try:
        from hunspell import Hunspell
    except ImportError:
        return tr(NO_LIBRARY)
    try:
        checker: _Checker = Hunspell(path.stem, hunspell_data_dir=str(path.parent))
    except (OSError, MemoryError) as error:
        return tr(
            "The dictionary “{path}” cannot be read: {why}.",
            path=visible_line(str(path)),
            why=visible_line(str(error)),
        )
    return checker


def _is_right(checker: _Checker, word: str) -> bool:
    if len(word) == 1 or len(word) > _LONGEST:
        return True
    plain = _plain(word)
    try:
        return checker.spell(plain) or all(map(checker.spell, plain.split("-")))
    except UnicodeEncodeError:
        return True  # of another script than the dictionary's


def _plain(word: str) -> str:
    """A word as dictionaries write it."""
    return word.replace("’", "'").replace("‑", "-")


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [found.span() for found in pattern.finditer(text)]
