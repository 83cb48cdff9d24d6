"""What the log holds of the engine's answers; each kind is answered in turn."""

import logging

import pytest

from studio.app.engine_line.request_log import RequestLog
from studio.engine.messages import (
    AnyEvent,
    Failed,
    Generate,
    Load,
    LoadOptions,
    PreviewNextToken,
    Prompt,
    RunFinished,
    Score,
    ScoringEnded,
    SequenceStart,
    Superseded,
)
from studio.sampling import SamplingParams

SECRET = "the old fisherman"
PROMPT = Prompt(manuscript=SECRET, brief=SECRET, system=SECRET)
GENERATE = Generate(
    request=1,
    prompt=PROMPT,
    sequences=(SequenceStart(params=SamplingParams(), stop=(SECRET,)),),
    max_tokens=9,
)
FINISHED = RunFinished(
    request=1,
    tokens=9,
    reasons=("max_tokens",),
    evaluated=8,
    prompt_tokens=1234,
    seconds_prompt=0.1,
    seconds_generation=0.5,
)


@pytest.fixture
def log() -> RequestLog:
    return RequestLog()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (FINISHED, "9 tokens (max_tokens) behind a prompt of 1,234, 16.0 a second"),
        (
            RunFinished(
                request=1,
                tokens=8,
                reasons=("max_tokens", "end_of_text"),
                evaluated=6,
                prompt_tokens=5,
                seconds_prompt=0.1,
                seconds_generation=0.5,
            ),
            "8 tokens (max_tokens, end_of_text) behind a prompt of 5, 12.0 a second",
        ),
        (
            ScoringEnded(
                request=1, tokens=4, reached=9, unseen_characters=0, unpredicted_characters=0
            ),
            "4 tokens scored",
        ),
        (Superseded(request=1), "stopped, or given up for another"),
        (Failed(request=1, kind="prompt", message=SECRET), "failed (prompt)"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_an_answer_is_a_kind_counts_and_a_time(
    log: RequestLog, caplog: pytest.LogCaptureFixture, event: AnyEvent, said: str
) -> None:
    caplog.set_level(logging.INFO, logger="studio")
    log.asked(GENERATE)
    assert log.kinds == "Generate"
    log.answered(event)
    (line,) = caplog.messages
    assert line.startswith(f"Generate: {said}, after ")
    assert line.endswith(" s")
    assert log.kinds == ""


def test_what_is_asked_at_each_rest_is_logged_for_who_asks_for_it(
    log: RequestLog, caplog: pytest.LogCaptureFixture
) -> None:
    for level, lines in ((logging.INFO, 0), (logging.DEBUG, 1)):
        caplog.set_level(level, logger="studio")
        log.asked(PreviewNextToken(request=1, prompt=PROMPT))
        log.answered(Superseded(request=1))
        assert len(caplog.messages) == lines


def test_why_a_model_was_not_loaded_is_reported(
    log: RequestLog, caplog: pytest.LogCaptureFixture
) -> None:
    log.asked(Load(request=1, path="/models/x.gguf", options=LoadOptions()))
    log.answered(Failed(request=1, kind="model_file", message="“x.gguf” has no tensors."))
    assert "failed (model_file): “x.gguf” has no tensors., after" in caplog.messages[-1]


def test_what_nobody_asked_and_what_is_forgotten_is_not_logged(
    log: RequestLog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="studio")
    log.answered(FINISHED)
    log.asked(Score(request=1, prompt=PROMPT))
    log.forget()
    log.answered(FINISHED)
    assert caplog.messages == []
