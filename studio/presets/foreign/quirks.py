"""What several programs write in the same odd way: moving temperature, texts in texts, biases."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from studio.presets.errors import PresetError, parameter_refused, refused
from studio.presets.foreign.orders import (
    KOBOLD_NUMBERS,
    from_kobold,
    from_letters,
    from_llama_names,
    from_webui,
    with_adaptive,
)
from studio.presets.foreign.source import Source
from studio.presets.foreign.target import Target
from studio.sampling import STEPS, ParameterError, SamplingParams, WordBias
from studio.translation import mark, tr

if TYPE_CHECKING:
    from studio.presets.foreign.keys import Carry

_BAN = -100.0
"""The bias that bans a token in an OpenAI-style body."""
_MACRO = re.compile(r"\{\{[a-zA-Z]+\}\}")
_IDS = re.compile(r"\s*\d{1,9}\s*(,\s*\d{1,9}\s*)*")
_LARGEST_TOKEN = 2**31 - 1
BELOW_ZERO = mark("Below 0 is greedy, as llama.cpp takes it: T 0.")


NONE_HERE = mark("0 is all tokens there, and none here.")
NO_SUCH_STEP = mark("The studio has no such step.")


def carry_temperature(source: Source, key: str) -> None:
    """T; below 0 it is greedy, as llama.cpp has it.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
    """
    source.carry_temperature(key, tr(BELOW_ZERO))


def carry_switched_sampling(source: Source, key: str) -> None:
    """`do_sample`, which is greedy where it is off.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
    """
    if source.flag(key) is False:
        source.set("temperature", 0.0, key)


def carry_order(
    source: Source, key: str, found: str | list[str], *, had_effect: bool = True
) -> None:
    """The order of samplers by llama.cpp's names, or as a text of its letters.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
        found: Names or letters.
        had_effect: Whether a step that is none here did something.
    """
    order, unknown = from_letters(found) if isinstance(found, str) else from_llama_names(found)
    source.set("samplers", order, key)
    lose_steps(source, key, unknown, had_effect=had_effect)


def lose_steps(
    source: Source, key: str, steps: Iterable[object], *, had_effect: bool = True
) -> None:
    """Report steps of an order that are none here.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
        steps: What the file calls them.
        had_effect: Whether they did something.
    """
    for step in steps:
        source.lose(key, step, had_effect=had_effect, why=tr(NO_SUCH_STEP))


def carry_target(source: Source, key: str) -> None:
    """Adaptive-p's target where 0 is off, too.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
    """
    value = source.number(key)
    if value is not None:
        source.set("adaptive_target", value if value > 0 else -1.0, key)


def run_adaptive(source: Source, *keys: str) -> None:
    """Have adaptive-p run last where it has a target, whatever the order says.

    Args:
        source: What is read, and what became of it.
        *keys: The keys of its target.
    """
    target, order = source.get("adaptive_target"), source.effective("samplers")
    if isinstance(target, (int, float)) and isinstance(order, tuple):
        theirs = with_adaptive(order, target)
        if theirs != order:
            source.set("samplers", theirs, *keys)


def carry_dynamic_temperature(
    source: Source,
    switch: str,
    temperature: str,
    low: str,
    high: str,
    missing: float | None = None,
) -> None:
    """T that moves between `low` and `high` where `switch` is on; else `temperature`.

    A T below 0 is greedy, as llama.cpp has it.

    Args:
        source: The file.
        switch: The key that turns it on.
        temperature: The key of a T that stays.
        low: The key of the least T.
        high: The key of the greatest T.
        missing: What an end is that the file does not name; None where none is meant.
    """
    is_on = source.flag(switch)
    lowest, highest = source.number(low), source.number(high)
    if is_on:
        lowest = missing if lowest is None else lowest
        highest = missing if highest is None else highest
    if is_on and lowest is not None and highest is not None:
        if 0 <= lowest <= highest:
            middle = _tidy((lowest + highest) / 2)
            source.set("temperature", middle, switch, low, high)
            source.set("dynatemp_range", _tidy((highest - lowest) / 2), switch, low, high)
            fixed = source.number(temperature)
            if fixed is not None and fixed != middle:
                why = tr(
                    "T moves between {low} and {high}, as {switch} is on.",
                    low=low,
                    high=high,
                    switch=switch,
                )
                source.lose(temperature, fixed, had_effect=False, why=why)
            return
        why = tr(
            "Left out: allowed is from 0 to {high}, which is {most:g}.", high=high, most=highest
        )
        source.lose(low, lowest, why=why)
        why = tr("It counts with {key} alone.", key=low)
        source.lose(high, highest, had_effect=False, why=why)
        source.lose(switch, is_on, had_effect=False, why=why)
        lowest = highest = is_on = None
    for key, value in ((low, lowest), (high, highest)):
        if value is not None:
            why = tr(
                "It counts while {switch} is on and {low} and {high} are both there.",
                switch=switch,
                low=low,
                high=high,
            )
            source.lose(key, value, had_effect=bool(is_on), why=why)
    if is_on:
        why = tr(
            "Between which temperatures T moves is not said: {low} or {high} is missing.",
            low=low,
            high=high,
        )
        source.lose(switch, is_on, why=why)
    carry_temperature(source, temperature)


def give_dynamic_temperature(
    target: Target, switch: str, temperature: str, low: str, high: str
) -> dict[str, object]:
    """The same four keys of a preset; none where T does not move and is as it is by default.

    Args:
        target: What is written, and what became of it.
        switch: The key that turns it on.
        temperature: The key of T.
        low: The key of the least T.
        high: The key of the largest.
    """
    middle, width = target.give("temperature"), target.params.dynatemp_range
    if middle is None:
        return {}
    assert isinstance(middle, float)
    values: dict[str, object] = {temperature: middle}
    if middle == 0 and width:  # greedy, wherever it would move to; there it would not be
        return values
    target.carried({"dynatemp_range"})
    if width:
        lowest, highest = _tidy(max(0.0, middle - width)), _tidy(middle + width)
        values |= {switch: True, low: lowest, high: highest}
    return values


def carry_breakers(source: Source, key: str) -> None:
    """DRY's sequence breakers: a list, JSON of one in a text, or its inside alone.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
    """
    value = source.consume(key)
    if isinstance(value, str):
        value = _listed(key, value)
    if isinstance(value, list):
        value = [text for text in value if not _is_left_out(source, key, text)]
    if value is not None:
        source.set("dry_sequence_breakers", value, key)


def _is_left_out(source: Source, key: str, breaker: object) -> bool:
    if not isinstance(breaker, str):
        return False  # and is refused with the rest
    try:
        SamplingParams(dry_sequence_breakers=(breaker,))
    except ParameterError as error:
        source.leave_out(key, breaker, parameter_refused(error, key, breaker))
        return True
    return False


def carry_biases(source: Source, key: str, *, is_tavern: bool = False) -> None:
    """Biases by token id or by word: an object or a list of pairs; −100 and false ban.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
        is_tavern: Whether a text is a word with a space before it, and one in braces is taken as
            it is.
    """
    value = source.consume(key)
    if value is None:
        return
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [_pair(key, entry) for entry in value]
    else:
        raise refused(key, value, tr("an object of token ids and biases"))
    biases: dict[int, float] = {}
    words: list[WordBias] = []
    for token, bias in pairs:
        ids = _ids(token)
        if bias is False or bias == "-inf":
            bias = _BAN
        if isinstance(bias, bool) or not isinstance(bias, (int, float)):
            raise refused(f"{key}.{token}", bias, tr("a number, -100 to ban the token"))
        number = -math.inf if bias <= _BAN else float(bias)
        word = _braced(token) if is_tavern and isinstance(token, str) else token
        if any(not 0 <= identity <= _LARGEST_TOKEN for identity in ids):
            why = tr("Left out: allowed are token ids from 0 to {most}.", most=_LARGEST_TOKEN)
            source.lose(key, {"token": token, "bias": bias}, why=why)
        elif ids:
            biases |= dict.fromkeys(ids, number)
        elif isinstance(word, str) and word:
            words.append(WordBias(word, number))
        else:
            why = tr("It names no token and no word.")
            source.lose(key, {"token": token, "bias": bias}, why=why)
    source.add_biases(biases, key)
    source.add_words(words, key)


def carry_bans(source: Source, key: str, *, has_texts: bool = False) -> None:
    """Banned tokens and words: a bias of −inf each.

    SillyTavern has a line for each: `[1, 2]` of ids, a text, or a text in quotation marks.
    text-generation-webui has ids with commas between, and no texts.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
        has_texts: Whether a line may be a text.
    """
    value = source.consume(key)
    if value is None:
        return
    if not isinstance(value, str):
        raise refused(key, value, tr("a text with token ids"))
    biases: dict[int, float] = {}
    words: list[WordBias] = []
    for line in filter(None, map(str.strip, value.splitlines())):
        inside = line[1:-1] if line.startswith("[") and line.endswith("]") else line
        if _IDS.fullmatch(inside):
            biases |= dict.fromkeys(map(int, inside.split(",")), -math.inf)
        elif inside and has_texts:
            words.append(WordBias(_unquoted(line), -math.inf))
        elif inside:
            why = tr("Numbers of tokens stand here; this is a text.")
            source.lose(key, line, why=why)
    source.add_biases(biases, key)
    source.add_words(words, key)


def carry_webui_order(source: Source) -> None:
    """text-generation-webui's order: `sampler_priority`, then `temperature_last`."""
    names = source.names("sampler_priority")
    if names is None and "temperature_last" not in source:
        return
    last = source.flag("temperature_last")
    order = from_webui(names, temperature_last=bool(last))
    keys = ["sampler_priority"] if names is not None else []
    if last is not None and (last or names is None):
        keys.append("temperature_last")
    source.set("samplers", order, *keys)
    if last and names is not None:
        why = tr("Puts temperature last, whatever `sampler_priority` says.")
        source.note("temperature_last", why)
    elif last is False and names is not None:
        why = tr("`sampler_priority` counts, and puts temperature where it has it.")
        if order[-1] == "temperature":
            why = tr("`sampler_priority` counts, and puts temperature last.")
        source.note("temperature_last", why)


