"""The temperature of a second text, which the model reads once for this.

Nothing of it is kept but the sums: the tokens' distributions go as soon as they are counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QObject

from studio.app.background import Background
from studio.app.engine_line.client import EngineClient
from studio.app.model.state import ModelState
from studio.app.tuning.fitted_text import MOST_TOKENS, FittedText, Steps, places_in_pieces
from studio.app.tuning.own_text_fit import NO_CHOICE
from studio.app.writing.large_texts import quoted_name, read_text
from studio.app.writing.records import TokenRecords
from studio.app.writing.writing import Writing
from studio.engine.messages import (
    AnyEvent,
    Failed,
    Prompt,
    Score,
    Scored,
    ScoringEnded,
    Stop,
    Superseded,
)
from studio.experiments.text_fit import CountedTokens
from studio.interchange import DOCUMENT_SUFFIXES
from studio.interchange.blocks import chapters
from studio.manuscript import ManuscriptFileError
from studio.manuscript.token_characters import characters_of
from studio.progress import At
from studio.sampling import LogitSketch
from studio.sampling.analysis.fitted_temperature import TemperatureLikelihood
from studio.translation import tr
from studio.visible_text import visible_name

_CHARACTERS_A_TOKEN = 8
"""As in `TokenRecords`: so much of the text is sent for each token of the context."""
_BEHIND = 64
"""Code points that are sent behind a part, so that its last token is that of the text."""


class OtherTextFit(FittedText):
    """The fit of a text that is not in front: of a file, or of another open document.

    Attributes:
        name: What the text is called; empty while there is none.

    Args:
        client: The line to the engine.
        model: The open model.
        records: The scoring of the text in front, which goes first.
        writing: Goes first too.
        reading: Reads files.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        client: EngineClient,
        model: ModelState,
        records: TokenRecords,
        writing: Writing,
        reading: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._model = model
        self._records = records
        self._writing = writing
        self._reading = reading
        self._vocabulary = model.vocabulary
        self.name = self._text = ""
        self._path: Path | None = None
        """Where its text is to be read; None for none."""
        self._request = 0
        self._is_asked = False
        """Whether the engine owes more of the part that was asked for."""
        self._sent = self._asked_from = self._read = 0
        """Where that part's text begins, from where on it is wanted, and up to where all is read
        by now."""
        self._waiting: deque[Scored] = deque()
        """What was read, and is to be counted."""
        self._failure = ""
        for changed in (records.scoring_changed, writing.changed):
            changed.connect(self._resume)
        model.changed.connect(self._on_model_changed)
        client.died.connect(lambda _outcome: self._on_died())

    @property
    def is_there(self) -> bool:
        """Whether a second text was chosen."""
        return bool(self.name)

    @property
    def subject(self) -> str:
        """What it is called in a sentence."""
        return f"“{visible_name(self.name)}”"

    @property
    def progress(self) -> str:
        """How far it is, for the writer, while it is busy."""
        if not self._text:
            return tr("The file is read…")
        return tr("The model reads it: {share} %", share=100 * self._read // len(self._text))

    def begin(self, name: str, text: str) -> None:
        """Have a text read, and fit it.

        Args:
            name: What it is called.
            text: Its characters.
        """
        self.clear()
        self.name, self._text = name, text
        if not text.strip():
            self._end(None, tr("There is no text in it."))
        elif not self._model.is_ready:
            self._end(None, tr("Open a model first: it is the one that reads."))
        else:
            self._vocabulary = self._model.vocabulary
            self._start(self._work())

    def begin_file(self, path: Path) -> None:
        """Have a file's text read, and fit it.

        Args:
            path: A text, a document, or another program's document.
        """
        self.clear()
        self.name, self._path = path.name, path
        steps = self._wait()
        self._start(steps)

        def come(found: str | ManuscriptFileError | None) -> None:
            if self._steps is not steps:
                return  # another text was chosen
            if isinstance(found, str):
                self.begin(path.name, found)
                self._path = path
            else:
                self._end(None, str(found or tr("It was not read.")))

        self._reading.start(
            lambda at: _text_of(path, at), come, tr("Opening {name}", name=quoted_name(path))
        )

    def begin_again(self) -> None:
        """Read the text once more, where it was stopped or another model is open by now."""
        if self._path is None:
            self.begin(self.name, self._text)
        else:
            self.begin_file(self._path)

    def stop(self) -> None:
        """End the reading. What was fitted before stays."""
        if self._is_asked:
            self._client.send(Stop(request=self._request))
            self._is_asked = False
        self._waiting.clear()
        super().stop()

    def clear(self) -> None:
        """Forget the text."""
        self.name = self._text = self._failure = ""
        self._path = None
        self._read = 0
        super().clear()

    def _on_model_changed(self) -> None:
        if self._model.is_ready and self._model.vocabulary != self._vocabulary and self.is_there:
            self.stop()
            self._end(None, tr("Another model is open now: choose the text again to ask it."))

    def _on_died(self) -> None:
        if self.is_busy and self._text:
            self._is_asked = False
            self._waiting.clear()
            self._end(None, tr("The engine ended before the text was read."))

    # In steps

    def _wait(self) -> Steps:
        while True:
            yield True

    def _work(self) -> Steps:
        likelihood = TemperatureLikelihood()
        counted = CountedTokens(likelihood)
        places = yield from places_in_pieces(self._text)
        while self._read < len(self._text) and len(counted) < MOST_TOKENS and not self._failure:
            while self._records.is_scoring or not self._writing.is_idle:
                yield True  # a newer scoring ends the one before it, whoever asked
            self._ask()
            while self._is_asked or self._waiting:
                if not self._waiting:
                    yield True
                    continue
                yield from self._count(self._waiting.popleft(), likelihood, counted, places)
        if self._is_asked:
            self._client.send(Stop(request=self._request))
            self._is_asked = False
        fit = yield from counted.fitted(chapters(self._text))
        message = self._failure
        if len(counted) >= MOST_TOKENS:
            message = tr("The first {count:,} tokens of it count.", count=MOST_TOKENS)
        self._end(fit, message or ("" if fit else tr(NO_CHOICE)))

    def _count(
        self,
        event: Scored,
        likelihood: TemperatureLikelihood,
        counted: CountedTokens,
        places: bytearray,
    ) -> Generator[bool, None, None]:
        at = self._sent + event.start
        for record, characters in characters_of(event.tokens):
            yield False
            end = at + len(characters)
            try:
                likelihood.append(LogitSketch.from_bytes(record.sketch), record.id)
                counted.append(len(likelihood) - 1, at, max(places[at:end], default=0))
            except ValueError:
                pass  # it knows nothing of this token
            at = end
        self._read = max(self._read, at)
        self.changed.emit()

    def _ask(self) -> None:
        """Ask for the next part, with as much before it as the context may hold."""
        report = self._model.report
        around = _CHARACTERS_A_TOKEN * (report.context_size if report else 0)
        first = self._asked_from = self._read
        length = len(self._text)
        last = min(length, first + around)
        self._sent = self._after_a_word(first - around)
        self._request = self._client.next_request(self._on_event, replaces=self._request)
        self._is_asked = True
        self._client.send(
            Score(
                request=self._request,
                prompt=Prompt(manuscript=self._text[self._sent : last + _BEHIND]),
                first=first - self._sent,
                last=None if last == length else last - self._sent,
            )
        )

    def _after_a_word(self, position: int) -> int:
        """The first place from there on where no tokenizer would join what is on both sides."""
        if position <= 0:
            return 0
        near = self._text[position : position + _BEHIND]
        return position + next((place for place, sign in enumerate(near) if sign.isspace()), 0)

    def _on_event(self, event: AnyEvent) -> None:
        if event.request != self._request or not self._is_asked:
            return
        match event:
            case Scored():
                self._waiting.append(event)
            case ScoringEnded():
                self._is_asked = False
                reached = self._sent + event.reached
                # Where not even one token could be read, the rest cannot be either. What was read
                # may be counted by now, or wait for that.
                self._read = reached if reached > self._asked_from else len(self._text)
            case Failed():
                self._is_asked = False
                self._failure = event.message
            case Superseded():
                self._is_asked = False
        self._resume()


def _text_of(path: Path, at: At) -> str | ManuscriptFileError:
    """Read a file's text; in the other thread."""
    if path.suffix.lower() in DOCUMENT_SUFFIXES:
        from studio.interchange.documents import read_document  # few need it

        try:
            return read_document(path, at)
        except ManuscriptFileError as error:
            return error
    found = read_text(path, at)
    return found if isinstance(found, ManuscriptFileError) else found.file.text
