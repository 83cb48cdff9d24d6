"""The keys of another program's file, ticked off as they are carried over; all is reported.

Each reader takes what it has a place for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from studio.presets.credentials import HIDDEN, NEVER, is_secret, without_secrets
from studio.presets.document import PresetDocument
from studio.presets.errors import NothingCarriedError, PresetError, refused
from studio.presets.foreign.idle import why_idle
from studio.presets.foreign.keys import UNKNOWN, Key, KeyTable
from studio.presets.preset import LONGEST_STOP, LONGEST_TEXT, MOST_STOPS, MOST_TOKENS, Preset
from studio.presets.preset_fields import (
    checked_max_tokens,
    checked_parameter,
    checked_stops,
    checked_text,
    sampling_params,
)
from studio.presets.preset_name import checked_name, safe_name
from studio.sampling import (
    DEFAULT_SAMPLERS,
    NUMBERS,
    PARAMETERS,
    SWITCHES,
    ParameterError,
    SamplingParams,
    WordBias,
)
from studio.sampling.params import with_later_steps
from studio.sampling.word_bias import LONGEST_WORD, MOST_WORDS
from studio.translation import mark, tr
from studio.visible_text import printable

WHOLE = frozenset(name for name, number in NUMBERS.items() if number.is_whole)
"""The parameters that are whole numbers."""
_MOST_KEYS_NAMED = 6
_CHANGES_NOTHING = mark("It changes nothing.")
_MASTERS = {
    field: tuple(switch.name for switch in SWITCHES[facts.step])
    for field, facts in PARAMETERS.items()
    if facts.step is not None and not facts.is_switch
}
"""Parameters that do nothing by themselves, and those of which one must be on."""


class NotCarried(msgspec.Struct, frozen=True):
    """A setting that has no place on the other side.

    Attributes:
        key: As its own side calls it.
        value: What it was; never a password, a key or a token.
        had_effect: Whether it did anything; a switch that is off did not.
        why: What it would have done, or why it has no place; a sentence, or nothing.
        is_unknown: Whether no file of its program has such a key, as far as is known here.
    """

    key: str
    value: object
    had_effect: bool = True
    why: str = ""
    is_unknown: bool = False

    @property
    def fate(self) -> str:
        """What became of it, in one word."""
        return "lost" if self.had_effect else "idle"


class Carried(msgspec.Struct, frozen=True):
    """A setting that has a place here.

    Attributes:
        key: As its own side calls it.
        value: What it was there.
        to: The fields of the preset that it set; none where it changes nothing.
        acts: Whether it does anything in the preset as it stands.
        why: What is to be known of it, and why it does nothing; sentences, or nothing.
    """

    key: str
    value: object
    to: tuple[str, ...]
    acts: bool = True
    why: str = ""

    @property
    def fate(self) -> str:
        """What became of it, in one word."""
        return "carried" if self.acts else "idle"

    @property
    def is_of_note(self) -> bool:
        """Whether there is more to be known of it than that it is as it was, or off."""
        return self.why not in ("", tr(_CHANGES_NOTHING))


class Imported(msgspec.Struct, frozen=True):
    """A preset out of another program's file.

    Attributes:
        document: The preset; nothing is saved yet.
        program: Whose file it was, in words.
        not_carried: What the studio has no place for.
        carried: What it has a place for.
        absent: Fields that the file is silent on, with the values that they have in its program and
            therefore here.
    """

    document: PresetDocument
    program: str
    not_carried: tuple[NotCarried, ...] = ()
    carried: tuple[Carried, ...] = ()
    absent: tuple[tuple[str, object], ...] = ()

    @property
    def preset(self) -> Preset:
        """What it sets."""
        return self.document.preset


_UNKNOWN = Key(words=UNKNOWN)
_NEUTRAL = SamplingParams()


_BELOW_ZERO = {"top_k": 0, "seed": -1, "adaptive_target": -1.0}
"""What a number below 0 is in all programs: off, or a new one each time."""


class Source:
    """The keys of one file and where they go.

    Attributes:
        keys: What becomes of those that are known.
        named: The key that the preset's name has in the file, and the name; None where it has none.

    Args:
        values: The file's keys.
        keys: What becomes of those that are known; no other is taken.
        prefix: What stands before the keys where messages and lists name them.
        absent: What sampling parameters are in the program where the file is silent on them; none
            to leave those neutral.
    """

    def __init__(
        self,
        values: Mapping[str, object],
        keys: KeyTable,
        prefix: str = "",
        absent: Mapping[str, object] | None = None,
    ) -> None:
        self._left = dict(values)
        self.keys = keys
        self._prefix = prefix
        self._own = absent or {}
        self._sampling: dict[str, object] = {}
        self._names: dict[str, str] = {}
        self._fields: dict[str, object] = {}
        self._lost: list[NotCarried] = []
        self._taken: dict[str, object] = {}
        self._goes: dict[str, dict[str, None]] = {}
        self._notes: dict[str, list[str]] = {}
        self._if_idle: dict[str, str] = {}
        self._joined: list[Source] = []
        self._words: tuple[WordBias, ...] = ()
        self._is_best_alone = False
        self.named: tuple[str, object] | None = None

    def has(self, key: str) -> bool:
        """Whether a key is there and not consumed yet, with a value or without."""
        return key in self._left

    def __contains__(self, key: str) -> bool:
        return self._left.get(key) is not None

    def value(self, key: str) -> object:
        """The value of a key, which is not consumed; None where there is none."""
        return self._left.get(key)

    def put(self, key: str, value: object) -> None:
        """Add a key that was found while reading; the last one of a name counts.

        Args:
            key: The key in the file.
            value: What was found.
        """
        self._left[key] = value

    def consume(self, key: str) -> object:
        """The value of a key, which counts as carried; None where there is none."""
        assert key in self.keys, f"{key} is in no table"
        value = self._left.pop(key, None)
        if value is not None:
            self._taken[key] = value
        return value

    def call_by(self, *keys: str) -> None:
        """Take the preset's name from the first of `keys` that has a text; an empty one is none."""
        for key in keys:
            if isinstance(self._left.get(key), str):
                if name := self.give_up(key):
                    self.named = self._prefix + key, name
                return

    def give_up(self, key: str) -> object:
        """The value of a key that is reported elsewhere; None where there is none."""
        return self._left.pop(key, None)

    def number(self, key: str, *, is_whole: bool = False) -> float | None:
        """The same for a number.

        Args:
            key: The key in the file.
            is_whole: Whether it must be a whole number.

        Raises:
            PresetError: it is none.
        """
        value = self.consume(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise refused(self._prefix + key, value, tr("a number"))
        if is_whole and not isinstance(value, int):
            if not value.is_integer():
                raise refused(self._prefix + key, value, tr("a whole number"))
            return int(value)
        return value

    def flag(self, key: str) -> bool | None:
        """The same for a switch.

        Raises:
            PresetError: it is none.
        """
        value = self.consume(key)
        if value is None or isinstance(value, bool):
            return value
        raise refused(self._prefix + key, value, tr("true or false"))

    def text(self, key: str) -> str | None:
        """The same for a text.

        Raises:
            PresetError: it is none, or too long.
        """
        value = self.consume(key)
        return None if value is None else checked_text(self._prefix + key, value)

    def names(self, key: str) -> list[str] | None:
        """The same for names: a list of texts, or a text with one a line.

        Raises:
            PresetError: it is neither.
        """
        value = self.consume(key)
        if isinstance(value, str):
            return [line.strip() for line in value.splitlines() if line.strip()]
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return value
        if value is None:
            return None
        raise refused(self._prefix + key, value, tr("a list of names"))

    def set(self, field: str, value: object, *keys: str) -> bool:
        """Set a sampling parameter that the file calls by the first of `keys`.

        A finite number that it cannot have is left out, and reported.

        Args:
            field: The parameter.
            value: What it is to be.
            keys: The keys of the file that say it.

        Returns:
            Whether it is set.

        Raises:
            PresetError: the value is of another kind than the parameter's.
        """
        try:
            checked_parameter(field, value, self._prefix + keys[0])
        except PresetError as error:
            if not _is_finite(value):
                raise
            self.leave_out(keys[0], self._taken.get(keys[0], value), error)
            return False
        self._sampling[field] = value
        self._names[field] = self._prefix + keys[0]
        for key in keys:
            self._goes.setdefault(key, {})[field] = None
        return True

    def get(self, field: str) -> object:
        """The sampling parameter as it is set by now; None where none is."""
        return self._sampling.get(field)

    def effective(self, field: str) -> object:
        """The same, and where the file is silent what it is in its program."""
        return self._sampling.get(field, self._own.get(field))

    def add_biases(self, biases: Mapping[int, float], key: str) -> None:
        """Set biases of tokens, beside those that are set already.

        Args:
            biases: What each token's logit grows by.
            key: The key in the file.
        """
        former = self._sampling.get("logit_bias", ())
        if biases:
            self.set("logit_bias", tuple({**dict(former), **biases}.items()), key)  # type: ignore[call-overload]  # pairs, by this method

    def add_words(self, words: Iterable[WordBias], key: str) -> None:
        """Set biases of words, beside those that are set already; one too long is reported.

        Args:
            words: Words with their biases.
            key: The key in the file.
        """
        found = {word.text: word for word in self._words}
        for word in words:
            try:
                checked = SamplingParams(word_biases=(word,)).word_biases[0]
            except ParameterError:
                why = tr("A word or phrase has at most {most} bytes.", most=LONGEST_WORD)
                self.lose(key, word.text, why=why)
                continue
            if len(found) < MOST_WORDS:
                found[checked.text] = checked
            else:
                why = tr("At most {most:,} words are kept.", most=MOST_WORDS)
                self.lose(key, word.text, why=why)
        self._words = tuple(found.values())
        if found:
            self.set("word_biases", self._words, key)

    def carry_number(self, key: str, field: str) -> None:
        """Carry a number over.

        Args:
            key: The key in the file.
            field: The parameter that it is here.
        """
        value = self.number(key, is_whole=field in WHOLE)
        if value is None:
            return
        if field == "top_p" and value == 0:
            self._is_best_alone = True
            self._goes[key] = {"top_k": None}
            self.note(key, tr("0 leaves the best token alone."))
            return
        if value < 0:
            value = _BELOW_ZERO.get(field, value)
        self.set(field, value, key)

    def carry_temperature(self, key: str, below_zero: str = "") -> None:
        """Carry T over.

        Args:
            key: The key in the file.
            below_zero: What the program makes of a T below 0, which here is greedy; empty where it
                refuses one.
        """
        value = self.number(key)
        if value is not None and value < 0 and below_zero:
            self.note(key, below_zero)
            value = 0.0
        if value is not None:
            self.set("temperature", value, key)

    def carry_stops(self, key: str) -> None:
        """Carry stop strings over: a list, or a single one."""
        value = self.consume(key)
        if isinstance(value, str):
            value = [value]
        if value is not None:
            self.set_stops(value, key)

    def set_stops(self, value: object, key: str) -> None:
        """Set stop strings, behind those that are set already; what is none is reported.

        Args:
            value: What was found.
            key: The key in the file.
        """
        former = self._fields.get("stop", ())
        assert isinstance(former, tuple)
        stops = list(former)
        if not isinstance(value, (list, tuple)):
            checked_stops(self._prefix + key, value)  # which refuses it
            return
        for text in value:
            if text == "":
                self.lose(key, "", had_effect=False, why=tr("An empty text ends nothing."))
            elif isinstance(text, str) and len(text) > LONGEST_STOP:
                why = tr(
                    "Left out: a stop string has at most {most} characters here.",
                    most=LONGEST_STOP,
                )
                self.lose(key, text, why=why)
            elif isinstance(text, str) and len(stops) >= MOST_STOPS:
                why = tr("Left out: there are at most {most} here.", most=MOST_STOPS)
                self.lose(key, text, why=why)
            else:
                stops = list(checked_stops(self._prefix + key, [*stops, text]))
        if stops:
            self._set_field("stop", tuple(stops), key)

    def carry_system_message(self, key: str) -> None:
        """Carry a system message over; the preset is then for a chat."""
        value = self.consume(key)
        if value is not None:
            self.set_system_message(value, key)

    def set_system_message(self, value: object, key: str) -> None:
        """Set one; an empty one is none.

        Args:
            value: What was found.
            key: The key in the file.
        """
        if self.set_text("system_message", value, key):
            self._set_field("prompt_format", "chat", key)

    def carry_max_tokens(self, key: str) -> None:
        """Carry the length over, if no other key has set it yet; below 1 it is no limit."""
        value = self.number(key, is_whole=True)
        if value is None:
            return
        if "max_tokens" in self._fields:
            self.note(key, tr("Another key of the file counts before it."))
        elif value < 1:
            why = tr("Without a limit; the studio has one, and its own is kept.")
            self.lose(key, value, had_effect=False, why=why)
        elif value > MOST_TOKENS:
            why = tr("Left out: allowed are at most {most:,}.", most=MOST_TOKENS)
            self.lose(key, value, why=why)
        else:
            self._set_field("max_tokens", checked_max_tokens(self._prefix + key, value), key)

    def carry_description(self, key: str) -> None:
        """Carry the description over."""
        value = self.consume(key)
        if value is not None:
            self.set_text("description", value, key)

    def set_text(self, field: str, value: object, key: str) -> bool:
        """Set the description, the notes or the system message; whether there is one.

        Args:
            field: The preset's field.
            value: The text.
            key: The key in the file.
        """
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            why = tr("Left out: at most {most:,} characters are allowed.", most=LONGEST_TEXT)
            self.lose(key, value, why=why)
            return False
        text = checked_text(self._prefix + key, value)
        if text:
            self._set_field(field, text, key)
        return bool(text)

    def take_over(self, part: Source, key: str) -> None:
        """Add what was found within one of the keys, which is reported as one.

        Args:
            part: What was found within it.
            key: The key in the file.
        """
        self._add(part)
        self._goes[key] = dict.fromkeys(part._sampling)

    def join(self, other: Source) -> None:
        """Add what stands in another part of the same file, with all of its keys."""
        self._add(other)
        self._joined.append(other)

    def _add(self, other: Source) -> None:
        other._lose_the_rest()
        self._sampling |= other._sampling
        self._names |= other._names
        self._fields |= other._fields
        self._lost += other._lost

    def note(self, key: str, why: str) -> None:
        """Say something of a key that is carried, or that changes nothing.

        Args:
            key: The key in the file.
            why: The reason, for the writer.
        """
        self._notes.setdefault(key, []).append(why)

    def note_if_idle(self, key: str, why: str) -> None:
        """The same, to be said only where the key turns out to do nothing here.

        Args:
            key: The key in the file.
            why: The reason, for the writer.
        """
        self._if_idle[key] = why

    def lose(
        self,
        key: str,
        value: object,
        *,
        had_effect: bool = True,
        why: str = "",
        is_unknown: bool | None = None,
    ) -> None:
        """Report that something is not carried, and why; by default what its table says.

        Args:
            key: The key in the file.
            value: Its value, as it is shown.
            had_effect: Whether it did something where it comes from.
            why: The reason, for the writer.
            is_unknown: Whether no file of the program has such a key; by default, whether neither
                its table nor a reason says what it is.
        """
        named = self._prefix + key
        if key not in self.keys and is_secret(key):
            self._lost.append(NotCarried(named, HIDDEN, had_effect=False, why=tr(NEVER)))
            return
        if is_unknown is None:
            is_unknown = not why and key not in self.keys
        reason = why or self.keys.get(key, _UNKNOWN).reason
        shown = without_secrets("", value)
        self._lost.append(NotCarried(named, shown, had_effect, reason, is_unknown))

    def leave_out(self, key: str, value: object, error: PresetError) -> None:
        """Report that a value is not carried that cannot be one here.

        Args:
            key: The key in the file.
            value: Its value.
            error: Why it cannot be one here.
        """
        self.lose(key, value, why=left_out(error))

    def imported(self, stem: str, program: str) -> Imported:
        """The preset, and what became of every key.

        Args:
            stem: What to call it where the file has no name for it.
            program: Whose file it is, in words.

        Raises:
            PresetError: nothing of the file can be carried, or the name is no text.
        """
        self._lose_the_rest()
        if self._is_best_alone:
            self._sampling |= {"top_k": 1, "top_p": 1.0}
        if not self._sampling and not self._fields.keys() - {"description", "notes"}:
            raise self._nothing(program)
        named, absent = self.named, self._absent()
        params = self._with(absent)
        preset = Preset(
            name=_safe(*named) if named else _safe("name", stem),
            sampling=params,
            **self._fields,  # type: ignore[arg-type]  # each was checked when it was set
        )
        return Imported(
            PresetDocument(preset),
            program,
            tuple(self._lost),
            (
                *([_name_entry(*named)] if named else []),
                *(entry for part in (self, *self._joined) for entry in part._carried(params)),
            ),
            tuple((field, getattr(params, field)) for field in absent),
        )

    def _absent(self) -> dict[str, object]:
        """What the file is silent on and what does something as it is in the program.

        A reach without a penalty does not, nor does a filter at T 0 or without a step.
        """
        own = {key: value for key, value in self._own.items() if key not in self._sampling}
        params = self._with(own)
        own = {field: value for field, value in own.items() if not why_idle(field, params)}
        params = self._with(own)
        return {
            field: value
            for field, value in own.items()
            if any(
                getattr(params, master) != getattr(_NEUTRAL, master)
                for master in _MASTERS.get(field, (field,))
            )
        }

    def _with(self, further: Mapping[str, object]) -> SamplingParams:
        values = {**self._sampling, **further}
        order = values.get("samplers")
        # The usual order there is the usual one here, with the steps that the file is silent on.
        if isinstance(order, tuple) and with_later_steps(order, ()) == DEFAULT_SAMPLERS:
            acting = [it for it, value in values.items() if value != getattr(_NEUTRAL, it)]
            values["samplers"] = with_later_steps(order, acting)
        return sampling_params(values, self._names)

    def _set_field(self, field: str, value: object, key: str) -> None:
        self._fields[field] = value
        self._goes.setdefault(key, {})[field] = None

    def _lose_the_rest(self) -> None:
        for key, value in self._left.items():
            is_idle = value in (None, "", [], {}) or self.keys.get(key, _UNKNOWN).is_idle(value)
            self.lose(key, value, had_effect=not is_idle)
        self._left.clear()

    def _nothing(self, program: str) -> NothingCarriedError:
        """The refusal of a file without a setting that a preset has."""
        named = [entry.key for entry in self._lost if entry.had_effect]
        words = tr("Nothing in it can be carried over.")
        if named:
            keys = first_keys([_plain(key) for key in named], _MOST_KEYS_NAMED)
            words = tr("Nothing in it can be carried over: it has {keys}.", keys=keys)
        looks = tr(
            "It looks like a file of {program}; a preset needs at least one setting of the "
            "sampling, such as a temperature.",
            program=tr(program),
        )
        return NothingCarriedError(f"{words} {looks}")

    def _carried(self, params: SamplingParams) -> list[Carried]:
        lost = {entry.key for entry in self._lost}
        entries = []
        for key, value in self._taken.items():
            fields = tuple(self._goes.get(key, ()))
            if not fields and self._prefix + key in lost:
                continue
            idle = [why for why in (why_idle(field, params) for field in fields) if why]
            acts = bool(fields) and len(idle) < len(fields)
            notes = self._notes.get(key, [])
            if not fields and not notes:
                notes = [tr(_CHANGES_NOTHING)]
            if idle and key in self._if_idle:
                notes = [*notes, self._if_idle[key]]
            why = " ".join(dict.fromkeys([*idle, *notes]))
            entries.append(Carried(self._prefix + key, value, fields, acts, why))
        return entries


def object_in(values: Mapping[str, object], key: str, allowed: str) -> dict[str, object]:
    """The object that a key has.

    Args:
        values: The file, or a part of it.
        key: The key.
        allowed: What it has to be, in words; marked.

    Raises:
        PresetError: It is none.
    """
    found = values.get(key)
    if not isinstance(found, dict):
        raise refused(key, found, tr(allowed))
    return found


def _safe(key: str, name: object) -> str:
    """A preset's name: made safe where it cannot be one.

    Raises:
        PresetError: it is no text.
    """
    try:
        return checked_name(name, key)
    except PresetError:
        if not isinstance(name, str):
            raise
        return safe_name(name)


def _name_entry(key: str, name: object) -> Carried:
    safe = _safe(key, name)
    return Carried(key, name, ("name",), why="" if safe == name else renamed(safe))


def renamed(safe: str) -> str:
    """What is said of a name that cannot be one, and is `safe`."""
    return tr("It cannot be a name here, and is “{name}”.", name=safe)


def left_out(error: PresetError) -> str:
    """What is said of a value that is not carried, as it cannot be one here."""
    return tr("Left out: allowed is {allowed}.", allowed=error.allowed)


def first_keys(keys: Sequence[str], most: int) -> str:
    """The first of some keys, and how many more there are.

    Args:
        keys: As they are shown.
        most: How many are named.
    """
    named, more = ", ".join(keys[:most]), len(keys) - most
    return tr("{names} and {more:,} more", names=named, more=more) if more > 0 else named


def _is_finite(value: object) -> bool:
    """Whether this is a number, as a file has one."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _plain(text: str) -> str:
    """For a message, which may go to a terminal."""
    return printable(text if len(text) <= 60 else f"{text[:60]}…")
