"""KoboldCpp's and Kobold Lite's presets, and the settings inside a story file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace

from studio.presets.credentials import HIDDEN, is_secret, without_secrets
from studio.presets.errors import refused
from studio.presets.foreign.keys import KeyTable, carried, same, without_place
from studio.presets.foreign.orders import KOBOLD_ORDER, from_kobold, to_kobold
from studio.presets.foreign.quirks import (
    carry_biases,
    carry_breakers,
    give_biases,
    give_dry_range,
    kobold_order,
    settle_dry_range,
    text_list,
)
from studio.presets.foreign.source import Imported, NotCarried, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.presets.preset_fields import checked_text
from studio.sampling import CASINGS, WordBias
from studio.translation import mark, tr

PROGRAM = "KoboldCpp"
STORY = mark("Kobold Lite story")

ABSENT: Mapping[str, object] = {
    "temperature": 0.7,
    "top_k": 100,
    "top_p": 0.92,
    "repeat_last_n": 320,
    "dry_penalty_last_n": 320,
    "xtc_threshold": 0.2,
    "samplers": from_kobold(KOBOLD_ORDER),
}
"""What KoboldCpp takes where a request is silent, where it is another than the neutral value."""

_KEYS = {
    "dynatemp_range": "dynatemp_range",
    "dynatemp_exponent": "dynatemp_exponent",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "typical": "typical_p",
    "nsigma": "top_n_sigma",
    "xtc_probability": "xtc_probability",
    "xtc_threshold": "xtc_threshold",
    "rep_pen": "repeat_penalty",
    "rep_pen_range": "repeat_last_n",
    "presence_penalty": "presence_penalty",
    "dry_multiplier": "dry_multiplier",
    "dry_base": "dry_base",
    "dry_allowed_length": "dry_allowed_length",
    "dry_penalty_last_n": "dry_penalty_last_n",
    "mirostat": "mirostat",
    "mirostat_tau": "mirostat_tau",
    "mirostat_eta": "mirostat_eta",
}
_LITE_KEYS = {
    "typ_s": "typical_p",
    "miro_type": "mirostat",
    "miro_tau": "mirostat_tau",
    "miro_eta": "mirostat_eta",
}
"""As Kobold Lite calls them, where the engine has the other name."""

KEYS: KeyTable = {
    "preset": carried("name", words=mark("Else `title`, else the file's name.")),
    "title": carried("name", words=mark("Where `preset` is missing.")),
    "description": carried("description", words=""),
    **same(_KEYS),
    **same(_LITE_KEYS),
    "temp": carried("temperature", words=mark("0 and below is greedy: T 0.")),
    "temperature": carried("temperature", words=mark("The same, in stories.")),
    "rep_pen_range": carried("repeat_last_n", words=mark("Below 1 is the last token alone: 1.")),
    "sampler_seed": carried("seed", words=mark("Below 1 is a new one each time. May be a text.")),
    "dry_penalty_last_n": carried(
        "dry_penalty_last_n", words=mark("0 while DRY is on is all tokens: -1.")
    ),
    "dry_sequence_breakers": carried("dry_sequence_breakers", words=mark("A list.")),
    "sampler_order": carried(
        "samplers",
        words=mark(
            "Numbers: 0 top-k, 1 top-a, 2 top-p and min-p, 3 tfs, 4 typical, 5 temperature and "
            "top-n-sigma, 6 penalties. DRY runs before them, XTC after."
        ),
    ),
    "logit_bias": carried("logit_bias", words=mark("By token id; -100 and less ban it.")),
    "logitbiasdict": carried("logit_bias", words=mark("The same, in stories.")),
    "stop_sequence": carried("stop", words=mark("A list.")),
    "extrastopseq": carried("stop", words=mark("In stories: texts with `||$||` between.")),
    "max_length": carried("max_tokens", words=""),
    "genamt": carried("max_tokens", words=mark("The same, in older presets.")),
    "tfs": without_place(
        mark("Tail-free sampling: cuts where the curve of probabilities flattens."), 1
    ),
    "tfs_s": without_place(mark("Tail-free sampling, in stories."), 1),
    "top_a": without_place(mark("Cuts below a share of the best token's squared probability."), 0),
    "rep_pen_slope": without_place(
        mark(
            "Weakens the repeat penalty of the farther half; between 0 and 1, while `rep_pen` is "
            "on."
        ),
        0,
        1,
    ),
    "smoothing_factor": without_place(mark("Quadratic sampling: bends the distribution."), 0),
    "smoothing_curve": without_place(
        mark("How sharply smoothing bends; for `smoothing_factor`."), 1
    ),
    "adaptivep_target": without_place(mark("Adaptive-p: draws near a probability."), -1),
    "adaptive_target": without_place(mark("Adaptive-p: draws near a probability."), -1),
    "adaptivep_decay": without_place(mark("How fast adaptive-p adapts."), 0.9),
    "adaptive_decay": without_place(mark("How fast adaptive-p adapts."), 0.9),
    "tokenbans": carried("word_biases", words=mark("Texts that must not come, in stories.")),
    "banned_tokens": carried("word_biases", words=mark("Texts that must not come, in any casing.")),
    "grammar": without_place(mark("A grammar that the text must follow.")),
    "guidance_scale": without_place(mark("Guidance: a second evaluation leads the first."), 1),
    "guidance_prompt": without_place(mark("What guidance leads away from.")),
    "eos_ban_mode": without_place(mark("Whether the model may end."), 0, "0", 1, "1"),
    "ban_eos_token": without_place(mark("Whether the model may end."), False),
    "use_default_badwordsids": without_place(mark("Whether the model may end."), False),
    "bypass_eos": without_place(mark("Whether the model may end."), False),
    "max_context_length": without_place(mark("The size of the context: see Model options.")),
    "custom_sampler_fields": without_place(mark("Fields for a server of one's own.")),
    "second_ep_qty": without_place(mark("Tokens that a second server begins with."), 0, "0"),
    "second_ep_model": without_place(mark("The model of a second server."), "gpt2"),
    "second_ep_url": without_place(mark("The place of a second server.")),
    "is_custom": without_place(mark("Whether Kobold Lite lets one delete it."), True, False),
}
"""Of presets and of `savedsettings` in stories, in all of its ages."""

_WINDOW = mark("A setting of Kobold Lite's window, and none of the sampling.")
_SECRET = mark("A key or an address of a server; it is not shown.")
_STORY_PARTS = ("extrastopseq", "logitbiasdict", "tokenbans")
"""What older stories have beside `savedsettings`, where newer ones have it within."""
_BETWEEN_STOPS = "||$||"
_WHOLE = re.compile(r"-?\d{1,18}")

MARKS = frozenset(
    {"preset", "title", "temp", "dynatemp_range", "typical", "tfs", "top_a", "rep_pen"}
    | {"rep_pen_range", "rep_pen_slope", "presence_penalty", "sampler_order", "sampler_seed"}
    | {"typ_s", "tfs_s", "miro_type", "miro_tau", "miro_eta", "genamt", "nsigma"}
)
"""Keys by which such a file is known."""


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in a preset's object.

    Args:
        values: The object.
        name: What to call it where it has no name.
        absent: Whether what the file is silent on is as KoboldCpp has it.

    Raises:
        PresetError: a value is not allowed.
    """
    return _read(values, name, PROGRAM, "", absent=absent)


