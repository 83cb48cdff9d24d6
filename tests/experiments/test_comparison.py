"""Records of comparisons: where lanes part, what is kept, and that a file gives the same again."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from studio.engine.messages import FinishReason, Prompt
from studio.experiments.comparison import (
    Comparison,
    LaneRecord,
    Turn,
    divergence_of,
    first_divergence,
)
from studio.experiments.comparison_file import (
    ComparisonFileError,
    from_json,
    load_comparison,
    save_comparison,
    to_json,
)
from studio.model_record import ModelRecord
from studio.sampling import LogitSketch, SamplingParams, WordBias
from studio.token_record import TokenRecord

SKETCH = LogitSketch.of(np.linspace(-3.0, 9.0, 500, dtype=np.float32)).to_bytes()


def token(identity: int, text: bytes = b"x", **values: Any) -> TokenRecord:
    kept: dict[str, Any] = {"probability": 0.5, "rank": 1, "entropy": 0.7, "u": 0.25} | values
    return TokenRecord(id=identity, text=text, **kept)


def lane(
    *ids: int, reason: FinishReason | None = "max_tokens", temperature: float = 1.0
) -> LaneRecord:
    return LaneRecord(
        params=SamplingParams(temperature=temperature),
        seed=7,
        tokens=tuple(token(identity) for identity in ids),
        reason=reason,
    )


def comparison(*lanes: LaneRecord) -> Comparison:
    return Comparison(
        model=ModelRecord(name="Tiny", file="tiny.gguf", bytes=5, hash="sha256:00"),
        prompt=Prompt(manuscript="The sea\u2028 was 🐟", brief="A story."),
        prompt_tokens=9,
        max_tokens=3,
        lanes=lanes or (lane(1, 2), lane(1, 3)),
        spellings={1: b"a", 2: b"\xff"},
    )


# Where lanes part


@pytest.mark.parametrize(
    ("first", "second", "index"),
    [
        ([], [], None),
        ([1, 2, 3], [1, 2, 3], None),
        ([1, 2, 3], [1, 9, 3], 1),
        ([9], [1], 0),
        ([1, 2], [1, 2, 3], None),  # one is only not so far yet
    ],
)
def test_the_first_token_that_differs(
    first: list[int], second: list[int], index: int | None
) -> None:
    assert first_divergence([token(i) for i in first], [token(i) for i in second]) == index
    assert divergence_of(lane(*first), lane(*second)) == index
    assert divergence_of(lane(*second), lane(*first)) == index


@pytest.mark.parametrize("reason", ["end_of_text", "stop_string"])
def test_what_ended_a_text_was_drawn_as_every_token(reason: FinishReason) -> None:
    def ended(*ids: int, end: int) -> LaneRecord:
        return msgspec.structs.replace(lane(*ids, reason=reason), end=token(end))

    first = ended(1, 2, end=9)
    assert divergence_of(first, lane(1, 2, 3)) == 2
    assert divergence_of(lane(1, 2, 3), first) == 2
    # The same draw, which ends one text and not the other: the other has no such stop string.
    assert divergence_of(first, lane(1, 2, 9)) == 2
    assert divergence_of(lane(1, 2, 9), first) == 2
    assert divergence_of(first, ended(1, 2, end=9)) is None
    assert divergence_of(first, ended(1, 2, end=8)) == 2
    assert divergence_of(first, ended(1, end=8)) == 1
    assert divergence_of(first, lane(1, 2)) is None  # cut short: what it would have said is unknown


def test_a_text_that_ended_differs_from_one_that_goes_on() -> None:
    ended, longer = lane(1, 2, reason="end_of_text"), lane(1, 2, 3)
    assert divergence_of(ended, longer) == 2
    assert divergence_of(longer, ended) == 2
    assert divergence_of(ended, lane(1, 2)) is None
    assert divergence_of(ended, ended) is None
    assert divergence_of(lane(1, 2, 3, reason="end_of_text"), lane(1, 2)) is None


# Records


def test_a_lanes_text_is_of_whole_characters() -> None:
    split = (token(1, b"\xf0\x9f"), token(2, b"\x90\x9f a"), token(3, b"\xc3"))
    assert LaneRecord(params=SamplingParams(), seed=1, tokens=split).text == "🐟 a"


def test_parameters_at_a_token() -> None:
    hot, hotter = SamplingParams(temperature=2.0), SamplingParams(temperature=3.0)
    turned = msgspec.structs.replace(
        lane(1, 2, 3), turns=(Turn(index=1, params=hot), Turn(index=1, params=hotter))
    )
    assert [turned.params_at(index).temperature for index in range(3)] == [1.0, 3.0, 3.0]


def test_entropies_are_in_bits() -> None:
    assert lane(1, 2).entropies == pytest.approx([0.7 / math.log(2)] * 2)


def test_without_sketches_only_what_is_named_is_spelled() -> None:
    record = msgspec.structs.replace(
        lane(1), tokens=(token(1, sketch=SKETCH, top=((2, 0.5), (7, 0.1))),)
    )
    record = msgspec.structs.replace(record, end=token(4, sketch=SKETCH))
    small = comparison(record).without_sketches()
    assert [drawn.sketch for drawn in small.lanes[0].drawn] == [b"", b""]
    assert small.lanes[0].tokens[0].top == ((2, 0.5), (7, 0.1))
    assert small.spellings == {2: b"\xff"}


# Files


def full() -> Comparison:
    banned: Any = ((3, -math.inf), (9, 1.5))
    words = (WordBias("the", -math.inf, ("upper",)), WordBias("sea", 1.5))
    hot = SamplingParams(temperature=math.inf, top_k=40, logit_bias=banned, word_biases=words)
    first = LaneRecord(
        params=hot,
        seed=2**32 - 1,
        tokens=(token(1, b"\xff\x00", sketch=SKETCH, near_tie=True, top=((1, 1.0),)),),
        reason="stop_string",
        end=token(9, b"x", sketch=SKETCH),
        stop=("xyz", "\n"),
        mu=3.25,
        name="Hot | one",
        turns=(Turn(index=1, params=hot), Turn(index=2, params=SamplingParams())),
    )
    return comparison(first, lane(4, 5, reason=None, temperature=0.0))


def test_a_file_gives_the_same_again(tmp_path: Path) -> None:
    path = tmp_path / "a comparison.json"
    save_comparison(path, full())
    assert load_comparison(path) == full()
    readable = json.loads(path.read_text("utf-8"))
    assert readable["lanes"][1]["text"] == "xx"
    assert readable["lanes"][0]["text"] == "\ufffdx"  # what ended it has a beginning
    assert readable["lanes"][0]["params"]["temperature"] is None  # JSON has no infinity
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_what_a_newer_version_adds_is_passed_over() -> None:
    tree = json.loads(to_json(full()))
    tree["mood"] = "calm"
    tree["lanes"][0]["tokens"][0]["mood"] = 3
    assert from_json(json.dumps(tree).encode(), Path("x.json")) == full()


def damaged(tree: dict[str, Any], place: str, value: object) -> bytes:
    *steps, last = place.split(".")
    target: Any = tree
    for step in steps:
        target = target[int(step)] if isinstance(target, list) else target[step]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("format", "kelvin", "it is no comparison.*“kelvin”"),
        ("format", KeyError, "it is no comparison"),
        ("format_version", 2, r"newer version of the program \(format 2; .*reads up to 1\)"),
        ("format_version", 0, "format_version: found 0"),
        ("lanes", [], "damaged.*lanes"),
        ("lanes", 5, "damaged.*lanes"),
        ("model", KeyError, "damaged.*model"),
        ("lanes.0.tokens.0.probability", 1.5, r"damaged.*lanes\[0\]\.tokens\[0\]\.probability"),
        ("lanes.0.tokens.0.sketch", "AAAA", r"lanes\[0\]\.tokens\[0\].*sketch"),
        ("lanes.0.tokens.0.id", 70_000, "its id is no token's"),
        ("lanes.0.params.top_p", 7, "top_p: found 7"),
        ("lanes.0.params.temperature", "hot", "temperature"),
        ("lanes.1.reason", "bored", "bored"),
        ("lanes.0.stop", ["a", ""], r"lanes\[0\]\.stop: found an empty text"),
        ("lanes.0.end.sketch", "AAAA", r"lanes\[0\]\.end: sketch"),
        ("prompt.manuscript", 5, "manuscript"),
    ],
)
def test_what_is_damaged_or_newer_is_said(place: str, value: object, said: str) -> None:
    data = damaged(json.loads(to_json(full())), place, value)
    with pytest.raises(ComparisonFileError, match=f"(?s)“x.json”.*{said}"):
        from_json(data, Path("x.json"))


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]", b"null", b"\xff\xfe", b"GGUF\x00\x00", b"[" * 100_000, b'{"format": NaN}'],
)
def test_what_is_no_comparison_at_all(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(ComparisonFileError, match=r"“x\.json”: it is no comparison"):
        load_comparison(path)


def test_what_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(ComparisonFileError, match="could not be opened: No such file"):
        load_comparison(tmp_path / "none.json")
    with pytest.raises(ComparisonFileError, match=r"could not be opened|no regular file"):
        load_comparison(tmp_path)
    with pytest.raises(ComparisonFileError, match="could not be saved"):
        save_comparison(tmp_path / "no folder" / "x.json", full())
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ComparisonFileError, match="no regular file"):
            load_comparison(tmp_path / "pipe")
