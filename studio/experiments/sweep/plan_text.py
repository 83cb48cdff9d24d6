"""A plan's file, made of what somebody chose in a form."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping


def plan_text(settings: Mapping[str, object]) -> str:
    """Return a plan as TOML.

    Args:
        settings: The plan's keys, with texts, numbers, lists and mappings; those that are None are
            left out. The table `vary`, which is last in a file, may stand anywhere.
    """
    lines = [f"{key} = {_value(it)}" for key, it in settings.items() if _is_line(key, it)]
    vary = settings["vary"]
    assert isinstance(vary, Mapping)
    table = [f"{key} = {_value(it)}" for key, it in vary.items()]
    return "\n".join([*lines, "", "[vary]", *table, ""])


def _is_line(key: str, value: object) -> bool:
    return value is not None and key != "vary"


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float() if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        case int() | float():
            return repr(value)
        case str():
            # What JSON leaves as it is TOML takes, but for this one.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            inside = ", ".join(f"{key} = {_value(it)}" for key, it in value.items())
            return f"{{ {inside} }}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            raise TypeError(f"no value of a plan: {value!r}")