def carry_kobold_order(source: Source, key: str) -> None:
    """KoboldCpp's order by numbers; what is no number of its is reported.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.

    Raises:
        PresetError: it is no list of whole numbers.
    """
    value = source.consume(key)
    if value is None:
        return
    if not isinstance(value, list) or not all(
        isinstance(number, int) and not isinstance(number, bool) for number in value
    ):
        raise refused(key, value, tr("a list of numbers from 0 to 6"))
    for number in value:
        if number not in KOBOLD_NUMBERS:
            source.lose(key, number, why=tr("Left out: allowed are numbers from 0 to 6."))
    source.set("samplers", from_kobold(value), key)


def carry_messages(source: Source, key: str) -> None:
    """The system message of a list of messages; what users said is a prompt and no setting.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
    """
    messages = source.consume(key)
    if not isinstance(messages, list):
        if messages is not None:
            source.lose(key, messages)
        return
    system = [
        message["content"]
        for message in messages
        if isinstance(message, dict)
        and message.get("role") in ("system", "developer")
        and isinstance(message.get("content"), str)
    ]
    source.set_system_message("\n\n".join(system), key)
    rest = [
        message
        for message in messages
        if not (isinstance(message, dict) and message.get("content") in system)
    ]
    if rest:
        why = tr("What was said is a prompt, and no setting.")
        source.lose(key, rest, had_effect=False, why=why)