def read_story(story: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The settings in a story file. The story itself is not looked at.

    Args:
        story: The file's object.
        name: What to call it.
        absent: Whether what the file is silent on is as KoboldCpp has it.

    Raises:
        PresetError: a value is not allowed.
    """
    settings = story.get("savedsettings")
    if not isinstance(settings, dict):
        raise refused("savedsettings", settings, tr("an object with the settings"))
    beside = {key: story[key] for key in _STORY_PARTS if story.get(key) and not settings.get(key)}
    known: dict[str, object] = {}
    window: list[NotCarried] = []
    for key, value in settings.items():
        if key in KEYS:
            known[key] = value
        elif key.startswith("saved_") or is_secret(key):
            window.append(NotCarried(f"savedsettings.{key}", HIDDEN, False, tr(_SECRET)))
        else:
            shown = without_secrets(key, value)
            window.append(NotCarried(f"savedsettings.{key}", shown, False, tr(_WINDOW)))
    imported = _read({**known, **beside}, name, STORY, "savedsettings.", absent=absent)
    return replace(imported, not_carried=(*imported.not_carried, *window))


def _read(
    values: Mapping[str, object], name: str, program: str, prefix: str, *, absent: bool
) -> Imported:
    source = Source(values, KEYS, prefix, ABSENT if absent else None)
    named = None
    for key in ("preset", "title"):
        if isinstance(values.get(key), str):
            named = prefix + key, source.give_up(key)
            break
    source.carry_temperature("temp", "temperature", below_zero=tr("Below 0 is greedy there: T 0."))
    source.carry(_LITE_KEYS)
    _carry_range(source)
    source.carry(_KEYS)
    _carry_seed(source)
    _carry_slope(source)
    settle_dry_range(source, "dry_penalty_last_n")
    carry_breakers(source, "dry_sequence_breakers")
    carry_biases(source, "logit_bias")
    carry_biases(source, "logitbiasdict")
    _carry_bans(source, prefix)
    source.carry_stops("stop_sequence")
    extra = source.consume("extrastopseq")
    if extra is not None:
        texts = checked_text(f"{prefix}extrastopseq", extra).split(_BETWEEN_STOPS)
        source.set_stops([stop for stop in texts if stop], "extrastopseq")
    source.carry_max_tokens("max_length", "genamt")
    if "description" in source:
        source.set_text("description", source.consume("description"), "description")
    if "sampler_order" in source:
        source.set("samplers", kobold_order(source, "sampler_order"), "sampler_order")
    return source.imported(name, program, named)


def _carry_range(source: Source) -> None:
    """How far back its penalty looks: at least over the last token, whatever is asked for."""
    value = source.number("rep_pen_range", is_whole=True)
    if value is not None:
        if value < 1:
            source.note("rep_pen_range", tr("Below 1 is the last token alone there: 1."))
        source.set("repeat_last_n", max(1, value), "rep_pen_range")


def _carry_bans(source: Source, prefix: str) -> None:
    """Texts that must not come: a list, or in stories one text with signs between."""
    bans = source.consume("tokenbans")
    texts = "" if bans is None else checked_text(f"{prefix}tokenbans", bans)
    for key, found in (
        ("tokenbans", texts.split(_BETWEEN_STOPS)),
        (
            "banned_tokens",
            text_list(f"{prefix}banned_tokens", source.consume("banned_tokens") or []),
        ),
    ):
        source.add_words([WordBias(text, -math.inf, CASINGS) for text in found if text], key)


def _carry_seed(source: Source) -> None:
    """A seed that its window may have saved as a text; below 1 there is none."""
    seed = source.consume("sampler_seed")
    if isinstance(seed, str) and _WHOLE.fullmatch(seed):
        seed = int(seed)
    if seed is not None:
        source.put("sampler_seed", seed)
        number = source.number("sampler_seed", is_whole=True)
        assert number is not None
        source.set("seed", number if number >= 1 else -1, "sampler_seed")


def _carry_slope(source: Source) -> None:
    """It has no place; and beyond its range, or without a penalty, no effect either."""
    slope = source.number("rep_pen_slope")
    if slope is not None:
        penalty = source.effective("repeat_penalty")
        is_on = isinstance(penalty, (int, float)) and penalty > 1
        source.lose("rep_pen_slope", slope, had_effect=is_on and 0 < slope < 1)


def write(preset: Preset) -> Exported:
    """The preset as a preset's file."""
    target = Target(preset, PROGRAM)
    values: dict[str, object] = {"preset": preset.name}
    if preset.description:
        values["description"] = target.give("description")
    temperature = target.give("temperature")
    if temperature is not None:
        values["temp"] = temperature
    values |= {key: target.give(field) for key, field in _KEYS.items()}
    if preset.sampling.repeat_last_n < 1:
        del values["rep_pen_range"]
        words_lost = tr("There is no word for all tokens there.")
        if preset.sampling.repeat_last_n == 0:
            words_lost = tr("There is no word for no tokens there.")
        target.lose("repeat_last_n", words_lost)
    values["sampler_seed"] = target.give("seed")
    if preset.sampling.seed == 0:
        target.lose("seed", tr("0 is a new one each time there."))
    give_dry_range(target)
    if preset.sampling.top_n_sigma < 0:
        values["nsigma"] = 0
    values["dry_sequence_breakers"] = list(preset.sampling.dry_sequence_breakers)
    values["logit_bias"] = {str(token): bias for token, bias in give_biases(target).items()}
    words = preset.sampling.word_biases
    banned = [word for word in words if word.bias == -math.inf]
    target.carried({"word_biases"})
    if len(banned) < len(words):
        words_lost = tr("A word can be banned there and not biased; bans are carried.")
        target.lose("word_biases", words_lost)
    elif any(word.casings != CASINGS for word in banned):
        target.lose("word_biases", tr("A word is banned there in any casing."))
    if banned:
        values["banned_tokens"] = [word.text for word in banned]
    values["stop_sequence"] = list(preset.stop)
    values["max_length"] = target.give("max_tokens")
    order = to_kobold(preset.sampling.samplers)
    values["sampler_order"] = order
    target.order_is(from_kobold(order))
    target.carried({"dry_sequence_breakers", "stop"})
    return target.exported(json.dumps(values, indent=2, ensure_ascii=False) + "\n", ".json")
