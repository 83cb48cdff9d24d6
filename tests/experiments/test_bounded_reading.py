"""Comparison files that nobody vouches for: refused by place and limit, at little cost."""

from __future__ import annotations

import base64
import json
import math
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from studio.engine.messages import MOST_SEQUENCES, Prompt
from studio.experiments.comparison import Comparison, LaneRecord
from studio.experiments.comparison_file import (
    ComparisonFileError,
    fitting,
    from_json,
    load_comparison,
    save_comparison,
    to_json,
)
from studio.experiments.words import drawn_share
from studio.model_record import ModelRecord
from studio.sampling import LogitSketch, SamplingParams
from studio.token_record import TokenRecord
from tests.experiments.strategies import COMPARISONS
from tests.helpers.truncated import cut_off

TOKEN = '{"id":0,"text":"","probability":0.5,"rank":0,"entropy":0.5,"u":0.5}'
LANE = '{"params":{},"seed":1,"tokens":[]}'
PATH = Path("x.json")


def file(**values: str) -> bytes:
    """A comparison of raw JSON, each value of which may be another."""
    lane = {"params": "{}", "seed": "1", "tokens": f"[{TOKEN}]"}
    inside = {name: values.pop(name, default) for name, default in lane.items()}
    inside |= {name: values.pop(name) for name in ("turns", "stop", "end", "mu") if name in values}
    whole = {
        "format": '"kelvin-studio comparison"',
        "format_version": "1",
        "model": '{"name":"m"}',
        "prompt": '{"manuscript":"x"}',
        "max_tokens": "3",
        "lanes": f"[{_object(inside)}]",
    }
    return _object(whole | values).encode()


def _object(values: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in values.items()) + "}"


def token(**values: str) -> str:
    return _object({name: json.dumps(it) for name, it in json.loads(TOKEN).items()} | values)


def many(unit: str, size: int) -> str:
    return "[" + ",".join([unit] * (size // (len(unit) + 1))) + "]"


def refusal(data: bytes) -> str:
    with pytest.raises(ComparisonFileError) as caught:
        from_json(data, PATH)
    message = str(caught.value)
    assert message.startswith("“x.json”: ")
    assert len(message) < 500
    return message


def test_the_plain_one_is_taken() -> None:
    assert len(from_json(file(), PATH).lanes[0].tokens) == 1


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("entropy", "1e308"),
        ("entropy", "65"),
        ("entropy", "-0.1"),
        ("entropy", "NaN"),
        ("entropy", "1e999"),
        ("probability", "1.01"),
        ("u", "-1"),
        ("rank", "2147483648"),
        ("id", "2147483648"),
        ("id", "-1"),
        ("id", "9" * 5000),
        ("text", f'"{"AAAA" * 2000}"'),
        ("sketch", f'"{"AAAA" * 1000}"'),
        ("top", "[[-1,0.5]]"),
        ("top", "[[1,1.5]]"),
        ("top", many("[1,0.5]", 4000)),
        ("typed", '{"-1":2}'),
        ("u", "null"),
        ("kept", "-1"),
        ("mu", "1e999"),
        ("adaptive_mean", '"much"'),
        ("sequence", '{"ids":[1,2]}'),
    ],
)
def test_a_token_has_no_number_or_length_out_of_range(field: str, raw: str) -> None:
    tokens = ",".join([TOKEN, TOKEN, token(**{field: raw}), TOKEN])
    message = refusal(file(tokens=f"[{tokens}]"))
    if raw == "NaN":
        assert "it is no comparison, or damaged: JSON is malformed" in message
    elif field == "typed":
        assert "$.lanes[0].tokens" in message
    else:
        assert f"$.lanes[0].tokens[2].{field}" in message
    if "E" in message.partition("$")[2] and raw not in ("1e999", "9" * 5000):
        assert "Expected" in message


