"""A sweep's plan: a TOML file that says all of it, read and checked before a model is opened."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from studio.engine.messages import Prompt, PromptFormat
from studio.experiments.sweep.measures import (
    ALL,
    EVALUATIONS,
    MEASURES,
    PARSES,
    PATTERN,
    SCHEMA,
    Check,
    Context,
    Measure,
)
from studio.experiments.sweep.texts import SweepText
from studio.experiments.text_measures.form import (
    FormError,
    SlowPatternError,
    before_fence,
    fenced,
    parses,
    pattern_of,
    schema_check,
    whole_lines,
)
from studio.experiments.text_measures.near_duplicates import LEAST_THRESHOLD
from studio.experiments.text_temperature import (
    COLDEST_TEXT,
    HOTTEST_TEXT,
    LONGEST_TEXT,
    WholeText,
)
from studio.model_record import Line
from studio.presets import Preset, PresetError
from studio.regular_file import read_regular_file
from studio.sampling import MAX_SEED, NUMBERS, PARAMETERS, ParameterError, SamplingParams
from studio.suggestion import did_you_mean
from studio.translation import tr
from studio.visible_text import visible_line, visible_message, visible_path

PRESET = "preset"
"""What `vary` calls presets."""

_MOST_BYTES = 4 * 1024 * 1024
_MOST_VALUES = 50
_MOST_TEXTS = 100_000
"""Texts of a sweep: a fast model writes for days on them."""
_LONGEST_NAME = 40
_WHERE = re.compile(r"(?s)(.*) - at `(?:key in )?\$\.?([^`]*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")

Text = Annotated[str, msgspec.Meta(max_length=2 * 1024 * 1024)]
Stop = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Limits = dict[str, float]
"""By the names of measures."""


class PlanError(ValueError):
    """A plan cannot be carried out as it is; the message says what is wrong, where and why.

    Args:
        place: The key at fault, dotted; empty where it is the whole.
        message: What was found, and what is allowed.
    """

    def __init__(self, place: str, message: object) -> None:
        super().__init__(visible_message(f"{place}: {message}" if place else str(message)))


class PlanPrompt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text to continue."""

    text: Text = ""
    file: str = ""
    """A UTF-8 text instead, its path from the plan's folder."""
    name: Annotated[str, msgspec.Meta(max_length=_LONGEST_NAME)] = ""
    """What tables and charts call it; by default its number."""
    brief: Text | None = None
    """Instead of the plan's."""


class Criterion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the best value is: one measure at its highest or lowest, others within limits."""

    highest: str = ""
    lowest: str = ""
    at_least: Limits = {}
    at_most: Limits = {}

    @property
    def measure(self) -> str:
        """The measure that decides."""
        return self.highest or self.lowest


class SweepPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan as its file has it."""

    title: Line = ""
    prompts: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1)] | PlanPrompt, ...],
        msgspec.Meta(min_length=1, max_length=1_000),
    ]
    vary: Annotated[
        dict[str, Annotated[tuple[float | str, ...], msgspec.Meta(min_length=1)]],
        msgspec.Meta(min_length=1, max_length=1),
    ]
    """One parameter of the sampler with its values, or `preset` with names."""
    samples: Annotated[int, msgspec.Meta(ge=1, le=2_000)] = 8
    """Of each prompt at each value."""
    max_tokens: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 128
    seed: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEED)] = 1
    """Of the first sample; the others have those that follow, the same at every value."""
    preset: str = ""
    """What holds at all values: its sampling, format, system message and stops."""
    sampling: dict[str, Any] = {}
    """Parameters instead of the preset's."""
    brief: Text = ""
    format: PromptFormat | None = None
    system: Text | None = None
    stop: Annotated[tuple[Stop, ...], msgspec.Meta(max_length=32)] | None = None
    ignore_eos: bool = False
    whole_text: WholeText | None = None
    """How texts are drawn whose T is that of the whole text; None for T at each token."""
    measures: tuple[str, ...] = ()
    """Which are computed; none for all that can be."""
    code: Literal["python", "javascript"] | None = None
    """The language that texts are to be programs of."""
    pattern: str | None = None
    """A regular expression that is to be found in them."""
    json_schema: dict[str, Any] | str | None = None
    """What their JSON is to be, or the path of a file with it."""
    near: Annotated[float, msgspec.Meta(ge=LEAST_THRESHOLD, le=1.0)] = 0.8
    """The resemblance from which a text counts as a near duplicate."""
    criterion: Criterion | None = None


