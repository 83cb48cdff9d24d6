"""Messages on a byte stream, in whatever pieces the stream comes."""

import contextlib
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.engine.framing import (
    MAXIMUM_FRAME,
    USUAL_FRAME,
    FramingError,
    command_reader,
    encode,
    event_reader,
)
from studio.engine.messages import (
    AnyCommand,
    AnyEvent,
    ChangeSequence,
    Distribution,
    Evaluated,
    Evaluating,
    Failed,
    Finished,
    Generate,
    Load,
    Loading,
    LoadOptions,
    ParamsChanged,
    PreviewNextToken,
    Prompt,
    RunFinished,
    Score,
    Scored,
    ScoringEnded,
    SequenceStart,
    Started,
    Stop,
    Superseded,
    Token,
    WordsFound,
)
from studio.sampling import LogitSketch, SamplingParams, WordTokens
from studio.token_record import TokenRecord, undrawn

PROMPT = Prompt(manuscript="Über\u00a0das 🐟\r\n", brief="b", system="s", format="chat")
HOT = SamplingParams(temperature=float("inf"), seed=4, samplers=("temperature", "min_p"))

COMMANDS: list[AnyCommand] = [
    Load(request=1, path="/m/ä.gguf", options=LoadOptions(threads=3, memory_map=False)),
    PreviewNextToken(request=2, prompt=PROMPT),
    Score(request=2, prompt=PROMPT, first=4),
    Generate(
        request=3,
        prompt=PROMPT,
        sequences=(SequenceStart(params=HOT),),
        max_tokens=7,
        ignore_eos=True,
    ),
    ChangeSequence(request=3, sequence=0, params=SamplingParams(temperature=0.0)),
    Stop(request=2**40),
]

SKETCH = LogitSketch.of(np.arange(300, dtype=np.float32)).to_bytes()

EVENTS: list[AnyEvent] = [
    Loading(request=1, fraction=0.25),
    Evaluating(request=2, done=128, total=300),
    Evaluated(
        request=2,
        tokens=b"\1\0\0\0",
        context_used=1,
        context_size=64,
        unseen_characters=0,
        reused=0,
    ),
    Distribution(request=2, sketch=SKETCH, pieces={7: b"\xf0\x9f", 8: b""}),
    Token(
        request=3,
        index=0,
        record=TokenRecord(
            id=5,
            text=b"\x90",
            near_tie=True,
            u=0.75,
            probability=0.125,
            rank=2,
            kept=9,
            entropy=1.5,
            top=((9, 0.5), (5, 0.125)),
        ),
    ),
    Scored(
        request=2,
        start=4,
        first=9,
        tokens=(undrawn(5, b"\x90", SKETCH),),
        pieces={5: b"\x90"},
    ),
    ScoringEnded(reached=9, request=2, tokens=1, unseen_characters=0, unpredicted_characters=1),
    Started(request=3, sequence=1, seed=2, params=HOT, tokens=0),
    ParamsChanged(request=3, sequence=1, index=4, params=HOT),
    Finished(request=3, sequence=1, reason="stopped", tokens=1, seed=2, params=HOT, mu=4.5),
    RunFinished(
        request=3,
        tokens=1,
        reasons=("stopped",),
        evaluated=0,
        prompt_tokens=9,
        seconds_prompt=0.25,
        seconds_generation=0.5,
    ),
    Superseded(request=4),
    Failed(request=5, kind="prompt", message="Nothing “there”."),
]


def frame(body: bytes) -> bytes:
    return struct.pack("<I", len(body)) + body


def test_every_command_comes_back_as_it_was() -> None:
    assert list(command_reader().feed(b"".join(map(encode, COMMANDS)))) == COMMANDS


def test_every_event_comes_back_as_it_was() -> None:
    assert list(event_reader().feed(b"".join(map(encode, EVENTS)))) == EVENTS


