"""Groups: the smallest pieces of text that stand for whole tokens, and how they mark a manuscript.

Where a character is made of several tokens, those belong together: the first has the character, the
others an empty range behind it. A group marks each of its characters; as long as all of them stand
side by side, in whatever way they came back there, the group is whole.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from copy import copy
from dataclasses import replace

import msgspec

from studio.manuscript.passage import Marks, Passage
from studio.token_record import TokenRecord


class TokenGroup(msgspec.Struct, eq=False, gc=False):
    """One token that has characters, and those behind it that have none of their own.

    The collector of cycles does not look through it: a document has tens of thousands, and each
    marks all of its characters.

    Attributes:
        text: Its characters, at least one.
        records: What is kept of the tokens, in order; all of the characters are the first one's.
        source: Whose tokens they are: ids mean nothing beside those of another vocabulary.
    """

    text: str
    records: tuple[TokenRecord, ...] = ()
    source: Hashable = None


def grouped(tokens: Iterable[tuple[TokenRecord, str]], source: Hashable = None) -> list[TokenGroup]:
    """Group tokens of one source, each with its characters.

    A token without characters that no other comes before has no place in a text: it is left out.

    Args:
        tokens: Each token with its characters.
        source: Whose tokens they are.
    """
    groups: list[TokenGroup] = []
    for record, text in tokens:
        if text:
            groups.append(TokenGroup(text, (record,), source))
        elif groups:
            groups[-1].records += (record,)
    return groups


def whole_groups(text: str, marks: Marks) -> Iterator[tuple[int, TokenGroup]]:
    """The groups that stand in a text with all of their characters, and where each begins.

    Args:
        text: The characters.
        marks: Theirs, as long as `text`.
    """
    start = 0
    while start < len(marks):
        mark = marks[start]
        end = start + 1
        while end < len(marks) and marks[end] is mark:
            end += 1
        if isinstance(mark, TokenGroup) and mark.text == text[start:end]:
            yield start, mark
        start = end


def with_own_records(passage: Passage) -> Passage:
    """The same passage for another place of a text: its whole tokens have copies of their records.

    A token of which only a part was taken has no record there.
    """
    if passage.marks is None:
        return passage
    marks: list[object | None] = [None] * len(passage)
    for start, group in whole_groups(passage.text, passage.marks):
        own = TokenGroup(group.text, tuple(map(copy, group.records)), group.source)
        marks[start : start + len(own.text)] = [own] * len(own.text)
    return replace(passage, marks=tuple(marks))
