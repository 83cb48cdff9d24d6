"""Writes KEYS.md: what becomes of every key of other programs' presets.

    .venv/bin/python packaging/key_tables.py

The tables are those that the importers are held to, so the page cannot say another thing than the
code does; a test sees that it is current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.sampling.facts import Number

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
FILE = ROOT / "studio" / "presets" / "foreign" / "KEYS.md"

HEAD = """\
# What becomes of every key

Made by `packaging/key_tables.py` from the tables that the importers are held to; do not edit.

**Becomes** names the field of our presets that a key sets. Where it names none, the studio has no
such thing: the key is *reported* at every import, by name, value and reason (in the window's
notice under “Show all”, and by `kelvin-studio presets import`). So is every key that stands in none
of these tables. Keys that did nothing where they come from, because they were switched off, are
reported apart from those that did something.

A key that is missing is as its program has it, and reported; `--absent neutral` leaves its field
neutral instead. A finite number out of range is left out and reported, a name that cannot be one is
made safe; another type, NaN and infinities refuse the file. A file of which nothing can be carried
is refused. Passwords, keys and tokens are never shown or kept.

On the way out the same tables are read from right to left; under each of them stands what has no
place there, which is reported as well.
"""

ABOUT = {
    "SillyTavern": "Text-completion presets: one flat JSON object; the name is the file's.",
    "KoboldCpp": "Presets of KoboldCpp and Kobold Lite, and `savedsettings` inside story files, "
    "where every other key is a setting of the window and reported as one. Of a story nothing else "
    "is read; keys and addresses of servers are reported without their values.",
    "LM Studio": "`.preset.json`: the fields of `operation` and `load`. A value is bare, or "
    "`{checked, value}`; unchecked is off, and reported. The name is `name`.",
    "LM Studio (older form)": "The keys of `inference_params`. `load_params` is reported whole.",
    "text-generation-webui": "YAML of what differs from neutral; the name is the file's.",
    "llama.cpp arguments": "A line as one types it, with or without the program. The same table "
    "holds for llama-server's presets, `.ini` files with a section for each model: keys are "
    "arguments without dashes, `[*]` counts in all sections.",
    "SillyTavern chat completion": "One flat JSON object; the name is the file's.",
    "SillyTavern Master Export": "Objects by section; the keys of `preset` are SillyTavern's.",
    "SillyTavern system prompt": "A name and a text. Instruct, context and reasoning templates are "
    "refused: the studio takes the model's own chat template.",
    "NovelAI": "`.preset` files: the keys of `parameters` and those beside it; SillyTavern's flat "
    "form of them too.",
    "Ollama Modelfile": "`PARAMETER` lines by their names, other instructions in capitals. "
    "Quotation marks count at a value's two ends, and there are no escapes.",
    "Ollama request": "The body of a request: `options`, and what stands beside it.",
    "Hugging Face generation config": "`generation_config.json`.",
    "OpenAI-style request": "A request's body, with the further keys of llama-server and others. "
    "With a key that llama-server alone has, what the file is silent on is as for llama.cpp's "
    "arguments.",
}


def page() -> str:
    """The whole page."""
    from studio.presets.foreign.formats import ABSENT, KEY_TABLES

    parts = [HEAD]
    for program, table in KEY_TABLES.items():
        parts.append(f"## {program}\n\n{ABOUT[program]}\n")
        if own := ABSENT.get(program):
            values = ", ".join(f"`{field}` {_short(value)}" for field, value in own.items())
            parts.append(f"Where a file is silent: {values}; the rest is neutral.\n")
        lines = ["| key | becomes | |", "| --- | --- | --- |"]
        for key, entry in table.items():
            fields = ", ".join(f"`{field}`" for field in entry.becomes) or "*reported*"
            words = entry.reason.replace("|", "\\|")
            lines.append(f"| `{key}` | {fields} | {words} |".replace("|  |", "| |"))
        parts.append("\n".join(lines) + "\n")
        if lost := _lost_on_the_way_out(program):
            parts.append(f"On the way out reported: {', '.join(f'`{field}`' for field in lost)}.\n")
    return "\n".join(parts)


def _short(value: object) -> str:
    return " > ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _lost_on_the_way_out(program: str) -> list[str]:
    """What a preset loses there whose every field is another than the neutral one."""
    from studio.presets import Preset
    from studio.presets.foreign import FORMAT_WORDS, export
    from studio.sampling import NUMBERS, SamplingParams

    names = [name for name, words in FORMAT_WORDS.items() if words == program]
    if not names:  # read, and not written
        return []
    sampling = SamplingParams(
        **{number.name: _turned(number) for number in NUMBERS.values()},  # type: ignore[arg-type]  # it checks them
        dry_sequence_breakers=(".",),
        logit_bias=((7, -1.0),),
    )
    full = Preset(
        name="Full", description="All.", task="code", prompt_format="chat",
        system_message="Be kind.", stop=("###",), max_tokens=99, sampling=sampling, notes="Why.",
    )  # fmt: skip
    lost = [entry.key for entry in export(full, names[0]).not_carried]
    return [field if field != "samplers" else "samplers (their order)" for field in lost]


def _turned(number: Number) -> float:
    """A value that is allowed and not the neutral one."""
    least = max(number.least, 0.0)
    further = number.least + number.stride if number.is_whole else least + number.stride
    return further if further != number.neutral else further + number.stride


def main() -> int:
    """Write the page; the exit status."""
    FILE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