def test_the_length_is_four_bytes_little_endian() -> None:
    data = encode(Stop(request=1))
    assert int.from_bytes(data[:4], "little") == len(data) - 4
    assert msgspec.msgpack.decode(data[4:]) == {"type": "Stop", "request": 1}


@given(st.lists(st.integers(1, 300), min_size=1))
def test_a_stream_in_any_pieces_gives_the_same_messages(sizes: list[int]) -> None:
    data = b"".join(map(encode, EVENTS))
    reader = event_reader()
    received: list[AnyEvent] = []
    while data:
        for size in sizes:
            piece, data = data[:size], data[size:]
            received += reader.feed(piece)
    assert received == EVENTS


def test_bytes_that_come_while_a_message_is_acted_on_repeat_none() -> None:
    first, second, third = (encode(event) for event in EVENTS[:3])
    reader = event_reader()
    received = []
    for event in reader.feed(first + second):
        received.append(event)
        if len(received) == 1:
            received += reader.feed(third)
    assert received == EVENTS[:3]


def test_a_reader_that_is_left_halfway_goes_on_with_the_next_message() -> None:
    reader = event_reader()
    assert next(reader.feed(b"".join(map(encode, EVENTS[:2])))) == EVENTS[0]
    assert list(reader.feed(b"")) == EVENTS[1:2]


@pytest.mark.parametrize("size", [MAXIMUM_FRAME + 1, 2**32 - 1])
def test_a_frame_that_is_too_long_is_refused_before_it_has_come(size: int) -> None:
    with pytest.raises(FramingError, match=f"{size:,} bytes; at most {MAXIMUM_FRAME:,}"):
        list(event_reader().feed(struct.pack("<I", size)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",  # never used in msgpack
        msgspec.msgpack.encode("text"),
        msgspec.msgpack.encode({"type": "Nonsense", "request": 1}),
        msgspec.msgpack.encode({"type": "Stop"}),
        msgspec.msgpack.encode({"type": "Stop", "request": "1"}),
        msgspec.msgpack.encode({"type": "Stop", "request": 1}) + b"\0",
        b"\x81\xa4type\xa4\xff\xfe\xfd\xfc",  # text that is no UTF-8
        b"\x82\xa4type\xa4Stop\xa1x" + b"\x91" * 100_000 + b"\x90",  # nested without end
        msgspec.msgpack.encode(
            {"type": "ChangeSequence", "request": 1, "params": {"temperature": -1.0}}
        ),
        msgspec.msgpack.encode(
            {"type": "Load", "request": 1, "path": "", "options": {"threads": -2}}
        ),
    ],
)
def test_a_frame_that_holds_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(FramingError, match="a message that cannot be read"):
        list(command_reader().feed(frame(body)))


def test_messages_before_a_bad_one_are_given_first() -> None:
    reader = command_reader()
    messages = reader.feed(encode(COMMANDS[4]) + frame(b"\xc1"))
    assert next(messages) == COMMANDS[4]
    with pytest.raises(FramingError):
        next(messages)


@given(st.binary(max_size=64))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(FramingError):
        list(command_reader().feed(frame(data)))


def test_ids_that_are_no_whole_numbers_are_refused_at_either_end() -> None:
    start = {"params": {}, "written": b"\1\0\0"}
    generate = {"prompt": {"manuscript": ""}, "sequences": [start], "max_tokens": 1}
    evaluated = msgspec.to_builtins(EVENTS[2], builtin_types=(bytes,)) | {"tokens": b"\1\0\0\0\2"}
    body = msgspec.msgpack.encode({"type": "Generate", "request": 1} | generate)
    with pytest.raises(FramingError, match="written: found 3 bytes"):
        list(command_reader().feed(frame(body)))
    with pytest.raises(FramingError, match="tokens: found 5 bytes"):
        list(event_reader().feed(frame(msgspec.msgpack.encode(evaluated))))


