"""Comparisons as files: one JSON object, written whole or not at all, read with suspicion.

Bytes (what tokens spell, sketches) are base64, an infinite temperature is null. Each lane's text
stands there once more, for readers that are no programs of ours. What is read is bounded before
anything is made of it, and decoded in pieces: other threads go on meanwhile.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from studio.atomic_write import atomic_write
from studio.engine.messages import MOST_SEQUENCES, FinishReason
from studio.experiments.comparison import (
    FORMAT,
    FORMAT_VERSION,
    Comparison,
    LaneRecord,
    Turn,
)
from studio.experiments.json_structure import StructureError, check_structure, cut
from studio.model_record import Count, Line
from studio.progress import At
from studio.regular_file import NotRegularError, TooLargeError, read_regular_file
from studio.sampling import LogitSketch, SamplingParams, SketchError
from studio.sampling.tails.tail import Tail
from studio.token_record import TokenId, TokenRecord, TokenText
from studio.translation import tr
from studio.visible_text import visible_line, visible_name

MOST_BYTES = 32 * 2**20
"""Of a file that is opened. Eight lanes of 2,300 tokens with their sketches have as many."""

_DEEPEST = 32
_BYTES_A_VALUE = 4
"""A file has fewer values than its bytes by this: a prompt in letters that a vocabulary does not
know has an id for each byte of it, in five bytes with that."""
_MOST_TOKENS = 2**17
"""Of a lane."""
_LONGEST_TOKEN = 64 * 1024
"""Bytes of one in a file; one of ours has 4,000."""
_MOST_TURNS = 10_000
_LONGEST_PARAMS = 2**20
"""Bytes of a lane's parameters in a file."""
_MOST_STOPS = 1_000
_MOST_IDS = 2**21
"""Of a prompt."""
_MOST_SPELLINGS = 2**20
_LONGEST_ENTRY = 16 * 1024
_LARGEST_LOGIT = 1e6
_ROUNDED = 1e-3
"""How far a number in float32 may be from what it must be; those of ours are within 1e-6."""
_LONGEST_REASON = 300

_NULL = b"null"
_encoder = msgspec.json.Encoder()
_Kind = TypeVar("_Kind")


