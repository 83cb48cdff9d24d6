"""Texts with places for the fields of a prompt, such as `Write about {topic} in {style}`."""

from __future__ import annotations

from string import Formatter

from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.prompt_table import Fields
from studio.translation import tr
from studio.visible_text import visible_line, visible_names

LONGEST = 1_000_000
"""Characters of a text that is made: more than any context holds."""


class Template:
    """A text with places.

    A brace that is none of a place is written twice. What a field holds is put in as it stands:
    nothing in it is a place.

    Args:
        text: It.
        source: What it is called where it is refused.

    Attributes:
        fields: The names of its places.

    Raises:
        AugmentationError: Its braces do not match, or a place has more than a name in it.
    """

    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._parts: list[tuple[str, str | None]] = []
        try:
            for before, name, form, conversion in Formatter().parse(text):
                if name is not None and (form or conversion or not name.strip()):
                    raise ValueError(name)
                self._parts.append((before, name))
        except ValueError as error:
            raise AugmentationError(
                tr(
                    "{source}: found {found}; a place is the name of a field in braces, such as "
                    "{example}, and any other brace is written twice",
                    source=source,
                    found=visible_line(text),
                    example="{prompt}",
                )
            ) from error
        self.fields = tuple({name: None for _, name in self._parts if name is not None})

    def filled(self, row: Fields, number: int) -> str:
        """The text with a prompt's fields in its places.

        Args:
            row: The fields.
            number: Which prompt of its file it is, from 1.

        Raises:
            AugmentationError: A field is missing, or the text gets too long.
        """
        found = []
        for before, name in self._parts:
            found.append(before)
            if name is not None:
                if name not in row:
                    raise AugmentationError(self._missing(name, row, number))
                found.append(row[name])
        whole = "".join(found)
        if len(whole) > LONGEST:
            raise AugmentationError(
                tr(
                    "{source}: with prompt {number} it has {found:,} characters; at most {most:,} "
                    "are allowed",
                    source=self._source,
                    number=number,
                    found=len(whole),
                    most=LONGEST,
                )
            )
        return whole

    def _missing(self, name: str, row: Fields, number: int) -> str:
        return tr(
            "{source}: it has a place for “{name}”, which prompt {number} lacks; that has {fields}",
            source=self._source,
            name=visible_line(name),
            number=number,
            fields=visible_names(list(row)),
        )
