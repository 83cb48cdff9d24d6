"""How a document stands in the tables of its database.

What is known of a token is one row, to which passages and takes refer; once written it is not
written again, nor is a run of lanes. The rest is small beside these, and is written anew each time.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import numpy as np

from studio.collector import collector_paused
from studio.manuscript.brush import Brush, Brushes, OwnSampling, merged
from studio.manuscript.document import MOST_RUNS, Document, KeptRun
from studio.manuscript.passage import Origin, Passage
from studio.manuscript.place import Place
from studio.manuscript.prompt_plan import MOST_NOTES, NO_PLAN, Note, PromptPlan
from studio.manuscript.takes import Take, TakeSet
from studio.manuscript.token_groups import TokenGroup, whole_groups
from studio.memory_budgets import DOCUMENT_RUNS
from studio.model_record import ModelRecord
from studio.sampling import MAX_SEED, SamplingParams
from studio.token_record import TokenRecord, TokenSequence, placed

_WRITTEN_ANEW = (
    *("nested", "take", "model", "take_set", "document", "passage", "source", "sequence", "brush"),
    *("note", "plan"),
)
"""In this order: what refers to another first."""

_NO_BRUSH = 0
"""In place of a number, where characters have none."""

_NUMBER = np.dtype("<i4")
_RUN = re.compile(rb"(.)\1*", re.DOTALL)
"""Equal bytes, as many as there are."""
_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
"""Of a run of lanes."""

_T = TypeVar("_T")


Count = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
Bits = Annotated[float, msgspec.Meta(ge=0.0, le=64.0)]


class _Groups(msgspec.Struct, frozen=True):
    """The groups of tokens that stand in a passage, value by value: little-endian 32-bit numbers.

    An object a group would wake the collector of cycles each time.
    """

    starts: bytes
    lengths: bytes
    sources: bytes
    counts: bytes
    """How many tokens each has."""
    tokens: bytes
    """The rows of all, group by group."""


class _Facts(msgspec.Struct, frozen=True):
    """What a `Take` says of itself; see there."""

    seed: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)] | None
    temperatures: list[float]
    preset: str
    name: str
    ending: str
    turns: list[tuple[Count, SamplingParams]]
    cut: Count | None
    written_from: bytes
    given: Count
    follows: Bits | None = None
    fills_in: bool = False
    """Documents of before say neither of the two."""


_READ: tuple[type, ...] = (
    SamplingParams,
    OwnSampling,
    Place,
    Note,
    PromptPlan,
    TokenRecord,
    ModelRecord,
    _Groups,
    _Facts,
)
# Documents are read in several threads. msgspec finds out which fields a class has when it is first
# decoded, and two threads that do so at once may crash the process: one does it here, on import.
for _kind in _READ:
    msgspec.msgpack.Decoder(_kind)


class _Numbered(Generic[_T]):
    """Numbers for things that are known by their identity, the same at each write."""

    def __init__(self) -> None:
        # Not one of pairs: the collector of cycles would look through tens of thousands.
        self._things: dict[int, _T] = {}
        self._numbers: dict[int, int] = {}
        self._next = 1
        self._used: set[int] = set()
        self.new: list[tuple[int, _T]] = []
        """Those that had no number before this write."""

    def know(self, one: _T, number: int) -> None:
        """Have one keep the number that it has already."""
        self._things[id(one)], self._numbers[id(one)] = one, number
        if number >= self._next:
            self._next = number + 1

    def begin(self) -> None:
        """A write begins: nothing is used yet."""
        self._used, self.new = set(), []

    def number(self, one: _T) -> int:
        """The number of one that is used."""
        key = id(one)
        self._used.add(key)
        if (known := self._numbers.get(key)) is not None:
            return known
        number = self._next
        self.know(one, number)
        self.new.append((number, one))
        return number

    def used(self) -> Iterator[tuple[int, _T]]:
        """All that are used, with their numbers."""
        things, used = self._things, self._used
        return ((number, things[key]) for key, number in self._numbers.items() if key in used)

    def forget_unused(self) -> list[int]:
        """The numbers of those that are not used any more, which are forgotten."""
        gone = self._numbers.keys() - self._used
        for key in gone:
            del self._things[key]
        return [self._numbers.pop(key) for key in gone]


class DocumentTables:
    """The document of one database.

    Args:
        connection: To a database of the present form. Nobody else writes to it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tokens = _Numbered[TokenRecord]()
        self._sequences = _Numbered[TokenSequence]()
        self._sources: dict[object, int] = {}
        self._brushes: dict[Brush, int] = {}
        self._models: dict[ModelRecord, int] = {}
        self._passages = 0
        self._runs: dict[str, bytes] = {}
        """What the database has of them."""

    # Writing

    def write(self, document: Document) -> None:
        """Have the database hold a document, in one transaction.

        Raises:
            sqlite3.Error: It could not be written. The database holds what it held; this object
                does not know that any more, and another must be made.
        """
        self._tokens.begin()
        self._sequences.begin()
        self._sources, self._brushes, self._models, self._passages = {}, {}, {}, 0
        with self._connection, collector_paused():
            for table in _WRITTEN_ANEW:
                self._execute(f"DELETE FROM {table}")
            passage = self._write_passage(document.passage)
            self._execute(
                "INSERT INTO document VALUES (1, ?, ?, ?, ?)",
                passage,
                document.caret,
                document.brief,
                document.preset,
            )
            numbers = {one: number for number, one in enumerate(document.take_sets, 1)}
            for one in document.take_sets:
                self._write_take_set(one, numbers)
            self._write_tokens()
            for name, number in self._sources.items():
                self._execute("INSERT INTO source VALUES (?, ?)", number, _packed(name))
            for brush, number in self._brushes.items():
                self._execute("INSERT INTO brush VALUES (?, ?)", number, _packed(brush.own))
            for model, number in self._models.items():
                self._execute("INSERT INTO model VALUES (?, ?)", number, _packed(model))
            self._write_plan(document.plan)
            self._write_runs(document.runs)

    def _execute(self, statement: str, *values: object) -> None:
        self._connection.execute(statement, values)

    def _write_plan(self, plan: PromptPlan) -> None:
        if plan == NO_PLAN:
            return
        replaced = msgspec.structs.replace
        self._execute("INSERT INTO plan VALUES (1, ?)", _packed(replaced(plan, notes=())))
        for number, note in enumerate(plan.notes, 1):
            facts = _packed(replaced(note, name="", text=""))
            self._execute(
                "INSERT INTO note VALUES (?, ?, ?, ?)", number, note.name, note.text, facts
            )

    def _write_runs(self, runs: Iterable[KeptRun]) -> None:
        wanted = dict(runs)
        for name in [name for name, data in self._runs.items() if wanted.get(name) is not data]:
            self._execute("DELETE FROM run WHERE name = ?", name)
            del self._runs[name]
        for name, data in wanted.items():
            if name not in self._runs:
                self._execute("INSERT INTO run VALUES (?, ?)", name, data)
        self._runs = wanted

    def _write_passage(self, passage: Passage) -> int:
        self._passages += 1
        runs = _RUN.finditer(passage.origins)
        origins = [(len(run[0]), run[0][0]) for run in runs]
        number, sources = self._tokens.number, self._sources
        columns: list[list[int]] = [[], [], [], [], []]
        starts, lengths, named, counts, tokens = columns
        for start, group in whole_groups(passage.text, passage.marks or ()):
            starts.append(start)
            lengths.append(len(group.text))
            named.append(sources.setdefault(group.source, len(sources) + 1))
            counts.append(len(group.records))
            tokens.extend(map(number, group.records))
        groups = _Groups(*(np.array(column, _NUMBER).tobytes() for column in columns))
        known = self._brushes
        brushes = [
            (length, _NO_BRUSH if brush is None else known.setdefault(brush, len(known) + 1))
            for length, brush in passage.brushes
        ]
        self._execute(
            "INSERT INTO passage VALUES (?, ?, ?, ?, ?)",
            self._passages,
            passage.text,
            _packed(origins),
            _packed(groups),
            _packed(brushes) if brushes else b"",
        )
        return self._passages

    def _write_take_set(self, one: TakeSet, numbers: Mapping[TakeSet, int]) -> None:
        number = numbers[one]
        self._execute("INSERT INTO take_set VALUES (?, ?, ?)", number, _packed(one.place), one.used)
        for index, take in enumerate(one.takes):
            self._execute(
                "INSERT INTO take VALUES (?, ?, ?, ?, ?, ?, ?)",
                number,
                index,
                self._write_passage(take.passage),
                _packed(msgspec.convert(take, _Facts, from_attributes=True)),
                _packed([self._tokens.number(record) for record in take.records]),
                None if take.end is None else self._tokens.number(take.end),
                None
                if take.model is None
                else self._models.setdefault(take.model, len(self._models) + 1),
            )
            for inside, place in take.nested.items():
                self._execute(
                    "INSERT INTO nested VALUES (?, ?, ?, ?)",
                    number,
                    index,
                    numbers[inside],
                    _packed(place),
                )

    def _write_tokens(self) -> None:
        gone = [(number,) for number in self._tokens.forget_unused()]
        self._connection.executemany("DELETE FROM token WHERE id = ?", gone)
        for _, record in self._tokens.used():
            if record.sequence is not None:
                self._sequences.number(record.sequence)
        self._sequences.forget_unused()
        for number, one in self._sequences.used():
            ids = None if one.ids is None else np.array(one.ids, _NUMBER).tobytes()
            self._execute(
                "INSERT INTO sequence VALUES (?, ?, ?, ?, ?)",
                number,
                ids,
                one.is_whole,
                one.seed,
                one.start,
            )
        self._connection.executemany(
            "INSERT INTO token VALUES (?, ?, ?, ?)", map(self._token_row, self._tokens.new)
        )

    def _token_row(self, new: tuple[int, TokenRecord]) -> tuple[int, int | None, int, bytes]:
        number, record = new
        sequence = None if record.sequence is None else self._sequences.number(record.sequence)
        plain = msgspec.structs.replace(record, sequence=None, index=0)
        return number, sequence, record.index, _packed(plain)

    # Reading

    def read(self) -> Document:
        """The document.

        Raises:
            ValueError: What is in the tables is no document.
            sqlite3.Error: The database is damaged.
        """
        try:
            return self._read()
        except (LookupError, TypeError, OverflowError) as error:
            raise ValueError(f"what belongs together does not fit: {error!r}") from error

    def _read(self) -> Document:
        sources = {number: _source(name) for number, name in self._rows("source")}
        self._read_tokens()
        tokens = dict(self._tokens.used())
        brushes: dict[int, Brush | None] = {
            number: Brush(msgspec.msgpack.decode(own, type=OwnSampling))
            for number, own in self._rows("brush")
        }
        brushes[_NO_BRUSH] = None
        passages = {
            number: replace(
                _read_passage(text, origins, groups, sources, tokens),
                brushes=_read_brushes(runs, len(text), brushes),
            )
            for number, text, origins, groups, runs in self._rows("passage")
        }
        [(_, text, caret, brief, preset)] = self._rows("document")
        length = len(passages[text])
        if not 0 <= caret <= length:
            raise ValueError(f"the caret is at {caret} of {length}")
        Passage.of(brief, Origin.TYPED)  # no text has what it refuses
        take_sets = self._read_take_sets(length, passages, tokens)
        plan = self._read_plan().within(length)
        return Document((passages[text],), take_sets, caret, brief, preset, plan, self._read_runs())

    def _read_plan(self) -> PromptPlan:
        rows = self._connection.execute("SELECT * FROM note ORDER BY 1 LIMIT ?", (MOST_NOTES + 1,))
        notes = [
            msgspec.convert(
                msgspec.msgpack.decode(facts, type=dict[str, Any]) | {"name": name, "text": text},
                Note,
            )
            for _, name, text, facts in rows
        ]
        if len(notes) > MOST_NOTES:
            raise ValueError(f"no document has more than {MOST_NOTES:,} notes")
        found = [msgspec.msgpack.decode(facts, type=PromptPlan) for _, facts in self._rows("plan")]
        return msgspec.structs.replace(found[0] if found else NO_PLAN, notes=tuple(notes))

    def _read_runs(self) -> tuple[KeptRun, ...]:
        [(count, size)] = self._connection.execute(
            "SELECT count(*), total(length(comparison)) FROM run"
        )
        if count > MOST_RUNS or size > DOCUMENT_RUNS:
            raise ValueError(f"no document keeps {count:,} runs of {size:,.0f} bytes")
        runs = tuple(KeptRun(name, data) for name, data in self._rows("run"))
        if strange := [name for name, _ in runs if not _NAME.fullmatch(name)]:
            raise ValueError(f"no run is called {strange[0][:40]!r}")
        self._runs = dict(runs)
        return runs

    def _rows(self, table: str) -> Iterator[Any]:
        return iter(self._connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"))

    def _read_tokens(self) -> None:
        sequences: dict[int | None, TokenSequence] = {}
        for number, ids, is_whole, seed, start in self._rows("sequence"):
            known = None if ids is None else _numbers(ids)
            if known and min(known) < 0:
                raise ValueError("no token has a number below 0")
            if start is not None and start not in range(2**31):
                raise ValueError(f"no token stands at {start}")
            sequences[number] = TokenSequence(
                known, is_whole=bool(is_whole), seed=_seed(seed), start=start
            )
            self._sequences.know(sequences[number], number)
        decode = msgspec.msgpack.Decoder(TokenRecord).decode
        for number, sequence, index, record in self._rows("token"):
            one = decode(record)
            if index not in range(2**31):
                raise ValueError(f"no token stands at {index}")
            if sequence is not None:
                one = placed(one, sequences[sequence], index)
            self._tokens.know(one, number)
            self._tokens.number(one)

    def _read_take_sets(
        self, length: int, passages: Mapping[int, Passage], tokens: Mapping[int, TokenRecord]
    ) -> tuple[TakeSet, ...]:
        take_sets: dict[int, TakeSet] = {}
        places: dict[int, bytes] = {}
        decode = msgspec.msgpack.Decoder(ModelRecord).decode
        models = {number: decode(record) for number, record in self._rows("model")}
        for number, place, used in self._rows("take_set"):
            if used not in range(2**53):
                raise ValueError(f"no set was used {used} times")
            take_sets[number] = TakeSet(Place(0, 0), used=used)
            places[number] = place
        for one, number, passage, packed, rows, behind, model in self._rows("take"):
            takes = take_sets[one].takes
            if number != len(takes):
                raise ValueError("a take is missing")
            facts = msgspec.structs.asdict(msgspec.msgpack.decode(packed, type=_Facts))
            # Of one that the writer had shortened more was written at first.
            facts["given"] = min(facts["given"], len(passages[passage]))
            takes.append(
                Take(
                    passage=passages[passage],
                    records=[tokens[row] for row in msgspec.msgpack.decode(rows, type=list[int])],
                    end=None if behind is None else tokens[behind],
                    model=None if model is None else models[model],
                    **facts,
                )
            )
        for number, one_set in take_sets.items():
            one_set.place = _read_place(places[number], length, one_set)
        for one, number, inside, place in self._rows("nested"):
            take = take_sets[one].takes[number]
            take.nested[take_sets[inside]] = _read_place(
                place, len(take.passage), take_sets[inside]
            )
        return tuple(take_sets.values())


def _read_brushes(data: bytes, length: int, brushes: Mapping[int, Brush | None]) -> Brushes:
    if not data:
        return ()
    runs = msgspec.msgpack.decode(data, type=list[tuple[Count, Count]])
    if sum(run for run, _ in runs) != length or any(run < 1 for run, _ in runs):
        raise ValueError("what it is written with is not known for each character")
    return merged((run, brushes[number]) for run, number in runs)


def _packed(value: object) -> bytes:
    return msgspec.msgpack.encode(value)


def _read_place(data: bytes, length: int, take_set: TakeSet) -> Place:
    """The place of a set in a text of so many characters."""
    place = msgspec.msgpack.decode(data, type=Place)
    is_there = 0 <= place.start <= place.end <= length
    if not is_there or (place.index is not None and not 0 <= place.index < len(take_set.takes)):
        raise ValueError(f"no place of a take is {place}")
    return place


def _seed(seed: int | None) -> int | None:
    if seed is not None and not 0 <= seed <= MAX_SEED:
        raise ValueError(f"no seed is {seed}")
    return seed


def _numbers(data: bytes) -> list[int]:
    found: list[int] = np.frombuffer(data, _NUMBER).tolist()
    return found


def _source(data: bytes) -> object:
    """What it was made of comes back equal."""
    return msgspec.msgpack.decode(data, type=str | tuple[str | int, ...] | None)


def _read_passage(
    text: str,
    origins: bytes,
    groups: bytes,
    sources: Mapping[int, object],
    tokens: Mapping[int, TokenRecord],
) -> Passage:
    Passage.of(text, Origin.TYPED)  # no text has what it refuses
    runs = msgspec.msgpack.decode(origins, type=list[tuple[int, Origin]])
    if sum(length for length, _ in runs) != len(text) or any(length < 1 for length, _ in runs):
        raise ValueError("who wrote it is not known for each character")
    marks: list[object | None] = [None] * len(text)
    reached = 0
    found = msgspec.msgpack.decode(groups, type=_Groups)
    rows = iter(_numbers(found.tokens))
    for start, length, source, count in zip(
        *map(_numbers, (found.starts, found.lengths, found.sources, found.counts)), strict=True
    ):
        end = start + length
        if not reached <= start < end <= len(text) or count < 1:
            raise ValueError(f"no token stands from {start} to {end}")
        reached = end
        records = tuple([tokens[row] for row in islice(rows, count)])
        if len(records) < count:
            raise ValueError("a token is missing")
        known = TokenGroup(text[start:end], records, sources[source])
        marks[start:end] = [known] * length
    who = b"".join(bytes([origin]) * length for length, origin in runs)
    return Passage(text, who, tuple(marks) if reached else None)