class ComparisonFileError(Exception):
    """A comparison's file cannot be read or written; says what to do.

    Attributes:
        path: The file.

    Args:
        path: The file.
        message: What is wrong and what to do, for the writer.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"“{visible_name(path.name)}”: {message}")
        self.path = path


class _Head(msgspec.Struct):
    format: str = ""
    format_version: int = 0


class _Lane(LaneRecord, frozen=True, kw_only=True):
    """A lane whose longer parts are bytes still."""

    params: msgspec.Raw  # type: ignore[assignment]  # as a file has it
    tokens: msgspec.Raw  # type: ignore[assignment]
    reason: msgspec.Raw = msgspec.Raw(_NULL)  # type: ignore[assignment]
    end: msgspec.Raw = msgspec.Raw(_NULL)  # type: ignore[assignment]
    stop: msgspec.Raw = msgspec.Raw(b"[]")  # type: ignore[assignment]
    turns: msgspec.Raw = msgspec.Raw(b"[]")  # type: ignore[assignment]


class _Whole(Comparison, frozen=True, kw_only=True):
    """A comparison whose longer parts are bytes still."""

    lanes: msgspec.Raw  # type: ignore[assignment]  # as a file has it
    prompt_ids: msgspec.Raw = msgspec.Raw(b"[]")  # type: ignore[assignment]
    spellings: msgspec.Raw = msgspec.Raw(b"{}")  # type: ignore[assignment]


class _BareTurn(msgspec.Struct):
    index: Count
    params: msgspec.Raw


def save_comparison(path: Path, comparison: Comparison, *, is_private: bool = False) -> bytes:
    """Write a file anew.

    Args:
        path: The file.
        comparison: What it is to hold.
        is_private: Whether nobody else may read it.

    Returns:
        The file's bytes.

    Raises:
        ComparisonFileError: The system failed; what stood there before still stands.
    """
    data = to_json(comparison)
    write_comparison(path, data, is_private=is_private)
    return data


def write_comparison(path: Path, data: bytes, *, is_private: bool = False) -> None:
    """Write a file anew with what `to_json` gave.

    Args:
        path: The file.
        data: The file's bytes.
        is_private: Whether nobody else may read it.

    Raises:
        ComparisonFileError: As `save_comparison`.
    """
    try:
        atomic_write(path, data, is_private=is_private)
    except OSError as error:
        raise ComparisonFileError(
            path,
            tr(
                "it could not be saved: {why}. What was there before is unchanged. Choose another "
                "place, or make room.",
                why=error.strerror or error,
            ),
        ) from error


def load_comparison(
    path: Path, most_bytes: int = MOST_BYTES, at: At = lambda _share: None
) -> Comparison:
    """Read a file.

    Args:
        path: The file.
        most_bytes: The most bytes that it may have.
        at: Is given how far it is; may raise, to end it.

    Raises:
        ComparisonFileError: It cannot be read, is no comparison, is damaged, or was written by a
            newer version of the program.
    """
    try:
        data, _ = read_regular_file(path, most_bytes)
    except NotRegularError as error:
        raise ComparisonFileError(path, tr("it is no regular file. Choose a file.")) from error
    except TooLargeError as error:
        raise ComparisonFileError(
            path,
            tr(
                "it has %n bytes; allowed are {most:,}. It is no comparison that this program "
                "saved.",
                "",
                error.size,
                most=most_bytes,
            ),
        ) from error
    except OSError as error:
        raise ComparisonFileError(
            path,
            tr(
                "it could not be opened: {why}. Check its name and permissions.",
                why=error.strerror or error,
            ),
        ) from error
    return from_json(data, path, at)


def to_json(comparison: Comparison) -> bytes:
    """The file's bytes.

    Takes seconds for the longest. Other threads go on meanwhile: no step of it is long.
    """
    bare = [msgspec.structs.replace(lane, tokens=()) for lane in comparison.lanes]
    tree: dict[str, Any] = msgspec.to_builtins(
        msgspec.structs.replace(comparison, lanes=tuple(bare)), str_keys=True
    )
    for lane, record in zip(tree["lanes"], comparison.lanes, strict=True):
        # A token at a time: the interpreter is held for as long as one call of the encoder takes.
        tokens = b",".join([_encoder.encode(token) for token in record.tokens])
        lane["tokens"] = msgspec.Raw(b"[" + tokens + b"]")
        lane["text"] = record.text
    return _encoder.encode(tree) + b"\n"


def fitting(comparison: Comparison, most_bytes: int = MOST_BYTES) -> tuple[bytes, int | None]:
    """The file's bytes, and of how many tokens of each lane it has the distributions.

    Args:
        comparison: What is kept.
        most_bytes: How many there may be. Where there would be more, the distributions of later
            tokens are left out.

    Returns:
        The bytes, which are too many still where all without distributions are; and None where it
        has all of them.
    """
    data = to_json(comparison)
    if len(data) <= most_bytes:
        return data, None
    longest = max(len(lane.drawn) for lane in comparison.lanes)
    sizes = np.zeros(longest)
    for lane in comparison.lanes:
        for index, token in enumerate(lane.drawn):
            sizes[index] += 4 * len(token.sketch) / 3 + len('"sketch":"",')
    # The rest has about as many bytes, whatever is left out.
    room = most_bytes - (len(data) - float(sizes.sum()))
    kept = int(np.searchsorted(np.cumsum(sizes), room, "right"))
    data = to_json(comparison.without_sketches(kept))
    while len(data) > most_bytes and kept:
        kept -= 1 + kept // 100
        data = to_json(comparison.without_sketches(kept))
    return data, kept


def from_json(data: bytes, path: Path, at: At = lambda _share: None) -> Comparison:
    """The comparison that bytes are; `path` is named where they are none.

    Args:
        data: The file's bytes.
        path: The file.
        at: Is given how far it is; may raise, to end it.

    Raises:
        ComparisonFileError: As `load_comparison`.
    """
    try:
        check_structure(
            data, _DEEPEST, len(data) // _BYTES_A_VALUE + 1_000, lambda share: at(share / 4)
        )
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.DecodeError, StructureError, RecursionError, UnicodeDecodeError) as error:
        raise ComparisonFileError(
            path, tr("it is no comparison, or damaged: {why}.", why=_said(error))
        ) from error
    if head.format != FORMAT:
        raise ComparisonFileError(
            path,
            tr(
                "it is no comparison: its “format” is “{found}”, not “{wanted}”. Choose a file "
                "that was saved from Compare.",
                found=visible_line(head.format[:40]),
                wanted=FORMAT,
            ),
        )
    if head.format_version > FORMAT_VERSION:
        raise ComparisonFileError(
            path,
            tr(
                "it was saved by a newer version of the program (format {found}; this one reads up "
                "to {known}). Open it with that version, or update this one.",
                found=head.format_version,
                known=FORMAT_VERSION,
            ),
        )
    try:
        comparison = _decoded(data, lambda share: at((1 + 3 * share) / 4))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ComparisonFileError(
            path,
            tr("it is damaged: {why}. Open a copy of it, if there is one.", why=_said(error)),
        ) from error
    return comparison


class _Misplaced(ValueError):
    """What a part should be, and where that part is."""

    def __init__(self, place: str, what: object) -> None:
        super().__init__(f"{place}: {what}")


def _out_of_range(place: str, found: int, least: int, most: int) -> _Misplaced:
    """A whole number, or a count, that is not allowed."""
    what = tr("found {found}; allowed are {least} to {most}", found=found, least=least, most=most)
    return _Misplaced(place, what)


def _decoded(data: bytes, at: At) -> Comparison:
    """The record, its parts decoded one after another.

    Raises:
        ValueError: Something is not as it is in a comparison, or no JSON.
    """
    whole = _decode(data, _Whole, "$")
    if whole.format_version < 1:
        what = tr("found {found}; allowed is 1 or more", found=whole.format_version)
        raise _Misplaced("$.format_version", what)
    # Of a long text only its end is kept, and given to a model.
    most = whole.prompt.skipped + len(whole.prompt.manuscript)
    if whole.unseen_characters > most:
        raise _out_of_range("$.unseen_characters", whole.unseen_characters, 0, most)
    ids = array("i")  # a tenth of what a list of numbers takes
    for _, some, _ in _parts(
        whole.prompt_ids, list[TokenId], "$.prompt_ids", _MOST_IDS, _LONGEST_ENTRY
    ):
        ids.extend(some)
    spellings: dict[int, bytes] = {}
    for _, words, _ in _parts(
        whole.spellings,
        dict[TokenId, TokenText],
        "$.spellings",
        _MOST_SPELLINGS,
        _LONGEST_ENTRY,
    ):
        spellings |= words
    lanes: list[LaneRecord] = []
    before = 0.0
    for first, found, behind in _parts(
        whole.lanes, list[_Lane], "$.lanes", MOST_SEQUENCES, len(data)
    ):
        share = (behind - before) / max(1, len(found))
        for number, lane in enumerate(found, first):
            done = partial(_at, at, before, share)
            lanes.append(_lane(lane, f"$.lanes[{number}]", done))
            before += share
    if not lanes:
        raise _Misplaced("$.lanes", tr("found none; allowed are 1 to {most}", most=MOST_SEQUENCES))
    parts = {"prompt_ids": tuple(ids), "spellings": spellings, "lanes": tuple(lanes)}
    return Comparison(**(_fields(whole) | parts))


def _at(at: At, before: float, share: float, done: float) -> None:
    """Say how far the whole is where a share of it is `done`."""
    at(before + done * share)


def _lane(lane: _Lane, place: str, at: At) -> LaneRecord:
    stop: list[str] = []
    for _, texts, _ in _parts(lane.stop, list[Line], f"{place}.stop", _MOST_STOPS, _LONGEST_ENTRY):
        stop += texts
    if not all(stop):
        what = tr("found an empty text; allowed are texts of a character or more")
        raise _Misplaced(f"{place}.stop", what)
    tokens: list[TokenRecord] = []
    inside = f"{place}.tokens"
    for first, some, share in _parts(
        lane.tokens, list[TokenRecord], inside, _MOST_TOKENS, _LONGEST_TOKEN
    ):
        for index, token in enumerate(some, first):
            _check_token(token, f"{inside}[{index}]")
        tokens += some
        at(share)
    end = _part(lane.end, TokenRecord, f"{place}.end", _LONGEST_TOKEN)
    if end is not None:
        _check_token(end, f"{place}.end")
    reason: FinishReason | None = _part(
        lane.reason, FinishReason, f"{place}.reason", _LONGEST_REASON
    )
    parts = {
        "params": _params(lane.params, f"{place}.params"),
        "tokens": tuple(tokens),
        "end": end,
        "reason": reason,
        "stop": tuple(stop),
        "turns": _turns(lane.turns, f"{place}.turns", len(tokens) + 1),
    }
    return LaneRecord(**(_fields(lane) | parts))


def _turns(raw: msgspec.Raw, place: str, most: int) -> tuple[Turn, ...]:
    """Changes of parameters in their order, none behind the token `most`."""
    turns: list[Turn] = []
    for first, some, _ in _parts(raw, list[_BareTurn], place, _MOST_TURNS, _LONGEST_PARAMS):
        for index, bare in enumerate(some, first):
            least = turns[-1].index if turns else 0
            if not least <= bare.index <= most:
                raise _out_of_range(f"{place}[{index}].index", bare.index, least, most)
            params = _params(bare.params, f"{place}[{index}].params")
            turns.append(Turn(index=bare.index, params=params))
    return tuple(turns)


def _params(raw: msgspec.Raw, place: str) -> SamplingParams:
    """Parameters; an infinite temperature, and a word's ban, were written as null."""
    params = _part(raw, object, place, _LONGEST_PARAMS)
    if isinstance(params, dict):
        if params.get("temperature", 1.0) is None:
            params["temperature"] = math.inf
        words = params.get("word_biases")
        for word in words if isinstance(words, list) else []:
            if isinstance(word, dict) and word.get("bias", 0.0) is None:
                word["bias"] = -math.inf
    try:
        return msgspec.convert(params, SamplingParams)
    except msgspec.ValidationError as error:
        raise _moved(error, place) from error


