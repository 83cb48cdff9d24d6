"""Writing many texts at a server of OpenAI's protocol: whole batches, many of them at a time.

A request has several prompts and several texts of each (n), where the server takes that; so many
requests are under way at once as is allowed. What fails for a reason that passes is asked again,
later each time, or when the server says. The server draws: each text's seed is that of its request,
or where the server counts on from it, that many more.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import NamedTuple

import msgspec

from studio.engine.messages import Prompt
from studio.engine.server.asking import Address, Asking, ServerError
from studio.engine.server.asking_again import asked_again
from studio.engine.server.capabilities import Capabilities
from studio.engine.server.completions import Choice, Completion, read_completion
from studio.engine.server.requests import check_model, has_no_room, reason_of, request_of
from studio.experiments.samples import Sample, ServedText, WrittenSample
from studio.model_record import LONGEST_LINE, ModelRecord
from studio.sampling import MAX_SEED
from studio.translation import tr
from studio.utf8 import whole_characters

PATIENCE = 600.0
"""Seconds without a word: a batch is answered as a whole."""

GRACE = 20.0
"""Seconds in which what is under way must say something where one request has failed for good."""

BATCH, AT_ONCE = 16, 8
"""Texts of a request and requests under way, unless others are asked for."""
MOST_BATCH, MOST_AT_ONCE = 256, 256


class Batch(NamedTuple):
    """Texts that one request asks for: as many of each prompt.

    Attributes:
        prompts: Of each prompt its samples.
    """

    prompts: tuple[tuple[Sample, ...], ...]

    @property
    def first(self) -> Sample:
        """Whose parameters all have, and whose seed the request."""
        return self.prompts[0][0]


class Served(msgspec.Struct, frozen=True):
    """A server that writes.

    Attributes:
        address: Where it is.
        key: What it asks for.
        can: What it can do.
        batch: Texts of a request at most.
        at_once: Requests under way at most.
    """

    address: Address
    key: str
    can: Capabilities
    batch: int = BATCH
    at_once: int = AT_ONCE

    @property
    def model_record(self) -> ModelRecord:
        """What is kept of its model; where it stands is nobody's business who is given that."""
        return ModelRecord(name=self.can.model[:LONGEST_LINE])


