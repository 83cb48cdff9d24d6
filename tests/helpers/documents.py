"""Documents for tests: one with a take in a take, and what each says as plain values."""

from typing import Any

import msgspec

from studio.manuscript import Document, Manuscript, Passage, TokenSpans
from studio.manuscript.token_groups import whole_groups
from studio.model_record import ModelRecord
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord, TokenSequence, placed
from tests.helpers.token_records import tokens


def of_record(record: TokenRecord) -> Any:
    sequence = record.sequence
    return (
        msgspec.structs.replace(record, sequence=None),
        sequence and (sequence.ids, sequence.is_whole, sequence.seed, sequence.start),
    )


def of_passage(passage: Passage) -> Any:
    groups = whole_groups(passage.text, passage.marks or ())
    return (
        passage.text,
        passage.origins,
        [
            (start, group.text, group.source, list(map(of_record, group.records)))
            for start, group in groups
        ],
        [(length, brush and brush.own) for length, brush in passage.brushes],
    )


def described(document: Document) -> Any:
    """All that a document says, as plain values."""
    numbers = {one: number for number, one in enumerate(document.take_sets)}
    take_sets = [
        (
            one.place,
            one.used,
            [
                (
                    (
                        take.seed,
                        take.temperatures,
                        take.preset,
                        take.name,
                        take.ending,
                        (
                            take.given,
                            take.growing,
                            take.turns,
                            take.cut,
                            take.written_from,
                            take.follows,
                            take.fills_in,
                        ),
                        take.model,
                        take.end and of_record(take.end),
                    ),
                    of_passage(take.passage),
                    list(map(of_record, take.records)),
                    sorted((numbers[inside], str(place)) for inside, place in take.nested.items()),
                )
                for take in one.takes
            ],
        )
        for one in document.take_sets
    ]
    return (
        of_passage(document.passage),
        take_sets,
        (document.caret, document.brief, document.preset, document.plan, document.runs),
    )


def document_of(manuscript: Manuscript, caret: int = 0, brief: str = "") -> Document:
    return Document(*manuscript.content(), caret, brief)


def sea() -> Document:
    """A text with a take in it, another beside it, and one nested in that."""
    manuscript = Manuscript("It begins. And ends.")
    spans = TokenSpans(manuscript)
    spans.set_source(("a.gguf", 100, 49_152))
    sequence = TokenSequence([5, 6, 7, 0, 1, 2, 3], seed=7, start=3)
    for seed, words in ((3, ("The", " sea", " was", " calm")), (4, ("A", " storm"))):
        takes = manuscript.take_set_at(15, 15) if seed == 4 else None
        take = manuscript.retake(takes, seed) if takes else manuscript.begin_take(11, seed)
        take.name, take.written_from, take.cut = f"Road {seed}", b"mark", 2
        take.turns = [(0, SamplingParams(temperature=0.5)), (1, SamplingParams(top_k=seed))]
        take.end, take.follows = tokens("<|im_end|>")[0], 2.5
        take.model = ModelRecord(name="Sea", file=f"sea-{seed % 2}.gguf", hash="sha256:00")
        take.temperatures, take.preset, take.ending = [0.5, 1e300], "Prose, “calm”", "stop_string"
        for index, record in enumerate(tokens(*words)):
            take.records.append(placed(record, sequence, 3 + index))
            take.append(record.text.decode())
        manuscript.end_take()
        if seed == 3:
            manuscript.begin_take(18)
            assert manuscript.growing
            manuscript.growing.append(" (deep)")
            manuscript.end_take()
    return Document(*manuscript.content(), 4, "A tale.\n", b'{"name": "Calm"}')