def note_macros(source: Source, key: str, text: object) -> None:
    """Say that SillyTavern would put names and texts for its macros, where there are any.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
        text: The key's value.
    """
    if isinstance(text, str) and (found := _MACRO.search(text)):
        words = tr("SillyTavern fills in {macro}; here it stays as it is written.", macro=found[0])
        source.note(key, words)


def has_penalty(source: Source) -> bool:
    """Whether some penalty of repetition was set and is on."""
    off = {"repeat_penalty": 1, "frequency_penalty": 0, "presence_penalty": 0}
    return any(source.get(field) not in (None, neutral) for field, neutral in off.items())


def settle_dry_range(source: Source, key: str) -> None:
    """DRY that is on and reaches 0 tokens back: in KoboldCpp and TabbyAPI that is all of them.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
    """
    if source.get("dry_multiplier") and source.get("dry_penalty_last_n") == 0:
        words = tr("0 is all tokens with KoboldCpp and TabbyAPI; llama.cpp takes it for none.")
        source.note(key, words)
        source.set("dry_penalty_last_n", -1, key)


def give_chat(target: Target) -> str:
    """The system message of a preset for a chat; empty where there is none."""
    preset = target.preset
    if preset.prompt_format != "chat" or not preset.system_message:
        return ""
    target.carried({"system_message", "prompt_format"})
    return preset.system_message


_ALWAYS = frozenset({"temperature", "top_k", "top_p", "min_p", "repeat_penalty"})
"""What cuts and weakens: the defaults of llama.cpp and of Ollama are no neutral ones."""
_NEUTRAL = SamplingParams()


def give_numbers(
    target: Target, keys: Mapping[str, str], always: Collection[str] = _ALWAYS
) -> dict[str, object]:
    """The numbers of a preset that are given to a program, by its keys.

    Args:
        target: What is written, and what became of it.
        keys: What the program calls our parameters.
        always: The parameters that it is given though they are neutral.
    """
    given = {key: target.give(field) for key, field in keys.items()}
    return {
        key: value
        for key, value in given.items()
        if value is not None and (keys[key] in always or value != getattr(_NEUTRAL, keys[key]))
    }