class ServerRun:
    """Writes samples at a server.

    Args:
        server: The server.
        more: The next sample to be written; None where there is none now. It is asked again
            whenever one was written.
        written: Takes each sample as it ends. Both are called by the thread that runs it.
        ignore_eos: Whether samples go on past an end-of-sequence token.
        say: Takes what is to be said of trouble that may pass.
        patience: Seconds in which an answer must come.

    Attributes:
        failed: What went wrong for good; empty while nothing did.
        is_stopped: Whether it was stopped before its end.
        tokens: How many were written.
        requests: How many were answered.
    """

    def __init__(
        self,
        server: Served,
        more: Callable[[], Sample | None],
        written: Callable[[WrittenSample], None],
        *,
        ignore_eos: bool = False,
        say: Callable[[str], object] = lambda _words: None,
        patience: float = PATIENCE,
    ) -> None:
        self.failed = ""
        self.is_stopped = False
        self.tokens = 0
        self.requests = 0
        self._server = server
        self._more = more
        self._written = written
        self._ignore_eos = ignore_eos
        self._say = say
        self._patience = patience
        self._pool: list[Sample] = []
        """Samples that wait, oldest first."""
        self._answers: queue.SimpleQueue[tuple[Batch, Completion | Exception] | str | None] = (
            queue.SimpleQueue()
        )
        self._stopping = Event()
        self._idle: queue.SimpleQueue[Asking] = queue.SimpleQueue()
        self._lines: list[Asking] = []

    def stop(self) -> None:
        """End it; any thread's, and a signal's."""
        # No more than this: a signal may come in the midst of what holds a lock.
        self.is_stopped = True
        self._answers.put(None)

    def run(self) -> None:
        """Write until none is left, something fails for good, or it is stopped.

        Raises:
            Exception: What `more` and `written` raise.
        """
        server = self._server
        self._lines = [
            Asking(server.address, server.key, self._patience) for _ in range(server.at_once)
        ]
        for line in self._lines:
            self._idle.put(line)
        try:
            self._run()
        finally:
            for line in self._lines:
                line.close()

    def _run(self) -> None:
        server, under_way = self._server, 0
        with ThreadPoolExecutor(server.at_once) as threads:
            try:
                while not self.is_stopped:
                    while under_way < server.at_once and not self.failed:
                        batch = self._next()
                        if batch is None:
                            break
                        threads.submit(self._ask, batch)
                        under_way += 1
                    if not under_way:
                        return
                    try:
                        came = self._answers.get(timeout=GRACE if self.failed else None)
                    except queue.Empty:
                        return  # a server that is half gone holds its lines for ever
                    match came:
                        case str(words):
                            self._say(words)
                        case (batch, answer):
                            under_way -= 1
                            under_way += self._take(batch, answer, threads)
                # What came until it was stopped is kept.
                while not self._answers.empty():
                    match self._answers.get():
                        case (batch, Completion() as answer):
                            self._take(batch, answer, threads)
            finally:
                self._stopping.set()
                for line in self._lines:
                    line.stop()

    def _next(self) -> Batch | None:
        """The next request: samples that differ by prompt and seed alone."""
        server = self._server
        most = server.batch if self._can_batch else 1
        while len(self._pool) < most * (server.at_once + 1):
            sample = self._more()
            if sample is None:
                break
            self._pool.append(sample)
        if not self._pool:
            return None
        alike = [one for one in self._pool if _kind(one) == _kind(self._pool[0])]
        by_prompt: dict[Prompt, list[Sample]] = {}
        for one in alike:
            by_prompt.setdefault(one.prompt, []).append(one)
        first = next(iter(by_prompt.values()))
        count = min(len(first), most) if server.can.several.is_there else 1
        chosen = [tuple(first[:count])]
        if server.can.prompts.is_there and self._pool[0].prompt.format == "plain":
            for others in list(by_prompt.values())[1:]:
                if len(others) >= count and (len(chosen) + 1) * count <= most:
                    chosen.append(tuple(others[:count]))
        taken = {id(one) for samples in chosen for one in samples}
        self._pool = [one for one in self._pool if id(one) not in taken]
        return Batch(tuple(chosen))

    @property
    def _can_batch(self) -> bool:
        return self._server.can.several.is_there or self._server.can.prompts.is_there

    def _ask(self, batch: Batch) -> None:
        """Have a batch written; in a thread of the pool."""
        line = self._idle.get()
        try:
            self._answers.put((batch, self._asked(batch, line)))
        except Exception as error:  # raised by whoever runs it
            self._answers.put((batch, error))
        finally:
            self._idle.put(line)

    def _asked(self, batch: Batch, line: Asking) -> Completion:
        sample = batch.first
        path, body = request_of(
            [samples[0].prompt for samples in batch.prompts],
            sample.params,
            self._server.can,
            max_tokens=sample.max_tokens,
            stop=sample.stop,
            count=len(batch.prompts[0]),
            ignore_eos=self._ignore_eos,
        )
        value = asked_again(
            lambda: line.post(path, body), self._stopping.wait, self._retrying
        ).value
        found = read_completion(value, self._server.address)
        wanted = sum(map(len, batch.prompts))
        if [one.number for one in found.choices] != list(range(wanted)):
            words = tr(
                "{url} wrote {found} texts where {wanted} were asked for",
                url=self._server.address.shown,
                found=len(found.choices),
                wanted=wanted,
            )
            raise ServerError("garbage", words)
        check_model(found, self._server.can)
        return found

    def _retrying(self, error: ServerError, seconds: float) -> None:
        words = tr("{why} Asking again in {seconds:.0f} s.", why=error, seconds=seconds)
        self._answers.put(words)

    def _take(
        self, batch: Batch, answer: Completion | Exception, threads: ThreadPoolExecutor
    ) -> int:
        """Take what a request brought.

        Returns:
            How many other requests it became.
        """
        if isinstance(answer, Completion):
            self.requests += 1
            choices = iter(answer.choices)
            is_alone = len(answer.choices) == 1
            for samples in batch.prompts:
                for copy, sample in enumerate(samples):
                    usage = answer.tokens if is_alone else None
                    self._give(batch, sample, copy, next(choices), usage)
            return 0
        if not isinstance(answer, ServerError):
            raise answer
        if not has_no_room(answer):
            if answer.kind != "stopped":
                self.failed = self.failed or str(answer)
                self._stopping.set()  # what is under way may end, and is not asked again
            return 0
        if len(batch.prompts) > 1:  # one of them has no room; the others may have
            for samples in batch.prompts:
                threads.submit(self._ask, Batch((samples,)))
            return len(batch.prompts)
        for sample in batch.prompts[0]:
            self._written(WrittenSample(sample, 0, "", (), "context_full", 0))
        return 0

    def _give(
        self, batch: Batch, sample: Sample, copy: int, choice: Choice, usage: int | None
    ) -> None:
        served = served_text(choice, usage, is_raw=self._server.can.raw.is_there)
        self.tokens += served.tokens
        seed = max(batch.first.params.seed, 0)
        if self._server.can.counts_seeds:
            seed = (seed + copy) % (MAX_SEED + 1)
        text = whole_characters(choice.text.encode("utf-8", "replace"))
        self._written(
            WrittenSample(sample, seed, text, (), reason_of(choice, sample.stop), 0, served)
        )


def _kind(sample: Sample) -> tuple[object, ...]:
    """What samples of one request have in common."""
    params = msgspec.structs.replace(sample.params, seed=0)
    prompt = sample.prompt if sample.prompt.format == "chat" else None
    return params, sample.max_tokens, sample.stop, prompt


def served_text(choice: Choice, usage: int | None, *, is_raw: bool) -> ServedText:
    """What is known of a text's tokens.

    Args:
        choice: The text.
        usage: How many tokens the answer has, where it is of this text alone.
        is_raw: Whether log-probabilities are the model's own.
    """
    steps = choice.steps
    if choice.ids is not None:
        tokens, ids = len(choice.ids), choice.ids
    elif steps:
        tokens, ids = len(steps), ()
    else:
        tokens, ids = usage or 0, ()
    known = [step.token.logprob for step in steps if step.token.logprob is not None]
    nats = -math.fsum(known) if is_raw and tokens and len(known) == tokens else None
    return ServedText(tokens, ids, nats)
