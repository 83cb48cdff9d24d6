"""The window's state objects on an engine that is played by the test.

`FakeClient` stands where `EngineClient` does: it keeps what was sent, and the test gives the
answers. What is fake is the process alone; everything behind it is the real thing.
"""

from typing import TypeVar

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication

from studio.app.engine_line.client import EngineClient
from studio.app.engine_line.process import End, Outcome
from studio.app.frame_clock import FrameClock
from studio.app.model.context_use import ContextUse
from studio.app.model.fingerprint import ModelFingerprint
from studio.app.model.state import ModelState
from studio.app.tokens.next_token import NextToken
from studio.app.writing.draft import Draft
from studio.app.writing.draft_sampling import DraftSampling
from studio.app.writing.next_token_preview import NextTokenPreview
from studio.app.writing.records import TokenRecords
from studio.app.writing.writing import Writing
from studio.engine.messages import (
    AnyCommand,
    AnyEvent,
    Distribution,
    Evaluated,
    Finished,
    FinishReason,
    Loaded,
    ModelReport,
    RunFinished,
    Token,
)
from studio.presets import Preset
from studio.sampling import LogitSketch, SamplingParams
from studio.token_record import TokenRecord

VOCABULARY = 300
KILLED = Outcome(End.CRASHED, 9, "", ("some line of the log",))

Sent = TypeVar("Sent", bound=AnyCommand)


class FakeClient(EngineClient):
    """Keeps what is sent; the test answers."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[AnyCommand] = []
        self.starts = 0
        self._runs = False

    @property
    def is_running(self) -> bool:
        return self._runs

    def start(self) -> None:
        self.starts += not self._runs
        self._runs = True

    def send(self, command: AnyCommand) -> None:
        if self._runs:
            self.sent.append(command)

    def close(self) -> None:
        self._runs = False

    def all_sent(self, kind: type[Sent]) -> list[Sent]:
        return [command for command in self.sent if isinstance(command, kind)]

    def last(self, kind: type[Sent]) -> Sent:
        return self.all_sent(kind)[-1]

    def answer(self, *events: AnyEvent) -> None:
        for event in events:
            self.hand_on(event)

    def die(self, outcome: Outcome = KILLED) -> None:
        self._runs = False
        self.died.emit(outcome)


class Desk:
    """What `Session` puts together, without presets, on a `FakeClient`."""

    def __init__(self, params: SamplingParams | None = None) -> None:
        params = params or SamplingParams()
        self.client = FakeClient()
        self.model = ModelState(self.client)
        self.context = ContextUse(self.client)
        self.draft = Draft(Preset(name="Plain", description=""))
        self.sampling = DraftSampling(self.draft, params, 64)
        self.next_token = NextToken(params)
        self.fingerprint = ModelFingerprint(self.model)
        self.writing = Writing(
            self.client,
            self.model,
            self.fingerprint,
            self.draft,
            self.sampling,
            self.next_token,
        )
        self.next_token_preview = NextTokenPreview(
            self.client, self.model, self.draft, self.writing, self.next_token
        )
        self.records = TokenRecords(
            self.client, self.model, self.draft, self.writing, self.next_token
        )

    def load(self, path: str = "model.gguf") -> None:
        self.model.open(path)
        self.client.answer(Loaded(request=self.client.sent[-1].request, report=model_report(path)))

    def next_frame(self) -> None:
        """What was written so far is shown, without waiting for it."""
        clock = self.writing.findChild(FrameClock)
        assert isinstance(clock, FrameClock)
        clock.flush()
        QCoreApplication.processEvents()  # the bars come a turn later

    def type(self, text: str) -> None:
        end = len(self.draft.manuscript)
        self.draft.manuscript.edit(end, 0, text)
        self.draft.set_caret(end + len(text))


def model_report(path: str = "model.gguf", **changed: object) -> ModelReport:
    facts: dict[str, object] = {
        "path": path,
        "name": "A training run",
        "architecture": "llama",
        "quantization": "Q4_1",
        "file_bytes": 98_000_000,
        "parameters": 135_000_000,
        "vocabulary_size": VOCABULARY,
        "context_size": 2048,
        "context_train": 8192,
        "layers": 30,
        "layers_offloaded": 0,
        "backend": "CPU",
        "device": "a processor",
        "threads": 2,
        "memory_mapped": True,
        "memory_bytes": 165_000_000,
        "has_chat_template": True,
        "seconds": 0.5,
    }
    return msgspec.convert(facts | changed, ModelReport)


def sketch(favourite: int) -> bytes:
    """A distribution with one favourite."""
    logits = np.random.default_rng(favourite).normal(size=VOCABULARY).astype(np.float32)
    logits[favourite] = 9.0
    return LogitSketch.of(logits).to_bytes()


def evaluated(request: int, *tokens: int, used: int = 0, unseen: int = 0) -> Evaluated:
    return Evaluated(
        request=request,
        tokens=np.asarray(tokens, dtype="<i4").tobytes(),
        context_used=used or len(tokens),
        context_size=2048,
        unseen_characters=unseen,
        reused=0,
    )


def distribution(request: int, favourite: int) -> Distribution:
    return Distribution(
        request=request, sketch=sketch(favourite), pieces={favourite: b"word%d" % favourite}
    )


def token(request: int, index: int, text: bytes, *, token_id: int = 7, sequence: int = 0) -> Token:
    return Token(
        request=request,
        sequence=sequence,
        index=index,
        record=token_record(text, token_id),
        pieces={token_id: text},
    )


def token_record(text: bytes, token_id: int = 7) -> TokenRecord:
    return TokenRecord(
        id=token_id,
        text=text,
        sketch=sketch(token_id),
        u=0.25,
        probability=0.5,
        rank=0,
        kept=VOCABULARY,
        entropy=1.0,
        top=((token_id, 0.5),),
    )


def finished(
    request: int,
    tokens: int,
    *,
    reason: FinishReason = "max_tokens",
    seconds: float = 2.0,
    seed: int = 42,
) -> tuple[Finished, RunFinished]:
    """How a sequence that is written alone ends."""
    return (
        Finished(
            request=request,
            sequence=0,
            reason=reason,
            tokens=tokens,
            seed=seed,
            params=SamplingParams(),
        ),
        RunFinished(
            request=request,
            tokens=tokens,
            reasons=(reason,),
            evaluated=max(0, tokens - 1),
            prompt_tokens=3,
            seconds_prompt=0.1,
            seconds_generation=seconds,
        ),
    )
