"""`PresetDocument`: a preset as its file has it, unknown keys and all.

Reads and writes the JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from studio.presets.bounded_json import decoded, json_object
from studio.presets.errors import PresetError
from studio.presets.preset import FORMAT_VERSION, Preset
from studio.presets.preset_fields import PRESET_FIELDS, read_preset
from studio.translation import tr

_INDENT = "  "


class PresetDocument(msgspec.Struct, frozen=True):
    """A preset, and what else stands in its file.

    Attributes:
        preset: All that this program knows of it.
        unknown: Keys that it does not know, with their values; they survive a save.
        unknown_sampling: The same within `sampling`.
    """

    preset: Preset
    unknown: Mapping[str, object] = msgspec.field(default_factory=dict)
    unknown_sampling: Mapping[str, object] = msgspec.field(default_factory=dict)

    @classmethod
    def read(cls, data: bytes) -> PresetDocument:
        """The document in a file's bytes.

        Raises:
            PresetError: no JSON object, or one with a field that is not allowed. Says so where a
                newer version may be the reason.
        """
        return cls.of(json_object(decoded(data)))

    @classmethod
    def of(cls, values: Mapping[str, object]) -> PresetDocument:
        """The document that a JSON object is.

        Raises:
            PresetError: as `read`.
        """
        try:
            found = read_preset(values)
        except PresetError as error:
            version = values.get("format_version")
            if isinstance(version, int) and version > FORMAT_VERSION:
                words = f"{error} {newer_words(version)}"
                raise PresetError(words, error.field, error.allowed) from None
            raise
        return cls(found.preset, found.unknown, found.unknown_sampling)

    @property
    def is_newer(self) -> bool:
        """Whether a newer program wrote it: it is shown and used, but not changed."""
        return self.preset.format_version > FORMAT_VERSION

    def with_preset(self, preset: Preset) -> PresetDocument:
        """The same file with another preset in it."""
        return replace(self, preset=preset)

    def called(self, name: str) -> PresetDocument:
        """The same file under another name."""
        return self.with_preset(replace(self.preset, name=name))

    def to_bytes(self) -> bytes:
        """The file: every field in a fixed order, indented, then what is unknown."""
        written = preset_values(self.preset)
        sampling = written["sampling"]
        assert isinstance(sampling, dict)
        written["sampling"] = {**sampling, **self.unknown_sampling}
        return (_laid_out({**written, **self.unknown}) + "\n").encode()


def newer_words(version: int) -> str:
    """What a newer version means for the writer, and what to do."""
    advice = tr("Update the program to change it, or save it under another name.")
    return f"{is_newer_words(version)} {advice}"


def is_newer_words(version: int) -> str:
    """What a newer version means for the writer."""
    return tr(
        "It is of format version {version}, and this program knows version {known}: a newer Kelvin "
        "Studio wrote it.",
        version=version,
        known=FORMAT_VERSION,
    )


def preset_values(preset: Preset) -> dict[str, object]:
    """The preset as a JSON object. An infinite temperature is null, a bias of -inf too."""
    values = {name: getattr(preset, name) for name in PRESET_FIELDS}
    values["stop"] = list(preset.stop)
    values["sampling"] = sampling_values(preset)
    return values


def sampling_values(preset: Preset) -> dict[str, object]:
    """Its sampling parameters as a JSON object."""
    values: dict[str, object] = msgspec.to_builtins(preset.sampling)
    if math.isinf(preset.sampling.temperature):
        values["temperature"] = None
    values["logit_bias"] = [
        [token, None if bias == -math.inf else bias] for token, bias in preset.sampling.biases
    ]
    values["word_biases"] = [
        {
            "text": word.text,
            "bias": None if word.bias == -math.inf else word.bias,
            "casings": list(word.casings),
        }
        for word in preset.sampling.word_biases
    ]
    for name in ("dry_sequence_breakers", "samplers"):
        values[name] = list(getattr(preset.sampling, name))
    return values


def _laid_out(value: object, indent: str = "") -> str:
    """`value` as JSON for human hands: a line for each key, short lists in one line."""
    inside = indent + _INDENT
    if isinstance(value, dict) and value:
        lines = [
            f"{inside}{json.dumps(key, ensure_ascii=False)}: {_laid_out(entry, inside)}"
            for key, entry in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, list) and value and len(indent) + len(text) > 96:
        lines = [inside + _laid_out(entry, inside) for entry in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return text
