"""What messages refuse, and what they work out."""

import msgspec
import pytest

from studio.engine.framing import command_reader, encode
from studio.engine.messages import EngineError, LoadOptions, PreviewNextToken, Prompt, RunFinished


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("gpu_layers", -2, "-1 to 10,000"),
        ("context_size", 1, "10 to 16,777,216, or 0 for the model's own"),
        ("context_size", 9, "10 to 16,777,216"),
        ("context_size", -1, "0 to 16,777,216"),
        ("context_size", 2**31 - 1, "0 to 16,777,216"),
        ("threads", -1, "0 to 1,024"),
        ("threads", 5000, "0 to 1,024"),
    ],
)
def test_load_options_name_what_they_refuse(field: str, value: int, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"{field} is {value}; allowed is {allowed}"):
        msgspec.structs.replace(LoadOptions(), **{field: value})


def test_a_lone_surrogate_in_a_prompt_is_a_question_mark() -> None:
    prompt = Prompt(manuscript="a\udcffb🐟", brief="\ud83d", system="\ude00x")
    assert (prompt.manuscript, prompt.brief, prompt.system) == ("a?b🐟", "?", "?x")
    command = PreviewNextToken(request=1, prompt=prompt)
    assert list(command_reader().feed(encode(command))) == [command]


def test_other_text_in_a_prompt_is_kept() -> None:
    odd = "\ufeff\u00a0\u2028\0\r\n🐟e\u0301"
    assert Prompt(manuscript=odd).manuscript == odd


def finished(evaluated: int, seconds: float) -> RunFinished:
    return RunFinished(
        request=1,
        tokens=evaluated + 1,
        reasons=("max_tokens",),
        evaluated=evaluated,
        prompt_tokens=1,
        seconds_prompt=1.0,
        seconds_generation=seconds,
    )


@pytest.mark.parametrize(
    ("evaluated", "seconds", "rate"),
    [(0, 0.0, 0.0), (0, 0.001, 0.0), (1, 0.5, 2.0), (100, 2.0, 50.0)],
)
def test_the_rate_counts_what_was_evaluated_after_the_prompt(
    evaluated: int, seconds: float, rate: float
) -> None:
    assert finished(evaluated, seconds).tokens_per_second == rate


def test_an_engine_error_has_a_kind_and_a_message() -> None:
    error = EngineError("prompt", "Nothing there.")
    assert (error.kind, str(error)) == ("prompt", "Nothing there.")
