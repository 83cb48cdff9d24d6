"""The tokens of a take that grows: its records turn into groups as its text comes.

A record may come long before its text (text comes once a frame), and a character's text after its
last token only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

from studio.manuscript.takes import Take, TakeSet
from studio.manuscript.token_characters import TokenCharacters
from studio.manuscript.token_groups import TokenGroup
from studio.token_record import TokenRecord


class TakeTokens:
    """Follows one take from its first token to its end.

    Args:
        take: It grows, or has just ended.
        take_set: That it belongs to, whose place says where it stands.
        source: Whose tokens they are.
    """

    def __init__(self, take: Take, take_set: TakeSet, source: Hashable) -> None:
        self.take = take
        self._source = source
        self._set = take_set
        self._characters = TokenCharacters()
        self._read = 0
        """How many of the take's records have been looked at."""
        self._certain: deque[tuple[TokenRecord, str]] = deque()
        """Tokens whose characters are known, and may not have come yet."""
        self._length = take.given
        """Code points of the take that have been given out, or that no record of it spells."""
        self._last: tuple[int, TokenGroup] | None = None
        """What was given out last: how far into the take, and what."""
        self._fits = True

    @property
    def is_in_text(self) -> bool:
        """Whether the take stands in the text, and no other of its set."""
        return self._set.current is self.take

    def standing(self, part: Callable[[int, int], str]) -> list[tuple[int, TokenGroup]]:
        """The groups whose text has come since the last call, each with where it begins.

        The last one of the call before comes once more where a token without characters joined it.

        Args:
            part: Gives the characters of a range of the manuscript.
        """
        self._read_on()
        place = self._set.place
        come: list[tuple[TokenRecord, str]] = []
        # Once for all tokens that have come, of which there are some dozens in a frame.
        text = part(place.start + self._length, place.end) if self._certain and self._fits else ""
        read = 0
        while self._fits and self._certain:
            token_text = self._certain[0][1]
            if read + len(token_text) > len(text):
                break
            # A take may be given text that its records do not spell: from there on none fits.
            self._fits = text.startswith(token_text, read)
            if self._fits:
                come.append(self._certain.popleft())
                read += len(token_text)
        return self._given_out(place.start, come)

    def _read_on(self) -> None:
        records = self.take.records
        for record in records[self._read :]:
            self._certain.extend(self._characters.feed(record))
        self._read = len(records)
        if not self.take.growing:
            self._certain.extend(self._characters.end())

    def _given_out(
        self, start: int, come: list[tuple[TokenRecord, str]]
    ) -> list[tuple[int, TokenGroup]]:
        groups: list[tuple[int, TokenGroup]] = []
        for record, text in come:
            if text:
                self._last = (self._length, TokenGroup(text, (record,), self._source))
                groups.append((start + self._length, self._last[1]))
                self._length += len(text)
            elif self._last is not None:
                self._last[1].records += (record,)
                if not groups:
                    groups.append((start + self._last[0], self._last[1]))
        return groups