class NamedPrompt(msgspec.Struct, frozen=True):
    """A prompt that is continued.

    Attributes:
        name: What it is called.
        text: What is continued.
        brief: What the model is given before it.
    """

    name: str
    text: str
    brief: str


class Value(msgspec.Struct, frozen=True):
    """One value of what varies, with all that holds there.

    Attributes:
        name: What files call it.
        number: It; None for a preset.
        params: The sampling, without a seed.
        format: How the prompt is given.
        system: The system message.
        stop: What ends a text.
    """

    name: str
    number: float | None
    params: SamplingParams
    format: PromptFormat
    system: str
    stop: tuple[str, ...]


class Sweep(msgspec.Struct, frozen=True):
    """A plan with everything that it names found.

    Attributes:
        plan: As its file has it.
        source: The file.
        parameter: What varies: a field of `SamplingParams`, or `PRESET`.
        prompts: What is continued.
        values: What it is continued at.
        measures: What is computed.
        context: What these need.
    """

    plan: SweepPlan
    source: bytes
    parameter: str
    prompts: tuple[NamedPrompt, ...]
    values: tuple[Value, ...]
    measures: tuple[Measure, ...]
    context: Context

    @property
    def texts(self) -> int:
        """How many it writes."""
        return len(self.prompts) * len(self.values) * self.plan.samples

    def prompt_at(self, prompt: int, value: int) -> Prompt:
        """Return what the model is given.

        Args:
            prompt: The prompt's place.
            value: The value's.
        """
        named, at = self.prompts[prompt], self.values[value]
        return Prompt(manuscript=named.text, brief=named.brief, system=at.system, format=at.format)

    def seed_of(self, prompt: int, number: int) -> int:
        """Return the seed of a sample, which is the same at every value.

        Args:
            prompt: The prompt's place.
            number: The sample's.
        """
        return (self.plan.seed + prompt * self.plan.samples + number) % (MAX_SEED + 1)


def read_plan(path: Path, find: Callable[[str], Preset]) -> Sweep:
    """Read a plan, and all files that it names.

    Args:
        path: The file.
        find: Gives the preset of a name.

    Raises:
        PlanError: It is no plan, or a file that it names cannot be read.
        OSError: It cannot be read itself.
    """
    source, _ = read_regular_file(path, _MOST_BYTES)
    return plan_of(source, path.parent, find)


def plan_of(source: bytes, folder: Path, find: Callable[[str], Preset]) -> Sweep:
    """Return the sweep that a plan's bytes say.

    Args:
        source: TOML.
        folder: Where the files are that it names.
        find: Gives the preset of a name.

    Raises:
        PlanError: As for `read_plan`.
    """
    plan = _plan(source)
    if plan.format == "plain" and plan.system:
        raise PlanError("system", tr("found one; the plain format has none. Use format = “chat”."))
    if plan.whole_text is not None:
        _check_whole_text(plan)
    base = _found("preset", plan.preset, find) if plan.preset else Preset(name="-")
    parameter, values = _values(plan, base, find)
    prompts = _prompts(plan, folder)
    most = len(prompts) * len(values) * plan.samples
    if most > _MOST_TEXTS:
        raise PlanError(
            "samples",
            tr(
                "{prompts} prompts, {values} values and {samples} samples are {texts:,} texts; "
                "allowed are {most:,} together",
                prompts=len(prompts),
                values=len(values),
                samples=plan.samples,
                texts=most,
                most=_MOST_TEXTS,
            ),
        )
    checks = _checks(plan, prompts, values, folder)
    measures = _measures(plan, checks)
    _check_criterion(plan.criterion, [measure.name for measure in measures])
    return Sweep(
        plan=plan,
        source=source,
        parameter=parameter,
        prompts=prompts,
        values=values,
        measures=measures,
        context=Context(near=plan.near, checks=checks),
    )


