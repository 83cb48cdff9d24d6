"""A program's form of presets as one value: its keys, its defaults, how it is read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from studio.presets.foreign.keys import KeyTable
from studio.presets.foreign.quirks import carry_all
from studio.presets.foreign.source import Imported, Source
from studio.presets.foreign.target import Writer

Values = Mapping[str, object]
"""An object as a file has it, by its keys."""


class Read(Protocol):
    """Reads an object of one form: `Format.read`, or a form's own."""

    def __call__(self, values: Values, name: str, /, *, absent: bool) -> Imported:
        """The preset in it."""


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One form.

    Attributes:
        program: Whose it is, in words.
        keys: What becomes of its keys.
        absent: What the program has where a file is silent, where it is another than the neutral
            value.
        absent_of: The same where it depends on what the file says; None where it does not.
        carry: Carries over what a source of it has.
        reader: Reads an object of this form, where that takes more; None for `carry` alone.
        write: Makes such a file; None where none is made.
    """

    program: str
    keys: KeyTable
    absent: Values = msgspec.field(default_factory=dict)
    absent_of: Callable[[Values], Values] | None = None
    carry: Callable[[Source], None] = carry_all
    reader: Read | None = None
    write: Writer | None = None

    def opened(self, values: Values, *, absent: bool, prefix: str = "") -> Source:
        """A source of its keys, of which nothing is carried over yet.

        Args:
            values: The file's keys, or those of a part of it.
            absent: Whether what it is silent on is as the program has it.
            prefix: What stands before the keys where messages and lists name them.
        """
        own = self.absent_of(values) if self.absent_of else self.absent
        return Source(values, self.keys, prefix, own if absent else None)

    def read(self, values: Values, name: str, *, absent: bool) -> Imported:
        """The preset in an object of this form.

        Args:
            values: The object.
            name: What to call it where it has no name.
            absent: Whether what it is silent on is as the program has it; else it is neutral.

        Raises:
            PresetError: a value is not allowed, or nothing can be carried over.
        """
        if self.reader:
            return self.reader(values, name, absent=absent)
        source = self.opened(values, absent=absent)
        self.carry(source)
        return source.imported(name, self.program)