@pytest.mark.parametrize("number", [-1, 2**31, 2**63])
def test_numbers_that_no_vocabulary_has_are_refused(number: int) -> None:
    token = msgspec.to_builtins(EVENTS[4], builtin_types=(bytes,))
    record = token["record"]
    for absurd in (
        {"record": record | {"id": number}},
        {"record": record | {"top": [[number, 0.5]]}},
        {"pieces": {number: b"a"}},
    ):
        body = msgspec.msgpack.encode(token | absurd)
        with pytest.raises(FramingError, match="Expected `int`"):
            list(event_reader().feed(frame(body)))


@pytest.mark.parametrize("sketch", [b"", bytes(range(256)), SKETCH[:-1], SKETCH[:40] + SKETCH])
def test_a_distribution_that_is_none_is_refused(sketch: bytes) -> None:
    distribution, token = (
        msgspec.to_builtins(event, builtin_types=(bytes,)) for event in (EVENTS[3], EVENTS[4])
    )
    frames = [distribution | {"sketch": sketch}]
    if sketch:  # a token may be without
        frames.append(token | {"record": token["record"] | {"sketch": sketch}})
    for said in frames:
        with pytest.raises(FramingError, match="sketch: found"):
            list(event_reader().feed(frame(msgspec.msgpack.encode(said))))


def test_a_record_comes_without_a_place() -> None:
    token = msgspec.to_builtins(EVENTS[4], builtin_types=(bytes,))
    said = token | {"record": token["record"] | {"sequence": {"ids": [1]}}}
    with pytest.raises(FramingError, match="Expected `TokenSequence"):
        list(event_reader().feed(frame(msgspec.msgpack.encode(said))))


def test_a_command_is_no_event() -> None:
    with pytest.raises(FramingError):
        list(event_reader().feed(encode(Stop(request=1))))


def long_frames() -> dict[str, dict[str, object]]:
    """What an engine could send to hold the window up: tiny entries in frames of some MiB."""
    ones = [1] * (5 * USUAL_FRAME)
    few = dict.fromkeys(range(900000), b"")
    evaluated = msgspec.to_builtins(EVENTS[2], builtin_types=(bytes,))
    token = msgspec.to_builtins(EVENTS[4], builtin_types=(bytes,))
    found = {"request": 1, "texts": ["a"], "pieces": {}}
    return {
        "pieces of a token": token | {"pieces": few},
        "words": found | {"type": "WordsFound", "words": [{"anywhere": ones}]},
        "pieces behind ids": evaluated | {"pieces": few},
        "an unknown field": {"type": "Pong", "request": 1, "more": ones},
        "no kind": {"request": 1, "type": "Pong", "more": ones},
        "ids in another place": evaluated | {"tokens": b"", "pieces": few, "z": bytes(USUAL_FRAME)},
    }


@pytest.mark.parametrize("name", long_frames())
def test_tiny_entries_are_refused_before_they_are_read(name: str) -> None:
    body = msgspec.msgpack.encode(long_frames()[name])
    assert len(body) > USUAL_FRAME
    # The beginning is enough: nothing of the rest is waited for, kept or decoded.
    with pytest.raises(FramingError, match="are allowed of it"):
        list(event_reader().feed(struct.pack("<I", len(body)) + body[:64]))


def test_long_prompts_and_large_vocabularies_come_through() -> None:
    ids = np.arange(10 * 2**20, dtype="<i4").tobytes()
    evaluated = msgspec.structs.replace(EVENTS[2], tokens=ids)
    words = WordTokens(tuple(range(1_000_000)), {}, True, ())
    found = WordsFound(request=1, texts=("a",), words=(words,), pieces={})
    data = encode(evaluated) + encode(found)
    assert len(encode(found)) > USUAL_FRAME
    reader = event_reader()
    events: list[AnyEvent] = []
    for start in range(0, len(data), 65_521):
        events += reader.feed(data[start : start + 65_521])
    assert events == [evaluated, found]