def test_an_infinite_number_of_digits_is_refused_by_its_place() -> None:
    for raw in ("1e999", "9" * 5000):
        tokens = f"[{token(entropy=raw)}]"
        assert "$.lanes[0].tokens[0].entropy: " in refusal(file(tokens=tokens))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"seed": "4294967296"}, r"$.lanes[0].seed: Expected `int` <= 4294967295"),
        ({"seed": "-1"}, "$.lanes[0].seed: Expected `int` >= 0"),
        ({"mu": "1e10"}, "$.lanes[0].mu: Expected `float` <= 1000000000.0"),
        ({"max_tokens": "0"}, "$.max_tokens: Expected `int` >= 1"),
        ({"seconds_prompt": "1e300"}, "$.seconds_prompt: Expected `float` <= 1000000000.0"),
        ({"unseen_characters": "2"}, "$.unseen_characters: found 2; allowed are 0 to 1"),
        ({"prompt_ids": "[1,2,-1]"}, "$.prompt_ids[2]: Expected `int` >= 0"),
        ({"spellings": '{"-1":""}'}, "$.spellings"),
        ({"model": f'{{"name":"{"m" * 1001}"}}'}, "$.model.name: Expected `str` of length <= 1000"),
        (
            {"turns": '[{"index":3,"params":{}}]'},
            "$.lanes[0].turns[0].index: found 3; allowed are 0 to 2",
        ),
        (
            {"turns": '[{"index":1,"params":{}},{"index":0,"params":{}}]'},
            "$.lanes[0].turns[1].index: found 0; allowed are 1 to 2",
        ),
        ({"turns": '[{"index":0,"params":{"top_p":7}}]'}, "$.lanes[0].turns[0].params: top_p"),
        ({"turns": "{}"}, "$.lanes[0].turns: Expected `array`"),
        ({"tokens": '"x"'}, "$.lanes[0].tokens: Expected `array`"),
        ({"stop": '["a",5]'}, "$.lanes[0].stop[1]: Expected `str`"),
        ({"params": "[]"}, "$.lanes[0].params: Expected `object`"),
        ({"lanes": many(LANE, 9 * (len(LANE) + 1))}, "$.lanes: found 9 entries and more; allowed"),
        ({"lanes": f"[{LANE},5]"}, "$.lanes[1]: Expected `object`"),
        ({"lanes": "[]"}, "$.lanes: found none; allowed are 1 to 8"),
        ({"format": f'"{"x" * 100_000}"'}, "it is no comparison"),
        ({"format": '"\\u001b[31m"'}, "\\x1b[31m"),
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_named_with_what_is_allowed(
    values: dict[str, str], said: str
) -> None:
    assert said in refusal(file(**values))


def test_logits_out_of_range_are_no_sketch_of_a_model() -> None:
    for largest in (2e6, 3e38):
        logits = np.array([largest, 0.0, -1.0], np.float32)
        sketch = base64.b64encode(LogitSketch.of(logits).to_bytes()).decode()
        message = refusal(file(tokens=f"[{token(sketch=json.dumps(sketch))}]"))
        assert "$.lanes[0].tokens[0].sketch: allowed are logits from -1,000,000" in message


def packed(edge: float, values: tuple[float, float], slopes: tuple[float, float]) -> str:
    """A token with a sketch of one known logit, 1.0, and a tail of 100 tokens."""
    header = struct.pack("<4sIIfIfIHH", b"KLS1", 101, 100, edge, 2**32 - 1, 0.0, 0, 1, 2)
    nodes = struct.pack("<8f", 0.0, 1.0, *values, *slopes, 1.0, 1.0)
    sketch = header + struct.pack("<If", 0, 1.0) + nodes
    return token(sketch=json.dumps(base64.b64encode(sketch).decode()))


def test_a_tail_is_one_that_logits_can_have() -> None:
    full = math.log(100)
    assert from_json(file(tokens=f"[{packed(0.5, (full, 2.0), (-3.0, -2.0))}]"), PATH)
    for edge, values, slopes in (
        (1.5, (full, 2.0), (-3.0, -2.0)),
        (-3e38, (full, 2.0), (-3.0, -2.0)),
        (0.5, (full + 1, 2.0), (-3.0, -2.0)),
        (0.5, (-1e30, -1e31), (-3.0, -2.0)),
        (0.5, (full, full + 1), (-3.0, -2.0)),
        (0.5, (full, 2.0), (3.0, -2.0)),
    ):
        message = refusal(file(tokens=f"[{packed(edge, values, slopes)}]"))
        assert "$.lanes[0].tokens[0].sketch: what it says of its tail is no tail's" in message


