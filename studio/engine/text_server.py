"""A model at a server that draws by itself: texts come as it writes them, and little else does.

For servers of OpenAI's protocol that are no llama-server. With each token come the likeliest of its
place, where the server says them as the model's own (`server.streamed_tokens`). What else this
process cannot know there (what stands next, how likely a text is) is refused with a word.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import cast

from msgspec import structs

from studio.engine.control import Control
from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.messages import (
    MOST_SEQUENCES,
    ChangeSequence,
    Emit,
    EngineError,
    Evaluated,
    Finished,
    FinishReason,
    Generate,
    ModelReport,
    ParamsChanged,
    Prompt,
    QueueSequence,
    RunFinished,
    SequenceCommand,
    SequenceStart,
    Started,
    StopSequence,
    Token,
)
from studio.engine.served_template import TemplateNotSeenError, served_skeletons
from studio.engine.server.asking import Address, Asking, ServerError
from studio.engine.server.asking_again import BUSY, asked_again
from studio.engine.server.capabilities import (
    ALL,
    MOST_TOKENS,
    Capabilities,
    Finding,
    capabilities_of,
    is_llama_server,
)
from studio.engine.server.completions import Choice, read_completion
from studio.engine.server.completions_model import CompletionsModel
from studio.engine.server.lines import Lines, Question
from studio.engine.server.model import FAR
from studio.engine.server.requests import check_model, has_no_room, reason_of, request_of
from studio.engine.server.spelled_vocabulary import NotSpelledError, SpelledVocabulary
from studio.engine.server.streamed_tokens import StreamedToken, StreamedTokens, StreamReader
from studio.engine.templates.chat_template import ChatSkeleton
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.prompt_pieces import pieces_of, room_for
from studio.sampling import MAX_SEED, SamplingParams
from studio.token_record import TokenRecord
from studio.translation import tr
from studio.visible_text import visible_line

UNKNOWN_CONTEXT = 4096
"""Tokens: what a server is taken to hold that does not say."""
_CHARACTERS = 4
"""Of a token, where it is only estimated how many a text has."""
_LEAST_CHARACTERS = 3
"""The same where it must not be too many."""
_PATIENCE = 900.0
"""Seconds. Until a model is loaded or a long prompt read a server may say nothing at all; who waits
can stop it."""
_ROUND_TRIPS = 5
_POLL = 0.05
"""Seconds in which what is asked of a sequence is seen; nothing waits where nothing is written."""


def is_llama_server_at(address: Address, key: str, interrupt: Interrupt) -> bool:
    """Whether llama.cpp's own server answers at an address.

    Args:
        address: The address.
        key: What it asks for.
        interrupt: Ends what is asked.

    Raises:
        EvaluationStopped: The interrupt was set.
        EngineError: Nobody answers.
    """
    asking = Asking(address, key)
    try:
        with interrupt.ending(asking.stop):
            return is_llama_server(asking)
    except ServerError as error:
        raise _engine_error(error, interrupt) from None
    finally:
        asking.close()


def _engine_error(error: ServerError, interrupt: Interrupt) -> Exception:
    if interrupt.is_set():
        return EvaluationStopped()
    return EngineError("context_size" if has_no_room(error) else "server", str(error))


class TextServer:
    """A server that writes.

    Args:
        address: Where it is.
        key: What it asks for; empty for none.
        interrupt: Ends what is asked.

    Raises:
        EvaluationStopped: The interrupt was set.
        EngineError: It does not answer, or speaks another protocol.
    """

    def __init__(self, address: Address, key: str, interrupt: Interrupt) -> None:
        started = time.perf_counter()
        self.address = address
        self.interrupt = interrupt
        self._key = key
        asking = self.line()
        try:
            with interrupt.ending(asking.stop):
                self.can = capabilities_of(asking)
        except ServerError as error:
            raise _engine_error(error, interrupt) from None
        finally:
            asking.close()
        context = self.can.context.value
        self.size = context if isinstance(context, int) else UNKNOWN_CONTEXT
        self.vocabulary: SpelledVocabulary | None = None
        self._lines = Lines(address, key, interrupt, self.can.program or tr("such server"))
        self.own_draws = self._found_own_draws()
        """Whether tokens are drawn here."""
        self.skeletons: dict[bool, ChatSkeleton] = {}
        """Of its chat template, by whether there is a system message; none where it writes chats.
        """
        self._own_chats = self._found_own_chats()
        self.tokens = StreamedTokens(self.can, self.vocabulary)
        # Numbers that are made here mean nothing when the server is opened again.
        self.mark = self.vocabulary.mark if self.vocabulary else f"{secrets.token_hex(6)} "
        self._seconds = time.perf_counter() - started

    def close(self) -> None:
        """Leave the server."""
        self._lines.close()

    def line(self) -> Asking:
        """A new line to it."""
        return Asking(self.address, self._key, _PATIENCE)

    def _found_own_draws(self) -> Finding:
        """Whether tokens are drawn here; learns how its ids are spelled, where that can be."""
        size = self.can.vocabulary.value
        if isinstance(size, int) and self.can.prompt_ids.is_there:
            try:
                self.vocabulary = SpelledVocabulary(self._lines, self.can.model, size)
            except (NotSpelledError, EngineError) as error:
                return Finding(None, visible_line(str(error)))
        if not self.can.own_draws.is_there:
            return self.can.own_draws
        if self.vocabulary is None:
            return Finding(None, self.can.vocabulary.why)
        seconds = min(self._round_trip() for _ in range(_ROUND_TRIPS))
        if seconds > FAR:
            words = tr("it is too far away: {time:.0f} ms", time=1000 * seconds)
            return Finding(None, words)
        most = self.can.logprobs.value
        if most == ALL:
            return Finding(True)
        words = tr("where its {count:,} likeliest tokens settle what can be drawn", count=most)
        return Finding(True, words)

    def _found_own_chats(self) -> Finding:
        """Whether chats are drawn here as well; learns what its chat template is then."""
        if not self.own_draws.is_there or self.vocabulary is None:
            return self.own_draws
        if not self.can.chat_ids.is_there:
            return self.can.chat_ids
        try:
            self.skeletons = served_skeletons(self._lines, self.can.model, self.vocabulary)
        except TemplateNotSeenError as error:
            return Finding(None, visible_line(str(error)))
        return Finding(True)

    def writes(self, prompt: Prompt) -> bool:
        """Whether it writes such a prompt by itself, and nothing is drawn here.

        Args:
            prompt: What is written on.
        """
        return not (self.own_draws.is_there and (prompt.format == "plain" or self.skeletons))

    def _round_trip(self) -> float:
        started = time.perf_counter()
        self._lines.ask(Question("/v1/models"), object)
        return time.perf_counter() - started

    def model(self) -> CompletionsModel | None:
        """The model of which tokens are drawn here; None where the server draws."""
        if not self.own_draws.is_there or self.vocabulary is None:
            return None
        return CompletionsModel(self._lines, self.can, self.vocabulary)

    def report(self) -> ModelReport:
        """What stands there, as far as it says."""
        can, vocabulary = self.can, self.vocabulary
        return ModelReport(
            path=self.address.shown,
            name=can.model,
            architecture="",
            quantization="",
            file_bytes=0,
            parameters=0,
            vocabulary_size=vocabulary.size if vocabulary else MOST_TOKENS,
            context_size=self.size,
            context_train=0,
            layers=0,
            layers_offloaded=0,
            backend=can.program or tr("a server of OpenAI's protocol"),
            device=can.version,
            threads=0,
            memory_mapped=False,
            memory_bytes=0,
            has_chat_template=can.chat.is_there,
            seconds=self._seconds,
            draws_there=not self.own_draws.is_there,
            has_sketches=self.tokens.best > 0,
            takes_repeat_penalty=not self.own_draws.is_there,
            known_tokens=self._known_tokens(),
            vocabulary=self.mark,
            control=vocabulary.control if vocabulary else {},
            can=(
                *can.rows()[:-1],
                (tr("Drawn here"), self.own_draws.shown),
                (tr("Chats drawn here"), self._own_chats.shown),
            ),
            chats_there="" if self.skeletons else self._own_chats.why,
        )

    def _known_tokens(self) -> int:
        most = self.can.logprobs.value
        return most if self.own_draws.is_there and isinstance(most, int) and most > 0 else 0

    def refusal(self) -> EngineError:
        """Why it cannot be asked what only a model here can."""
        name = self.can.program or tr("This server")
        if self.own_draws.is_there:
            words = tr(
                "{name} writes chats by itself ({why}), and does not say what could stand next. In "
                "the plain format that is shown.",
                name=name,
                why=self._own_chats.why,
            )
        else:
            words = tr(
                "{name} writes by itself, and does not say what could stand next: {why}.",
                name=name,
                why=self.own_draws.why,
            )
        return EngineError("server", words)

    def generate(self, command: Generate, control: Control, emit: Emit) -> None:
        """Carry out a generation.

        Args:
            command: What is to be written.
            control: Stops it, and turns its sequences.
            emit: Takes the events.

        Raises:
            EngineError: The server does not do it.
        """
        if command.keep:
            raise EngineError(
                "server",
                tr(
                    "Lanes are compared by what could have stood in each place, which {name} does "
                    "not say. Write takes at several temperatures instead.",
                    name=self.can.program or tr("this server"),
                ),
            )
        TextGeneration(command, self, emit).run(control)


class _Sequence:
    """One text as it is written."""

    def __init__(
        self, number: int, prompt: Prompt, start: SequenceStart, seed: int, reader: StreamReader
    ) -> None:
        self.number = number
        self.prompt = prompt
        self.params: SamplingParams = start.params
        self.stop = start.stop
        self.seed = seed
        self.left = 0
        """Tokens that may still be written."""
        self.text = b""
        self.tokens = 0
        self.runs = False
        self.finish: FinishReason | None = None
        self.turn = 0
        """What comes of an earlier request is not looked at."""
        self.line: Asking | None = None
        self.reader = reader
        """Puts its tokens together."""

    def hang_up(self) -> None:
        """Leave what is under way."""
        self.turn += 1
        self.reader.end()
        if self.line is not None:
            self.line.stop()
            self.line = None


_Came = tuple[_Sequence, int, "Choice | ServerError | None"]


class TextGeneration:
    """One prompt and its sequences, each a stream of the server's.

    Args:
        command: What was asked for.
        server: Who writes.
        emit: Takes the events.

    Raises:
        EngineError: It is to go on with what this server has not written.
    """

    def __init__(self, command: Generate, server: TextServer, emit: Emit) -> None:
        self.request = command.request
        self._server = server
        self._emit = emit
        self._ignore_eos = command.ignore_eos
        self._given = command.prompt
        self._prompt, self._unseen = _shaped(command.prompt, server.size, command.max_tokens)
        self._queue: deque[QueueSequence] = deque()
        self._came: queue.SimpleQueue[_Came | None] = queue.SimpleQueue()
        self._reasons: list[FinishReason] = []
        self._written = 0
        self._sequences: dict[int, _Sequence] = {}
        seed = command.seed if command.seed >= 0 else secrets.randbelow(MAX_SEED + 1)
        for number, start in enumerate(command.sequences):
            if start.written:
                raise EngineError(
                    "no_sequences",
                    tr(
                        "A server cannot go on with tokens that it has not written. Run the lane "
                        "again."
                    ),
                )
            own = seed
            if not command.share_u:
                is_given = start.params.seed >= 0
                own = start.params.seed if is_given else (seed + number) % (MAX_SEED + 1)
            reader = server.tokens.reader()
            one = self._sequences[number] = _Sequence(number, self._prompt, start, own, reader)
            one.left, one.runs = command.max_tokens, not start.waits

    def run(self, control: Control) -> None:
        """Write until all sequences have ended; first carries out what `control` has waiting.

        Args:
            control: Stops it, and turns its sequences.

        Raises:
            EngineError: The server does not do it.
        """
        started = time.perf_counter()
        for one in self._sequences.values():
            self._report_start(one)
        self._report_prompt(self._prompt, self._unseen)
        first = 0.0
        try:
            with self._server.interrupt.ending(lambda: self._came.put(None)):
                while not control.stopped:
                    self.handle(control.commands)
                    self._begin_queued()
                    going = [one for one in self._sequences.values() if one.runs]
                    if not going:
                        break
                    for one in going:
                        if one.line is None:
                            self._ask(one)
                    self._take()
                    if self._written and not first:
                        first = time.perf_counter()
        finally:
            self._queue.clear()
            for one in self._sequences.values():
                one.hang_up()
                if one.runs:
                    self._end(one, "stopped")
        ended = time.perf_counter()
        # Where all came at once, from the start: a rate of what was written before says nothing.
        begun = first if first and ended - first > _POLL else started
        self._emit(
            RunFinished(
                request=self.request,
                tokens=self._written,
                reasons=tuple(self._reasons),
                evaluated=max(self._written - 1, 0),
                prompt_tokens=_estimate(self._prompt),
                seconds_prompt=begun - started,
                seconds_generation=max(ended - begun, 1e-9),
            )
        )

    def handle(self, commands: deque[SequenceCommand]) -> None:
        """Carry out what waits.

        Args:
            commands: It.
        """
        while commands:
            command = commands.popleft()
            one = (
                None
                if isinstance(command, QueueSequence)
                else self._sequences.get(command.sequence)
            )
            match command:
                case ChangeSequence() if one and one.runs:
                    one.hang_up()  # and go on behind what it has written
                    self._change(one, command.params)
                case StopSequence() if one and one.runs:
                    one.hang_up()
                    self._end(one, "stopped")
                case QueueSequence():
                    self._queue.append(command)

    def _begin_queued(self) -> None:
        while self._queue:
            busy = {number for number, one in self._sequences.items() if one.runs}
            free = [number for number in range(MOST_SEQUENCES) if number not in busy]
            if not free:
                return
            command = self._queue.popleft()
            prompt, unseen = _shaped(command.prompt, self._server.size, command.max_tokens)
            seed = command.start.params.seed
            if seed < 0:
                seed = secrets.randbelow(MAX_SEED + 1)
            reader = self._server.tokens.reader()
            one = _Sequence(free[0], prompt, command.start, seed, reader)
            one.left, one.runs = command.max_tokens, True
            self._sequences[free[0]] = one
            self._report_start(one)
            if command.prompt != self._given:
                self._given = command.prompt
                self._report_prompt(prompt, unseen)

    def _change(self, one: _Sequence, params: SamplingParams) -> None:
        if params != one.params:
            one.params = params
            self._emit(
                ParamsChanged(
                    request=self.request, sequence=one.number, index=one.tokens, params=params
                )
            )

    def _ask(self, one: _Sequence) -> None:
        """Have a sequence's stream read, by a thread of its own."""
        # A stream that is asked for anew draws on with another seed: with the same it would begin
        # with what it drew first.
        seed = (one.seed + one.tokens) % (MAX_SEED + 1)
        prompt = structs.replace(
            one.prompt, manuscript=one.prompt.manuscript + one.text.decode("utf-8", "replace")
        )
        try:
            path, body = request_of(
                [prompt],
                structs.replace(one.params, seed=seed),
                self._server.can,
                max_tokens=max(one.left, 1),
                stop=one.stop,
                ignore_eos=self._ignore_eos,
                best=max(self._server.tokens.best, 1),
                by_ids=self._server.vocabulary is not None,
                mark=self._server.mark,
            )
        except ServerError as error:
            raise EngineError("server", str(error)) from None
        text, vocabulary = body.get("prompt"), self._server.vocabulary
        if vocabulary and isinstance(text, str) and vocabulary.names_control(text):
            # The server would take the name for the token.
            bos = [] if vocabulary.bos is None else [vocabulary.bos]
            body["prompt"] = [*bos, *vocabulary.tokenize(text)]
        one.line = line = self._server.line()
        turn, came = one.turn, self._came
        body["stream"] = True

        def read() -> None:
            try:
                for choice in _choices(line, path, body, self._server.can):
                    came.put((one, turn, choice))
                came.put((one, turn, None))
            except ServerError as error:
                came.put((one, turn, error))
            finally:
                line.close()

        threading.Thread(target=read, name="stream", daemon=True).start()

    def _take(self) -> None:
        """Take what came, and wait for it if nothing has."""
        tokens: list[Token] = []
        try:
            waiting = self._came.get(timeout=_POLL)
            while True:
                if waiting is not None:
                    self._take_one(*waiting, tokens)
                waiting = self._came.get_nowait()
        except queue.Empty:
            pass
        finally:
            if tokens:
                self._emit(*tokens)

    def _take_one(
        self, one: _Sequence, turn: int, came: Choice | ServerError | None, tokens: list[Token]
    ) -> None:
        if turn != one.turn:
            return
        match came:
            case Choice():
                tokens += self._tokens(one, one.reader.read(came))
                if came.finish:
                    one.finish = reason_of(came, one.stop)
            case ServerError():
                if came.kind == "stopped":
                    return
                if tokens:
                    self._emit(*tokens)
                    tokens.clear()
                raise _engine_error(came, self._server.interrupt)
            case None:
                left, last = one.reader.end()
                reason = one.finish or "end_of_text"
                if last and last.record.text and reason != "stop_string":
                    left, last = [*left, last], None
                tokens += self._tokens(one, left)
                end = self._token(one, *last) if last else None
                if tokens:
                    self._emit(*tokens)
                    tokens.clear()
                one.hang_up()
                self._end(one, reason, end)

    def _tokens(self, one: _Sequence, found: Iterable[StreamedToken]) -> Iterator[Token]:
        for record, pieces in found:
            yield self._token(one, record, pieces)
            one.tokens += 1
            one.left -= 1
            one.text += record.text
            self._written += 1

    def _token(self, one: _Sequence, record: TokenRecord, pieces: dict[int, bytes]) -> Token:
        return Token(
            request=self.request,
            sequence=one.number,
            index=one.tokens,
            record=record,
            pieces=pieces,
        )

    def _end(self, one: _Sequence, reason: FinishReason, end: Token | None = None) -> None:
        one.runs, one.finish = False, None
        self._reasons.append(reason)
        self._emit(
            Finished(
                request=self.request,
                sequence=one.number,
                reason=reason,
                tokens=one.tokens,
                seed=one.seed,
                params=one.params,
                end=end,
            )
        )

    def _report_start(self, one: _Sequence) -> None:
        self._emit(
            Started(
                request=self.request,
                sequence=one.number,
                seed=one.seed,
                params=one.params,
                tokens=one.tokens,
            )
        )

    def _report_prompt(self, prompt: Prompt, unseen: int) -> None:
        self._emit(
            Evaluated(
                request=self.request,
                tokens=b"",
                context_used=min(_estimate(prompt), self._server.size),
                context_size=self._server.size,
                unseen_characters=unseen,
                reused=0,
            )
        )


