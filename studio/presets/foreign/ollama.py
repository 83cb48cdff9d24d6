"""Ollama's Modelfiles: the PARAMETER and SYSTEM lines of one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.presets.errors import PresetError
from studio.presets.foreign.keys import (
    LLAMA_CPP_NAMES,
    KeyTable,
    carried,
    same,
    without_place,
)
from studio.presets.foreign.plain_text import number_of
from studio.presets.foreign.source import WHOLE, Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams

PROGRAM = "Ollama Modelfile"

_KEYS = {
    "temperature": "temperature",
    **LLAMA_CPP_NAMES,
}
_SPEED = "Speed and memory: see Model options."
KEYS: KeyTable = {
    **same(_KEYS),
    "num_predict": carried("max_tokens", words="Below 1 is no limit, and listed."),
    "stop": carried("stop", words="A line each."),
    "SYSTEM": carried(
        "system_message",
        "prompt_format",
        words="The preset is then for a chat; the last one counts.",
    ),
    "tfs_z": without_place(
        "Tail-free sampling: cuts where the curve of probabilities flattens.", 1
    ),
    "num_ctx": without_place("The size of the context: see Model options."),
    "num_keep": without_place("What of the prompt stays where the context is full."),
    "draft_num_predict": without_place("Speed: speculation with a draft model."),
    "penalize_newline": without_place("Whether penalties count for line ends; here they do."),
    **dict.fromkeys(
        ("num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap", "use_mlock", "numa"),
        without_place(_SPEED),
    ),
    "FROM": without_place("The model: see Model › Open model."),
    "TEMPLATE": without_place("Another chat template; the studio takes the model's own."),
    "ADAPTER": without_place("A LoRA beside the model."),
    "LICENSE": without_place("The model's licence."),
    "MESSAGE": without_place("Messages before the first one."),
    "REQUIRES": without_place("The least version of Ollama."),
}
"""Parameters by their names, and instructions in capitals."""

_INSTRUCTION = re.compile(
    r"(?i)(FROM|PARAMETER|SYSTEM|TEMPLATE|ADAPTER|LICENSE|MESSAGE|REQUIRES)[ \t]+(.*)"
)


def is_modelfile(text: str) -> bool:
    """Whether some line is an instruction with what belongs behind it."""
    return any(
        re.match(r"\s*(?:(?:FROM|SYSTEM|TEMPLATE)\s+\S|PARAMETER\s+\w+\s+\S)", line, re.IGNORECASE)
        for line in text.splitlines()
    )


def read(text: str, name: str) -> Imported:
    """The preset in such a file.

    Raises:
        PresetError: a line is none, or a value is not allowed.
    """
    source = Source({}, KEYS)
    stops: list[str] = []
    for instruction, value in _instructions(text):
        if instruction == "PARAMETER":
            key, _, argument = value.partition(" ")
            key, argument = key.strip().lower(), _unquoted(argument.strip())
            if key == "stop":
                stops.append(argument)
            elif key in _KEYS or key in ("num_predict", "tfs_z"):
                source.put(key, number_of(key, argument))
            else:
                source.lose(key, argument)
        elif instruction == "SYSTEM":
            source.put("SYSTEM", value)  # the last one counts
        else:
            idle = ("LICENSE", "REQUIRES")
            source.lose(instruction, value, had_effect=instruction not in idle)
    source.carry(_KEYS)
    source.carry_max_tokens("num_predict")
    source.carry_system_message("SYSTEM")
    if stops:
        source.set_stops(stops, "stop")
    return source.imported(name, PROGRAM)


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = iter(enumerate(text.replace("\r\n", "\n").split("\n"), 1))
    for number, line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = _INSTRUCTION.fullmatch(line)
        if not found:
            raise PresetError(
                f"line {number}: found {line[:40]!r}; allowed is an instruction, such as "
                "PARAMETER temperature 0.7."
            )
        instruction, value = found[1].upper(), found[2].strip()
        for fence in ('"""', '"'):
            if value.startswith(fence) and not (
                len(value) >= 2 * len(fence) and value.endswith(fence)
            ):
                # It goes on until the quotation ends.
                parts = [value]
                for _, further in lines:
                    parts.append(further)
                    if further.rstrip().endswith(fence):
                        break
                else:
                    raise PresetError(f"line {number}: the quotation does not end. Close it.")
                value = "\n".join(parts).rstrip()
                break
        yield instruction, value if instruction == "PARAMETER" else _fenced(value)


def _fenced(value: str) -> str:
    for fence in ('"""', '"'):
        if len(value) >= 2 * len(fence) and value.startswith(fence) and value.endswith(fence):
            return value[len(fence) : -len(fence)]
    return value


_ESCAPE = re.compile(r'\\([ntr"\\])')
_SIGNS = {"n": "\n", "t": "\t", "r": "\r"}


def _unquoted(text: str) -> str:
    text = _fenced(text)
    return _ESCAPE.sub(lambda found: _SIGNS.get(found[1], found[1]), text)


def _quoted(text: str) -> str:
    for sign, written in (
        ("\\", "\\\\"),
        ('"', '\\"'),
        ("\n", "\\n"),
        ("\t", "\\t"),
        ("\r", "\\r"),
    ):
        text = text.replace(sign, written)
    return f'"{text}"'


def write(preset: Preset) -> Exported:
    """The preset's PARAMETER lines; the writer adds a FROM."""
    target = Target(preset, PROGRAM)
    neutral = SamplingParams()
    # Ollama's own defaults are no neutral ones: what cuts and weakens is said in any case.
    always = {"temperature", "top_k", "top_p", "min_p", "repeat_penalty"}
    lines = []
    for key, field in _KEYS.items():
        value = target.give(field)
        if value is not None and (field in always or value != getattr(neutral, field)):
            lines.append(f"PARAMETER {key} {value if field in WHOLE else repr(value)}")
    lines.append(f"PARAMETER num_predict {target.give('max_tokens')}")
    target.carried({"stop"})
    lines += [f"PARAMETER stop {_quoted(stop)}" for stop in preset.stop]
    # A quotation over several lines knows no escapes; what it cannot say is told instead.
    is_sayable = not {'"', "\r"} & set(preset.system_message)
    if preset.prompt_format == "chat" and preset.system_message.strip() and is_sayable:
        target.carried({"system_message", "prompt_format"})
        lines.append(f'SYSTEM """{preset.system_message}"""')
    target.order_is(DEFAULT_SAMPLERS)
    return target.exported("\n".join(lines) + "\n", ".Modelfile")