def _check_token(token: TokenRecord, place: str) -> None:
    if token.u is None:
        raise _Misplaced(f"{place}.u", tr("found null; allowed is a number from 0 to 1"))
    if not token.sketch:
        return
    try:
        sketch = LogitSketch.from_bytes(token.sketch)
    except SketchError as error:
        raise _Misplaced(place, error) from error
    if token.id >= sketch.vocabulary_size:
        raise _Misplaced(place, tr("its id is no token's of its sketch"))
    if float(np.abs(sketch.logits).max()) > _LARGEST_LOGIT:
        raise _Misplaced(
            f"{place}.sketch",
            tr("allowed are logits from -{most:,.0f} to {most:,.0f}", most=_LARGEST_LOGIT),
        )
    if sketch.is_truncated:
        return  # of its tail no more is said than was checked
    if sketch.tail is not None and not _is_tail(sketch.tail, float(sketch.logits[-1])):
        raise _Misplaced(f"{place}.sketch", tr("what it says of its tail is no tail's"))


def _is_tail(tail: Tail, last: float) -> bool:
    """Whether a tail can be what is left of logits whose last known is `last`.

    Its log partition function begins at the logarithm of its size, falls, and is convex.
    """
    values, slopes, curvatures = (np.array(part) for part in tail.nodes[1:])
    return bool(
        -_LARGEST_LOGIT <= tail.edge <= last
        and abs(values[0] - math.log(tail.count)) < _ROUNDED
        and (np.diff(values) < _ROUNDED).all()
        and (slopes < _ROUNDED).all()
        and (curvatures > -_ROUNDED).all()
    )