def give_dry_range(target: Target) -> None:
    """Say where `settle_dry_range` would read another thing."""
    if target.params.dry_multiplier and target.params.dry_penalty_last_n == 0:
        target.lose("dry_penalty_last_n", tr(NONE_HERE))


def lose_zero_target(target: Target) -> None:
    """Say where a program takes adaptive-p's target of 0 for off."""
    if target.params.adaptive_target == 0:
        target.lose("adaptive_target", tr("0 is off there."))


def give_biases(target: Target) -> dict[int, float]:
    """The biases with −100 for a ban."""
    target.carried({"logit_bias"})
    biases = dict(target.params.biases)
    if any(-math.inf < bias <= _BAN for bias in biases.values()):
        words = tr("-100 and less bans the token there; the others are carried.")
        target.lose("logit_bias", words)
    return {token: max(bias, _BAN) for token, bias in biases.items()}


def give_words(target: Target) -> list[tuple[str, float]]:
    """Each way of writing a word with its bias, −100 for a ban."""
    target.carried({"word_biases"})
    words = [(form, word.bias) for word in target.params.word_biases for form in word.forms]
    if any(-math.inf < bias <= _BAN for _, bias in words):
        words_lost = tr("-100 and less bans the word there; the others are carried.")
        target.lose("word_biases", words_lost)
    return [(form, max(bias, _BAN)) for form, bias in words]


def _listed(key: str, text: str) -> list[object]:
    if not text.strip():
        return []
    for candidate in (text, f"[{text}]"):
        try:
            value = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, list):
            return value
    words = tr(
        "{key}: found a text that is no list; allowed is JSON such as {example}.",
        key=key,
        example='["\\n", ":"]',
    )
    raise PresetError(words, key)


def _pair(key: str, entry: object) -> tuple[object, object]:
    if isinstance(entry, list) and len(entry) == 2:
        return entry[0], entry[1]
    if isinstance(entry, dict) and "value" in entry:
        return entry.get("text"), entry["value"]
    raise refused(key, entry, tr("pairs of a token and a bias"))


def _ids(token: object) -> list[int]:
    """The tokens whose numbers stand there, alone or in brackets; none where it is a text."""
    if isinstance(token, int) and not isinstance(token, bool):
        return [token]
    if not isinstance(token, str):
        return []
    if token.isascii() and token.isdigit() and len(token) < 10:
        return [int(token)]
    text = token.strip()
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else ""
    return [*map(int, inside.split(","))] if _IDS.fullmatch(inside) else []


def _braced(text: str) -> str:
    """What SillyTavern takes for the text: what is in braces as it is, else without white space."""
    text = text.strip()
    is_braced = len(text) > 2 and text.startswith("{") and text.endswith("}")
    return text[1:-1] if is_braced else text


def braced(form: str) -> list[str]:
    """A way of writing a word as SillyTavern wants it, with a space before it and without."""
    is_plain = form == form.strip() and not form.isdigit() and form[0] not in "[{"
    return [form, f"{{{form}}}"] if is_plain else [f"{{{form}}}"]


def _unquoted(line: str) -> str:
    is_quoted = len(line) > 2 and line.startswith('"') and line.endswith('"')
    return line[1:-1] if is_quoted else line


def _tidy(number: float) -> float:
    """Without the last bits that adding and halving leave."""
    return round(number, 12) if abs(number) < 1e6 else number


def settle_adaptive(source: Source, key: str) -> None:
    """Leave adaptive-p out of the order where a file of llama.cpp's does not name it.

    It runs there where it is named, and not by default.

    Args:
        source: What is read, and what became of it.
        key: The key in the file.
    """
    if source.get("adaptive_target") is not None and source.get("samplers") is None:
        order = tuple(step.name for step in STEPS if step.is_by_default)
        source.set("samplers", order, key)


_CARRY: Mapping[str, Carry] = {
    "temperature": carry_temperature,
    "max_tokens": Source.carry_max_tokens,
    "stop": Source.carry_stops,
    "system_message": Source.carry_system_message,
    "description": Source.carry_description,
    "dry_sequence_breakers": carry_breakers,
    "logit_bias": carry_biases,
}
"""How a field is carried over in all programs, where it is no number."""


def carry_all(source: Source) -> None:
    """Carry over all keys that have a place, in the order of their table.

    Of several keys for one parameter the last one counts, of several for the length the first.
    """
    for key, entry in source.keys.items():
        if not entry.becomes or entry.is_apart or not source.has(key):
            continue
        field = entry.becomes[0]
        if carry := entry.carry or _CARRY.get(field):
            carry(source, key)
        else:
            source.carry_number(key, field)
