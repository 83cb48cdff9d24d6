"""Several questions to one server at a time, which an interrupt ends at once."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import msgspec

from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.messages import EngineError
from studio.engine.server.asking import Address, Asking, ServerError
from studio.translation import tr

T = TypeVar("T")

_PATIENCE = 900.0
"""Seconds. Until a long prompt is read a server says nothing at all; who waits can stop it."""
_BUSY_TRIES, _BUSY_SECONDS = 8, 0.5
"""How often a server that is busy, or loads its model still, is asked again, and how soon: each
time after twice as long."""


class Question(NamedTuple):
    """What is asked.

    Attributes:
        path: Of whom.
        body: What, as JSON; None for what stands there.
    """

    path: str
    body: object = None


_Answered = tuple[int, bytes | Exception]
_Answers = queue.SimpleQueue[_Answered | None]


class Lines:
    """Lines to one server, made as they are needed.

    Args:
        address: Where it is.
        key: What it asks for; empty for none.
        interrupt: Ends what is asked.
        program: Which server speaks there.
    """

    def __init__(
        self, address: Address, key: str, interrupt: Interrupt, program: str = "llama-server"
    ) -> None:
        self.address = address
        self.key = key
        self.interrupt = interrupt
        self._program = program
        self._lines: list[_Line] = []
        self._gone = 0
        """Connections of the lines that are no more."""

    @property
    def connections(self) -> int:
        """How many there have been: behind each new one another server may answer."""
        return self._gone + sum(line.connections for line in self._lines)

    def ask(self, question: Question, kind: type[T]) -> T:
        """See `ask_each`."""
        return self.ask_each([question], kind)[0]

    def ask_each(self, questions: Sequence[Question], kind: type[T]) -> list[T]:
        """Ask questions at the same time.

        Args:
            questions: At least one.
            kind: What each is answered by; what else is said is left out.

        Raises:
            EvaluationStopped: The interrupt was set: the server is left at once.
            EngineError: It does not answer, or says something else.
        """
        while len(self._lines) < len(questions):
            self._lines.append(_Line(self.address, self.key))
        answers: _Answers = queue.SimpleQueue()
        found: dict[int, bytes] = {}
        with self.interrupt.ending(lambda: answers.put(None)):
            for number, question in enumerate(questions):
                self._lines[number].ask(number, question, answers)
            while len(found) < len(questions):
                answered = answers.get()
                if answered is None:
                    self.close()
                    raise EvaluationStopped
                number, answer = answered
                if isinstance(answer, Exception):
                    self.close()
                    if isinstance(answer, ServerError):
                        raise EngineError("server", str(answer)) from None
                    raise answer
                found[number] = answer
        return [self._decoded(found[number], kind) for number in range(len(questions))]

    def close(self) -> None:
        """Leave the server; what is asked next makes new lines."""
        for line in self._lines:
            self._gone += line.connections
            line.end()
        self._lines = []

    def _decoded(self, answer: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise EngineError("server", self.misread()) from None

    def misread(self) -> str:
        """What is said of what does not speak as the server does."""
        return tr(
            "What answers at {url} is no {program}, or one of another version. Check host "
            "and port.",
            url=self.address.shown,
            program=self._program,
        )


class _Line:
    """One connection and the thread that waits for its answers."""

    def __init__(self, address: Address, key: str) -> None:
        self._asking = Asking(address, key, _PATIENCE)
        self._questions: queue.SimpleQueue[tuple[int, Question, _Answers] | None] = (
            queue.SimpleQueue()
        )
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="server", daemon=True).start()

    @property
    def connections(self) -> int:
        return self._asking.connections

    def ask(self, number: int, question: Question, answers: _Answers) -> None:
        """Have a question answered.

        Args:
            number: By which its answer is known.
            question: It.
            answers: Is given the answer.
        """
        self._questions.put((number, question, answers))

    def end(self) -> None:
        """End it, whatever it waits for; does not wait itself."""
        self._ended.set()
        self._asking.stop()
        self._questions.put(None)

    def _run(self) -> None:
        while (waiting := self._questions.get()) is not None and not self._ended.is_set():
            number, question, answers = waiting
            try:
                answers.put((number, self._answer(question)))
            except Exception as error:
                answers.put((number, error))
        with contextlib.suppress(OSError):
            self._asking.close()

    def _answer(self, question: Question) -> bytes:
        wait = _BUSY_SECONDS
        for tries in range(_BUSY_TRIES):
            try:
                return self._asking.raw(question.path, question.body)
            except ServerError as error:
                if error.kind != "busy" or tries + 1 == _BUSY_TRIES:
                    raise
                self._ended.wait(error.wait if error.wait is not None else wait)
                wait *= 2
        raise AssertionError