def _check_whole_text(plan: SweepPlan) -> None:
    """Refuse what has no meaning, or would never end, where texts are drawn as a whole."""
    ((parameter, given),) = plan.vary.items()
    alone = tr("found some; nothing acts beside a whole text's temperature")
    if parameter != "temperature":
        raise PlanError(
            "vary",
            tr(
                "found “{found}”; allowed with whole_text is temperature",
                found=visible_line(parameter, _LONGEST_NAME),
            ),
        )
    for value in given:
        if not isinstance(value, str) and not COLDEST_TEXT <= value <= HOTTEST_TEXT:
            raise PlanError(
                "vary.temperature",
                tr(
                    "found {found:g}; allowed for a whole text are {least:g} to {most:g}",
                    found=value,
                    least=COLDEST_TEXT,
                    most=HOTTEST_TEXT,
                ),
            )
    if plan.max_tokens > LONGEST_TEXT:
        raise PlanError(
            "max_tokens",
            tr(
                "found {found:,}; allowed for a text drawn as a whole are {most}",
                found=plan.max_tokens,
                most=LONGEST_TEXT,
            ),
        )
    for place, found in (("sampling", plan.sampling), ("stop", plan.stop)):
        if found:
            raise PlanError(place, alone)


def _plan(source: bytes) -> SweepPlan:
    try:
        raw = tomllib.loads(source.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PlanError(
            "", tr("it is not UTF-8 (byte {place}). Save it as UTF-8 first.", place=error.start)
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlanError("", tr("it is no TOML: {why}", why=error)) from error
    try:
        return msgspec.convert(raw, SweepPlan)
    except (msgspec.ValidationError, RecursionError) as error:
        raise _misplaced(str(error)) from error


def _misplaced(message: str) -> PlanError:
    """The error for what a plan has in a wrong place, in our words where these say more."""
    found = _WHERE.fullmatch(message)
    what, place = found.groups() if found else (message, "")
    unknown = _UNKNOWN.fullmatch(what)
    if unknown is None:
        return PlanError(place, what)
    inside: dict[str, type[msgspec.Struct]] = {
        "prompts": PlanPrompt,
        "criterion": Criterion,
        "whole_text": WholeText,
    }
    kind = inside.get(place.partition("[")[0], SweepPlan)
    return _unknown(place, unknown[1], kind.__struct_fields__)


def _unknown(place: str, name: str, known: Collection[str]) -> PlanError:
    """The error for a name that nothing has."""
    return PlanError(
        place,
        tr("there is no “{name}”.", name=visible_line(name, _LONGEST_NAME))
        + did_you_mean(name, known)
        + " "
        + tr("There are: {names}.", names=", ".join(known)),
    )


def _found(place: str, name: str, find: Callable[[str], Preset]) -> Preset:
    try:
        return find(name)
    except PresetError as error:
        raise PlanError(place, error) from error


def _prompts(plan: SweepPlan, folder: Path) -> tuple[NamedPrompt, ...]:
    found: dict[str, NamedPrompt] = {}
    for place, given in enumerate(plan.prompts):
        one = PlanPrompt(text=given) if isinstance(given, str) else given
        where = f"prompts[{place}]"
        if one.text and one.file:
            raise PlanError(where, tr("found a text and a file; allowed is one of them"))
        text = _text_of(folder / one.file, f"{where}.file") if one.file else one.text
        brief = plan.brief if one.brief is None else one.brief
        if not text and not brief:
            raise PlanError(where, tr("found neither a text nor a brief; one of them is needed"))
        name = one.name or str(place + 1)
        if name in found:
            raise PlanError(
                f"{where}.name", tr("“{name}” is another prompt's name", name=visible_line(name))
            )
        found[name] = NamedPrompt(name, text, brief)
    return tuple(found.values())


def _text_of(path: Path, place: str) -> str:
    try:
        data, _ = read_regular_file(path, _MOST_BYTES)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why: object = tr("it is not UTF-8")
        raise PlanError(place, _of_file(path, why)) from error
    except OSError as error:
        raise PlanError(place, _of_file(path, error.strerror or error)) from error


def _of_file(path: Path, why: object) -> str:
    return tr("“{file}” cannot be read: {why}", file=visible_path(path), why=why)


def _values(
    plan: SweepPlan, base: Preset, find: Callable[[str], Preset]
) -> tuple[str, tuple[Value, ...]]:
    """What varies, and its values."""
    ((parameter, given),) = plan.vary.items()
    place = f"vary.{parameter}"
    if parameter != PRESET and (parameter not in NUMBERS or parameter == "seed"):
        raise _unknown("vary", parameter, [PRESET, *(it for it in NUMBERS if it != "seed")])
    if len(given) > _MOST_VALUES:
        raise PlanError(
            place, tr("found %n values; allowed are {most}", "", len(given), most=_MOST_VALUES)
        )
    if len(set(given)) < len(given):
        raise PlanError(place, tr("a value stands there twice; allowed is once"))
    if parameter == PRESET:
        if plan.preset:
            raise PlanError("preset", tr("found one, while presets vary; allowed is one of them"))
        names = [_name_of_preset(place, name) for name in given]
        presets = [_found(place, name, find) for name in names]
        return parameter, tuple(_value(plan, preset, preset.name) for preset in presets)
    if parameter in plan.sampling:
        raise PlanError(f"sampling.{parameter}", tr("it is what varies; allowed are others"))
    return parameter, tuple(_turned(plan, base, parameter, value) for value in given)


def _name_of_preset(place: str, name: float | str) -> str:
    if isinstance(name, str):
        return name
    raise PlanError(place, tr("found {found:g}; allowed are names of presets", found=name))


def _turned(plan: SweepPlan, base: Preset, parameter: str, value: float | str) -> Value:
    """The value of a number."""
    if isinstance(value, str):
        words = tr("found “{found}”; allowed are numbers", found=visible_line(value))
        raise PlanError(f"vary.{parameter}", words)
    number: float = int(value) if NUMBERS[parameter].is_whole and value.is_integer() else value
    short = f"{number:g}"
    at = _value(plan, base, short if float(short) == number else repr(number), number)
    try:
        params = msgspec.structs.replace(at.params, **{parameter: number})
    except ParameterError as error:
        raise PlanError("vary", error) from error
    return Value(at.name, number, params, at.format, at.system, at.stop)


def _value(plan: SweepPlan, preset: Preset, name: str, number: float | None = None) -> Value:
    known = [field for field in PARAMETERS if field != "seed"]
    for field in plan.sampling:
        if field not in known:
            raise _unknown("sampling", field, known)
    if plan.whole_text is not None:
        # Of a preset what the model is given holds; no sampler acts, and no stop string.
        preset = Preset(
            name=preset.name,
            prompt_format=preset.prompt_format,
            system_message=preset.system_message,
        )
    try:
        params = msgspec.structs.replace(preset.sampling, **plan.sampling, seed=-1)
    except (ParameterError, TypeError) as error:
        raise PlanError("sampling", error) from error
    return Value(
        name=name,
        number=number,
        params=params,
        format=plan.format or preset.prompt_format,
        system=preset.system_message if plan.system is None else plan.system,
        stop=preset.stop if plan.stop is None else plan.stop,
    )


def _checks(
    plan: SweepPlan,
    prompts: tuple[NamedPrompt, ...],
    values: tuple[Value, ...],
    folder: Path,
) -> dict[str, Check]:
    """What is asked of each text, by the names of measures."""
    found: dict[str, Check] = {}
    if plan.code is not None:
        found[PARSES] = partial(_is_code, plan.code, prompts, values)
    if plan.pattern is not None:
        try:
            is_found = pattern_of(plan.pattern)
        except FormError as error:
            raise PlanError(PATTERN, error) from error
        found[PATTERN] = lambda one: _holds(is_found, one.text)
    if plan.json_schema is not None:
        try:
            is_held = schema_check(_schema(plan.json_schema, folder))
        except FormError as error:
            raise PlanError(SCHEMA, error) from error
        found[SCHEMA] = lambda one: _holds(is_held, one.text)
    return found


def _holds(check: Callable[[str], bool], text: str) -> bool:
    """Whether a text has what is asked for; what cannot be found out in time it has not."""
    try:
        return check(text)
    except SlowPatternError:
        return False


def _is_code(
    language: str, prompts: tuple[NamedPrompt, ...], values: tuple[Value, ...], one: SweepText
) -> bool:
    """Whether a text is code: behind its prompt in the plain format, else in a fenced block.

    A fence ends code that goes on from a prompt. One that was cut short counts to its last whole
    line.
    """
    text = one.text
    is_plain = values[one.value].format == "plain"
    if is_plain:
        text = prompts[one.prompt].text + text
    if not one.has_ended:
        text = whole_lines(text)
    return parses(before_fence(text) if is_plain else fenced(text), language)


def _schema(given: Mapping[str, Any] | str, folder: Path) -> dict[str, object]:
    if not isinstance(given, str):
        return dict(given)
    path = folder / given
    try:
        schema = json.loads(_text_of(path, SCHEMA))
    except (json.JSONDecodeError, RecursionError) as error:
        raise PlanError(SCHEMA, _of_file(path, error)) from error
    if not isinstance(schema, dict):
        raise PlanError(SCHEMA, _of_file(path, tr("it is no object")))
    return schema


def _measures(plan: SweepPlan, checks: Mapping[str, Check]) -> tuple[Measure, ...]:
    asked = {*checks, *([EVALUATIONS] if plan.whole_text is not None else [])}
    possible = {it.name: it for it in ALL if not it.needs_check or it.name in asked}
    for name in plan.measures:
        if name in MEASURES and name not in possible:
            key = {PARSES: "code", EVALUATIONS: "whole_text"}.get(name, name)
            raise PlanError(
                "measures", tr("“{name}” needs “{key}” in the plan", name=name, key=key)
            )
        if name not in possible:
            raise _unknown("measures", name, list(possible))
    return tuple(it for it in possible.values() if not plan.measures or it.name in plan.measures)


def _check_criterion(criterion: Criterion | None, names: list[str]) -> None:
    if criterion is None:
        return
    if bool(criterion.highest) == bool(criterion.lowest):
        raise PlanError("criterion", tr("needed is one of “highest” and “lowest”"))
    key = "highest" if criterion.highest else "lowest"
    if criterion.measure not in names:
        raise _unknown(f"criterion.{key}", criterion.measure, names)
    limits = (("at_least", criterion.at_least), ("at_most", criterion.at_most))
    for place, given in limits:
        for name, limit in given.items():
            if name not in names:
                raise _unknown(f"criterion.{place}", name, names)
            key = f"criterion.{place}.{name}"
            if math.isnan(limit):
                raise PlanError(key, tr("found nan; allowed is a number"))
            if MEASURES[name].is_share and not 0.0 <= limit <= 1.0:
                words = tr("found {found:g}; allowed is a share from 0 to 1", found=limit)
                raise PlanError(key, words)
