"""What of a preset another program has a place for, and what not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection

import msgspec

from studio.presets.foreign.orders import is_llama_default
from studio.presets.foreign.source import NotCarried
from studio.presets.preset import Preset
from studio.presets.preset_fields import SAMPLING_FIELDS
from studio.sampling import STEPS, SamplingParams, active_steps
from studio.translation import tr

_NEUTRAL = SamplingParams()
_EMPTY = Preset(name="-")
_WORDS = ("description", "task", "prompt_format", "system_message", "stop", "max_tokens", "notes")


class Exported(msgspec.Struct, frozen=True):
    """A preset as another program's file.

    Attributes:
        text: The file.
        suffix: What its name ends in.
        not_carried: What that program has no place for.
    """

    text: str
    suffix: str
    not_carried: tuple[NotCarried, ...] = ()


class Target:
    """What is left of a preset as its values are put into another form.

    Args:
        preset: What is exported.
        program: Whose file it becomes, in words.
    """

    def __init__(self, preset: Preset, program: str) -> None:
        self.preset = preset
        self.params = preset.sampling
        self._program = program
        self._done: set[str] = set()
        self._reasons: dict[str, str] = {}

    def give(self, field: str) -> object:
        """The value of a field, which counts as carried; None where JSON cannot say it."""
        owner = self.params if field in SAMPLING_FIELDS else self.preset
        value = getattr(owner, field)
        if isinstance(value, float) and math.isinf(value):
            words = tr("{program} has no word for infinity.", program=tr(self._program))
            self._reasons[field] = words
            return None
        self._done.add(field)
        return value

    def carried(self, fields: Collection[str]) -> None:
        """Tick fields off that are said in another way."""
        self._done.update(fields)

    def lose(self, field: str, why: str) -> None:
        """Say that a field is not carried, even where it is as it is by default.

        Args:
            field: The field of the preset.
            why: The reason, for the writer.
        """
        self._done.discard(field)
        self._reasons[field] = why

    def order_by_llama_names(self) -> None:
        """Say that the order is written in llama.cpp's names, which not all steps have."""
        nameless = {step.name for step in STEPS if not step.chain_name}
        if is_llama_default(self.params) or nameless.isdisjoint(active_steps(self.params)):
            self._done.add("samplers")
        else:
            words = tr("{program} does not have all of its steps.", program=tr(self._program))
            self.lose("samplers", words)

    def order_is(self, samplers: tuple[str, ...]) -> None:
        """Say that the other program will run its samplers in this order."""
        theirs = msgspec.structs.replace(self.params, samplers=samplers)
        if active_steps(theirs) == active_steps(self.params):
            self._done.add("samplers")
        else:
            words = tr(
                "{program} runs its samplers in an order of its own.", program=tr(self._program)
            )
            self.lose("samplers", words)

    def exported(self, text: str, suffix: str) -> Exported:
        """The file, and all that was not given and is not as it is by default.

        Args:
            text: The file's text.
            suffix: What its name ends with.
        """
        no_place = tr("{program} has no place for it.", program=tr(self._program))
        lost = [
            NotCarried(field, value, why=self._reasons.get(field, no_place))
            for field, value, neutral in self._fields()
            if field not in self._done and (value != neutral or field in self._reasons)
        ]
        return Exported(text, suffix, tuple(lost))

    def exported_json(self, values: object, suffix: str = ".json", *, indent: int = 2) -> Exported:
        """The same of JSON.

        Args:
            values: What the file has in it.
            suffix: What its name ends with.
            indent: By how many spaces what is within another stands in.
        """
        text = json.dumps(values, indent=indent, ensure_ascii=False)
        return self.exported(f"{text}\n", suffix)

    def _fields(self) -> list[tuple[str, object, object]]:
        """Every field with its value and the neutral one."""
        found: list[tuple[str, object, object]] = [
            (field, getattr(self.params, field), getattr(_NEUTRAL, field))
            for field in SAMPLING_FIELDS
        ]
        found += [(field, getattr(self.preset, field), getattr(_EMPTY, field)) for field in _WORDS]
        return found


Writer = Callable[[Preset], Exported]
