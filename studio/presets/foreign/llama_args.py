"""llama.cpp's command-line arguments: a line as one types it, with or without the program."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Sequence

from studio.presets.errors import PresetError, refused
from studio.presets.foreign.orders import LETTERS, from_llama_names, to_llama_names
from studio.presets.foreign.plain_text import number_of
from studio.presets.foreign.source import WHOLE, Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams

PROGRAM = "llama.cpp arguments"

_KEYS = {
    "--temp": "temperature",
    "--dynatemp-range": "dynatemp_range",
    "--dynatemp-exp": "dynatemp_exponent",
    "--top-k": "top_k",
    "--top-p": "top_p",
    "--min-p": "min_p",
    "--typical": "typical_p",
    "--top-nsigma": "top_n_sigma",
    "--xtc-probability": "xtc_probability",
    "--xtc-threshold": "xtc_threshold",
    "--repeat-penalty": "repeat_penalty",
    "--repeat-last-n": "repeat_last_n",
    "--frequency-penalty": "frequency_penalty",
    "--presence-penalty": "presence_penalty",
    "--dry-multiplier": "dry_multiplier",
    "--dry-base": "dry_base",
    "--dry-allowed-length": "dry_allowed_length",
    "--dry-penalty-last-n": "dry_penalty_last_n",
    "--mirostat": "mirostat",
    "--mirostat-ent": "mirostat_tau",
    "--mirostat-lr": "mirostat_eta",
    "--seed": "seed",
}
_SAME = {
    "--temperature": "--temp",
    "--typical-p": "--typical",
    "--top-n-sigma": "--top-nsigma",
    "-s": "--seed",
    "--sampler-seq": "--sampling-seq",
    "-l": "--logit-bias",
    "-n": "--predict",
    "--n-predict": "--predict",
    "-r": "--reverse-prompt",
    "-sys": "--system-prompt",
}
_OTHERS = frozenset(
    {"--samplers", "--sampling-seq", "--logit-bias", "--predict", "--reverse-prompt"}
    | {"--system-prompt", "--dry-sequence-breaker"}
)
_BIAS = re.compile(r"(\d{1,9})([+-].+)")
_NEGATIVE = re.compile(r"-(\d|\.\d|inf)", re.IGNORECASE)

FLAGS = frozenset({*_KEYS, *_SAME, *_OTHERS})
"""Arguments by which such a line is known."""


def words(text: str) -> list[str]:
    """The words of a line, its continuations joined.

    Raises:
        PresetError: a quotation mark is not closed.
    """
    joined = re.sub(r"\\\r?\n", " ", text)
    try:
        return shlex.split(joined, comments=True)
    except ValueError as error:
        raise PresetError(f"The arguments end within a quotation ({error}). Close it.") from error


def read(text: str, name: str) -> Imported:
    """The preset in such a line.

    Raises:
        PresetError: a value is missing or not allowed.
    """
    lists: dict[str, list[str]] = {"--logit-bias": [], "--reverse-prompt": []}
    source = Source({})
    breakers: list[str] | None = None
    for flag, value in _arguments(words(text)):
        flag = _SAME.get(flag, flag)
        if flag not in _KEYS and flag not in _OTHERS:
            source.lose(flag, value)
            continue
        if value is None:
            raise refused(flag, value, "a value behind it")
        if flag in lists:
            lists[flag].append(value)
        elif flag == "--dry-sequence-breaker":
            # The first one replaces what is so by default.
            breakers = [] if value == "none" else [*(breakers or []), _unescaped(value)]
        elif flag in _KEYS or flag == "--predict":
            source.put(flag, number_of(flag, value))
        elif flag == "--system-prompt":
            source.put(flag, _unescaped(value))
        else:
            source.put(flag, value)
    source.carry(_KEYS)
    source.carry_max_tokens("--predict")
    source.carry_system_message("--system-prompt")
    if lists["--reverse-prompt"]:
        source.set_stops([_unescaped(stop) for stop in lists["--reverse-prompt"]], "-r")
    if breakers is not None:
        source.set("dry_sequence_breakers", breakers, "--dry-sequence-breaker")
    if lists["--logit-bias"]:
        source.set("logit_bias", tuple(map(_bias, lists["--logit-bias"])), "--logit-bias")
    _carry_order(source)
    return source.imported(name, PROGRAM)


def _arguments(found: Sequence[str]) -> list[tuple[str, str | None]]:
    """Each flag with what stands behind it; what stands alone is the program or a file."""
    pairs: list[tuple[str, str | None]] = []
    place = 0
    while place < len(found):
        word = found[place]
        place += 1
        if not word.startswith("-") or _NEGATIVE.match(word):
            if pairs:
                pairs.append((word, None))
            continue  # before the first flag: the program
        flag, equals, value = word.partition("=")
        if equals and word.startswith("--"):
            pairs.append((flag, value))
            continue
        following = found[place] if place < len(found) else None
        takes_any = _SAME.get(word, word) in _OTHERS
        is_value = following is not None and (
            takes_any or not following.startswith("-") or _NEGATIVE.match(following) is not None
        )
        pairs.append((word, following if is_value else None))
        place += is_value
    return pairs


def _carry_order(source: Source) -> None:
    letters, names = source.take("--sampling-seq"), source.take("--samplers")
    if isinstance(names, str):
        order, unknown = from_llama_names(name for name in names.split(";") if name)
        source.set("samplers", order, "--samplers")
        for step in unknown:
            source.lose("--samplers", step)
    elif isinstance(letters, str):
        steps = dict.fromkeys(LETTERS[letter] for letter in letters if letter in LETTERS)
        source.set("samplers", tuple(steps), "--sampling-seq")
        for letter in letters:
            if letter not in LETTERS:
                source.lose("--sampling-seq", letter)


def _bias(text: str) -> tuple[int, float]:
    found = _BIAS.fullmatch(text)
    if not found:
        raise refused("--logit-bias", text, "a token id and a signed number, such as 15043+1")
    if found[2].lower() in ("-inf", "-infinity"):
        return int(found[1]), -math.inf
    return int(found[1]), float(number_of("--logit-bias", found[2]))


def write(preset: Preset) -> Exported:
    """The preset as arguments, those that are not as they are by default here."""
    target = Target(preset)
    params, neutral = preset.sampling, SamplingParams()
    line: list[str] = []

    def add(flag: str, value: object) -> None:
        line.append(f"{flag} {shlex.quote(str(value))}")

    # llama.cpp's own defaults are no neutral ones: what cuts and weakens is said in any case.
    always = {"temperature", "top_k", "top_p", "min_p", "repeat_penalty"}
    for flag, field in _KEYS.items():
        value = target.give(field)
        if value is not None and (field in always or value != getattr(neutral, field)):
            add(flag, value if field in WHOLE else repr(value))
    target.carried({"samplers", "dry_sequence_breakers", "stop", "logit_bias"})
    if params.samplers != DEFAULT_SAMPLERS:
        add("--samplers", ";".join(to_llama_names(params.samplers)))
    if params.dry_sequence_breakers != neutral.dry_sequence_breakers:
        for text in params.dry_sequence_breakers or ("none",):
            add("--dry-sequence-breaker", _escaped(text))
    for token, bias in params.biases:
        add("--logit-bias", f"{token}{bias:+}")
    add("--predict", target.give("max_tokens"))
    for stop in preset.stop:
        add("--reverse-prompt", _escaped(stop))
    if preset.prompt_format == "chat" and preset.system_message:
        target.carried({"system_message", "prompt_format"})
        add("--system-prompt", _escaped(preset.system_message))
    return target.exported(" \\\n  ".join(line) + "\n", ".args")


_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r"))
_UNESCAPE = re.compile(r"\\([ntr\\\"'])")


def _escaped(text: str) -> str:
    for meant, written in _ESCAPES:
        text = text.replace(meant, written)
    return text


def _unescaped(text: str) -> str:
    signs = {"n": "\n", "t": "\t", "r": "\r"}
    return _UNESCAPE.sub(lambda found: signs.get(found[1], found[1]), text)
