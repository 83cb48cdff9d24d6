"""What several programs write in the same odd way: moving temperature, texts in texts, biases."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from studio.presets.errors import PresetError, refused
from studio.presets.foreign.source import Source
from studio.presets.foreign.target import Target

_BAN = -100.0
"""The bias that bans a token in an OpenAI-style body."""
_SINGLE_ID = re.compile(r"\[\s*(\d{1,9})\s*\]")


def carry_dynamic_temperature(
    source: Source, switch: str, temperature: str, low: str, high: str
) -> None:
    """T that moves between `low` and `high` where `switch` is on; else `temperature`."""
    is_on = source.flag(switch)
    lowest, highest = source.number(low), source.number(high)
    if is_on and lowest is not None and highest is not None:
        if lowest > highest or lowest < 0:
            raise refused(low, lowest, f"a number from 0 to {high}, which is {highest:g}")
        middle = _tidy((lowest + highest) / 2)
        source.set("temperature", middle, high)
        source.set("dynatemp_range", _tidy((highest - lowest) / 2), high)
        fixed = source.number(temperature)
        if fixed is not None and fixed != middle:
            source.lose(temperature, fixed, had_effect=False)
        return
    for key, value in ((low, lowest), (high, highest)):
        if value is not None:
            source.lose(key, value, had_effect=bool(is_on))
    if is_on:
        source.lose(switch, is_on)
    source.carry({temperature: "temperature"})


def give_dynamic_temperature(
    target: Target, switch: str, temperature: str, low: str, high: str
) -> dict[str, object]:
    """The same four keys of a preset; none where T does not move and is as it is by default."""
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
    """DRY's sequence breakers: a list, JSON of one in a text, or its inside alone."""
    value = source.take(key)
    if isinstance(value, str):
        value = _listed(key, value)
    if value is not None:
        source.set("dry_sequence_breakers", value, key)


def carry_biases(source: Source, key: str) -> None:
    """Biases by token id: an object or a list of pairs; −100 and false ban. Others are told."""
    value = source.take(key)
    if value is None:
        return
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [_pair(key, entry) for entry in value]
    else:
        raise refused(key, value, "an object of token ids and biases")
    biases: dict[int, float] = {}
    for token, bias in pairs:
        identity = _token(token)
        if bias is False:
            bias = _BAN
        if identity is None:
            source.lose(key, {"token": token, "bias": bias})
            continue
        if isinstance(bias, bool) or not isinstance(bias, (int, float)):
            raise refused(f"{key}.{token}", bias, "a number, -100 to ban the token")
        biases[identity] = -math.inf if bias <= _BAN else float(bias)
    source.set("logit_bias", tuple(biases.items()), key)


def give_biases(target: Target) -> dict[int, float]:
    """The biases with −100 for a ban."""
    target.carried({"logit_bias"})
    return {token: max(bias, _BAN) for token, bias in target.params.biases}


def without_neutral(
    values: Mapping[str, object], neutral: Mapping[str, object]
) -> dict[str, object]:
    """Those that are not as they are by default."""
    return {key: value for key, value in values.items() if value != neutral.get(key)}


def text_list(key: str, value: object) -> list[str]:
    """Names: a list of texts, or a text with one a line.

    Raises:
        PresetError: neither.
    """
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return value
    raise refused(key, value, "a list of names")


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
    raise PresetError(
        f'{key}: found a text that is no list; allowed is JSON such as ["\\n", ":"].', key
    )


def _pair(key: str, entry: object) -> tuple[object, object]:
    if isinstance(entry, list) and len(entry) == 2:
        return entry[0], entry[1]
    if isinstance(entry, dict) and "value" in entry:
        return entry.get("text"), entry["value"]
    raise refused(key, entry, "pairs of a token and a bias")


def _token(token: object) -> int | None:
    if isinstance(token, int) and not isinstance(token, bool):
        return token
    if isinstance(token, str):
        if found := _SINGLE_ID.fullmatch(token.strip()):
            return int(found[1])
        if token.isascii() and token.isdigit() and len(token) < 10:
            return int(token)
    return None


def _tidy(number: float) -> float:
    """Without the last bits that adding and halving leave."""
    return round(number, 12) if abs(number) < 1e6 else number