def _choices(
    line: Asking, path: str, body: dict[str, object], can: Capabilities
) -> Iterator[Choice]:
    """What a stream brings; where a server is busy, it is asked for again."""

    def begun() -> tuple[Iterator[object], object | None]:
        events = line.stream(path, body)
        return events, next(events, None)

    events, event = asked_again(begun, line.wait, only=BUSY)
    while event is not None:
        found = read_completion(event, line.address)
        check_model(found, can)
        yield from found.choices
        event = next(events, None)


def _estimate(prompt: Prompt) -> int:
    """About how many tokens a prompt has."""
    return sum(map(len, (prompt.system, prompt.brief, prompt.manuscript))) // _CHARACTERS


def _shaped(prompt: Prompt, size: int, max_tokens: int) -> tuple[Prompt, int]:
    """A prompt with its parts put into it, and cut at its beginning where it has no room.

    Returns:
        It, and how many characters of the manuscript were cut off.
    """
    vocabulary = cast("Vocabulary", _Estimated())  # all that is asked of it here
    notes = room_for(prompt.parts, vocabulary) if prompt.parts else []
    pieces = pieces_of(prompt, notes, vocabulary)
    beside = "".join(piece.text for piece in pieces.beside)
    text = "".join(piece.text for piece in pieces.text)
    room = _LEAST_CHARACTERS * (size - min(max_tokens, size // 2))
    room -= len(beside) + len(prompt.system)
    cut = max(0, len(text) - max(room, _LEAST_CHARACTERS * size // 8))
    if cut:
        after = text.find("\n", cut, cut + 1_000)
        cut = after + 1 if after >= 0 else cut
    shaped = structs.replace(
        prompt, manuscript=text[cut:], brief=beside, parts=None, skipped=0, after=""
    )
    return shaped, cut


class _Estimated:
    """Takes a token for each few characters, where a server does not count them."""

    added_prefix = 0

    def __init__(self) -> None:
        self._texts: list[str] = []

    def tokenize(self, text: str) -> list[int]:
        self._texts = [text[at : at + _CHARACTERS] for at in range(0, len(text), _CHARACTERS)]
        return list(range(len(self._texts)))

    def text(self, token: int) -> bytes:
        return self._texts[token].encode()