def _parts(
    raw: msgspec.Raw, kind: type[_Kind], place: str, most: int, longest: int
) -> Iterator[tuple[int, _Kind, float]]:
    """What `cut` gives of a list or an object, decoded."""
    try:
        for first, piece, share in cut(raw, most, longest):
            yield first, _decode(piece, kind, place, first), share
    except StructureError as error:
        raise _Misplaced(place, error) from error


def _part(raw: msgspec.Raw, kind: Any, place: str, longest: int) -> Any:
    """A part that is decoded in one go; None for null."""
    size = memoryview(raw).nbytes
    if size > longest:
        what = tr("found %n bytes; allowed are {most:,}", "", size, most=longest)
        raise _Misplaced(place, what)
    data = bytes(raw)
    return None if data == _NULL else _decode(data, kind, place)


def _decode(data: bytes, kind: type[_Kind], place: str, first: int = 0) -> _Kind:
    """What bytes are; an error names the place within the whole."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise _moved(error, place, first) from error


_WHERE = re.compile(r"(?s)(.*) - at `\$(?:\[(\d+)\])?([^`]*)`")


def _moved(error: msgspec.ValidationError, place: str, first: int = 0) -> _Misplaced:
    """The error of a part, with the place that it has in the whole.

    Args:
        error: Names a place within the part.
        place: Where the part is.
        first: How many entries of a list there stand before it.
    """
    found = _WHERE.fullmatch(str(error))
    if found is None:
        return _Misplaced(place, error)
    what, index, inside = found.groups()
    entry = "" if index is None else f"[{first + int(index)}]"
    return _Misplaced(f"{place}{entry}{inside}", what)


def _fields(record: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def _said(error: Exception) -> str:
    """Why not, at a length that can be read: a file decides what is in it."""
    return visible_line(str(error), _LONGEST_REASON).rstrip(".")