def test_what_a_server_sent_alone_comes_back() -> None:
    for sent in (5, 100, 700):
        logits = np.random.default_rng(sent).normal(scale=2.0, size=3000)
        sketch = cut_off(logits, sent).to_bytes()
        whole = long(1, 2, sketch=sketch)
        assert from_json(to_json(whole), PATH) == whole
        assert "about" in drawn_share(whole.lanes[0].tokens[0])


def test_every_sketch_of_logits_has_such_a_tail() -> None:
    rng = np.random.default_rng(3)
    banned = np.where(rng.random(800) < 0.5, -np.inf, rng.normal(0, 4, 800))
    kinds = [
        rng.normal(0, 4, 49_152), rng.normal(0, 1e5, 800), rng.normal(0, 1e-6, 800) + 1e5,
        np.repeat(rng.normal(0, 5, 80), 10), np.full(800, 3.0), rng.standard_cauchy(800) * 100,
        rng.exponential(5, 130), banned,
    ]  # fmt: skip
    for logits in kinds:
        sketch = LogitSketch.of(logits.astype(np.float32)).to_bytes()
        whole = long(1, 1, sketch=sketch)
        assert from_json(to_json(whole), PATH) == whole


MANY: dict[str, Callable[[int], bytes]] = {
    "lists": lambda size: many("[]", size).encode(),
    "lists for tokens": lambda size: file(tokens=many("[]", size)),
    "objects for tokens": lambda size: file(tokens=many("{}", size)),
    "numbers for tokens": lambda size: file(tokens=many("0", size)),
    "lists in an unknown field": lambda size: file(mood=many("[]", size)),
    "short tokens": lambda size: file(tokens=many(TOKEN, size)),
    "tokens with long tops": lambda size: file(
        tokens=many(token(top=many("[1000000000,0.123456789]", 6_000)), size)
    ),
    "one token with a long top": lambda size: file(tokens=f"[{token(top=many('[0,0]', size))}]"),
    "lanes": lambda size: file(lanes=many(LANE, size)),
    "turns": lambda size: file(turns=many('{"index":0,"params":{}}', size)),
    "stops": lambda size: file(stop=many('"        "', size)),
    "ids": lambda size: file(prompt_ids=many("1000000000", size)),
    "short ids": lambda size: file(prompt_ids=many("999", size)),
    "spellings": lambda size: file(
        spellings="{" + ",".join(f'"{number}":""' for number in range(size // 10)) + "}"
    ),
    "biases": lambda size: file(params=f'{{"logit_bias":{many("[0,0]", size)}}}'),
    "digits": lambda size: file(tokens=f"[{token(id='9' * size)}]"),
    "quotation marks": lambda size: file(mood='"' + '\\"' * (size // 2) + '"'),
    "backslashes": lambda size: file(mood='"' + "\\\\" * (size // 2) + '"'),
    "nesting": lambda size: b"[" * size,
    "nested objects": lambda size: b'{"a":' * (size // 5),
    "nesting inside": lambda size: file(mood="[" * size),
    "a reason": lambda size: file(end=f'"{"x" * size}"'),
    "a name": lambda size: file(model=f'{{"name":"{"x" * size}"}}'),
    "a manuscript": lambda size: file(prompt=f'{{"manuscript":"{"x" * size}🐟"}}'),
}


@pytest.mark.parametrize("name", MANY)
def test_memory_stays_within_a_few_times_the_files_size(name: str) -> None:
    size = 2 * 2**20
    data = MANY[name](size)
    tracemalloc.start()
    said = ""
    try:
        from_json(data, PATH)
    except ComparisonFileError as error:
        said = str(error)
    assert len(said) < 500
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A decoder alone takes 30 times as much for lists.
    assert peak < 12 * size + 8 * 2**20


def test_what_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as lists:
        lists.write(b"[]" * 1000)
        lists.truncate(150 * 2**20)  # of which the disk holds nothing
    tracemalloc.start()
    with pytest.raises(ComparisonFileError, match=r"157,286,400 bytes; allowed are 33,554,432"):
        load_comparison(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_nesting_that_would_overflow_a_decoder_is_refused_before_it() -> None:
    for data in (b"[" * 2**20, file(mood="[" * 2**20), file(mood='{"a":' * 2**18)):
        assert "more than 32 lists or objects within one another (byte " in refusal(data)


def test_reading_reports_how_far_it_is_and_can_be_ended() -> None:
    data = file(tokens=many(TOKEN, 2**20))
    shares: list[float] = []
    from_json(data, PATH, shares.append)
    assert len(shares) > 15
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1.0

    class Ended(Exception):
        pass

    def end(share: float) -> None:
        if share > 0.5:
            raise Ended

    with pytest.raises(Ended):
        from_json(data, PATH, end)


# What is ours


@settings(max_examples=20)
@given(COMPARISONS)
def test_what_can_be_kept_comes_back(comparison: Comparison) -> None:
    assert from_json(to_json(comparison), PATH) == comparison


def long(lanes: int, tokens: int, *, sketch: bytes) -> Comparison:
    record = TokenRecord(
        id=3, text=b" sea", probability=0.123456789, rank=2, entropy=3.21, u=0.987654321,
        top=tuple((number, 0.0987654321) for number in range(10)), sketch=sketch,
    )  # fmt: skip
    lane = LaneRecord(
        params=SamplingParams(), seed=1, tokens=(record,) * tokens, reason="end_of_text", end=record
    )
    return Comparison(
        model=ModelRecord(name="m"),
        prompt=Prompt(manuscript="x"),
        max_tokens=tokens,
        lanes=(lane,) * lanes,
        spellings=dict.fromkeys(range(500), b"word"),
    )


def test_the_end_of_a_long_text_comes_back(sketch: bytes) -> None:
    """A model is given the end of a long text alone, and sees perhaps less of it."""
    prompt = Prompt(manuscript="x" * 200, skipped=1_000_000)
    whole = replace(long(1, 2, sketch=sketch), prompt=prompt, unseen_characters=1_000_150)
    assert from_json(to_json(whole), PATH) == whole
    with pytest.raises(ComparisonFileError, match="allowed are 0 to 1000200"):
        from_json(to_json(replace(whole, unseen_characters=1_000_201)), PATH)


def test_a_prompt_with_a_token_for_each_byte_comes_back() -> None:
    """As a small model reads Chinese: more numbers than letters."""
    text = "山高月小" * 1_000
    whole = replace(
        long(1, 8, sketch=b""),
        prompt=Prompt(manuscript=text),
        prompt_ids=tuple(byte + 100 for byte in text.encode()),
    )
    assert from_json(to_json(whole), PATH) == whole


def test_the_longest_that_is_written_is_read_again(tmp_path: Path, sketch: bytes) -> None:
    """All lanes with as many tokens as make more than a file may have."""
    most_bytes = 2**21
    whole = long(MOST_SEQUENCES, 200, sketch=sketch)
    data, most = fitting(whole, most_bytes)
    assert 0.97 * most_bytes < len(data) <= most_bytes
    assert most is not None
    path = tmp_path / "longest.json"
    path.write_bytes(data)
    loaded = load_comparison(path, most_bytes)
    assert loaded == whole.without_sketches(most)
    assert [bool(token.sketch) for token in loaded.lanes[0].drawn[most - 1 : most + 1]] == [
        True,
        False,
    ]
    # Elsewhere it may have more, and has all.
    path.write_bytes(to_json(whole))
    with pytest.raises(ComparisonFileError, match="allowed are 2,097,152"):
        load_comparison(path, most_bytes)
    assert load_comparison(path) == whole


def test_what_fits_is_kept_whole(sketch: bytes) -> None:
    whole = long(2, 20, sketch=sketch)
    assert fitting(whole) == (to_json(whole), None)
    assert fitting(whole.without_sketches()) == (to_json(whole.without_sketches()), None)
    data, most = fitting(whole, 5_000)
    assert most == 0, "nothing more can be left out"
    assert len(data) > 5_000


@pytest.fixture
def sketch() -> bytes:
    rng = np.random.default_rng(5)
    return LogitSketch.of(rng.normal(0, 4, 49_152).astype(np.float32)).to_bytes()


def test_a_name_is_cut_before_it_is_too_long_to_be_read(tmp_path: Path) -> None:
    from studio.experiments.recorder import model_record
    from tests.helpers.fake_engine import model_report

    report = replace(model_report(), name="n" * 2**20, quantization="q" * 2**20)
    kept = replace(long(1, 1, sketch=b""), model=model_record(report))
    save_comparison(tmp_path / "x.json", kept)
    assert load_comparison(tmp_path / "x.json") == kept
