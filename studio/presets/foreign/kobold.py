"""KoboldCpp's and Kobold Lite's presets, and the settings inside a story file."""

from __future__ import annotations

import math
import re
from functools import partial

from msgspec.structs import replace

from studio.presets.credentials import HIDDEN, is_secret, without_secrets
from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import (
    KeyTable,
    alike,
    among,
    apart,
    carried,
    itself,
    same,
    without_place,
)
from studio.presets.foreign.orders import KOBOLD_ORDER, from_kobold, to_kobold, with_adaptive
from studio.presets.foreign.source import Imported, NotCarried, Source, object_in
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import CASINGS, WordBias
from studio.translation import mark, tr

PROGRAM = "KoboldCpp"
STORY = mark("Kobold Lite story")

ABSENT: Values = {
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
    **itself(
        *("dynatemp_range", "dynatemp_exponent", "top_k", "top_p", "min_p"),
        *("xtc_probability", "xtc_threshold", "presence_penalty", "dry_multiplier"),
        *("dry_base", "dry_allowed_length", "dry_penalty_last_n", "mirostat"),
        *("mirostat_tau", "mirostat_eta"),
    ),
    "typical": "typical_p",
    "nsigma": "top_n_sigma",
    "rep_pen": "repeat_penalty",
    "rep_pen_range": "repeat_last_n",
    "adaptivep_target": "adaptive_target",
    "adaptivep_decay": "adaptive_decay",
}
_OTHER_NAMES = {
    "typ_s": "typical_p",
    "miro_type": "mirostat",
    "miro_tau": "mirostat_tau",
    "miro_eta": "mirostat_eta",
    "adaptive_target": "adaptive_target",
    "adaptive_decay": "adaptive_decay",
}
"""As Kobold Lite calls them where the engine has the name above, and the other way about."""

_MAY_END = mark("Whether the model may end.")
_BETWEEN = "||$||"
"""Stands between the texts of a list, in stories."""
_WHOLE = re.compile(r"-?\d{1,18}")


def _carry_temperature(source: Source, key: str) -> None:
    source.carry_temperature(key, tr("Below 0 is greedy there: T 0."))


def _carry_range(source: Source, key: str) -> None:
    """How far back its penalty looks: at least over the last token, whatever is asked for."""
    value = source.number(key, is_whole=True)
    if value is not None:
        if value < 1:
            source.note(key, tr("Below 1 is the last token alone there: 1."))
        source.set("repeat_last_n", max(1, value), key)


def _carry_seed(source: Source, key: str) -> None:
    """A seed that its window may have saved as a text; below 1 there is none."""
    seed = source.consume(key)
    if isinstance(seed, str) and _WHOLE.fullmatch(seed):
        seed = int(seed)
    if seed is not None:
        source.put(key, seed)
        number = source.number(key, is_whole=True)
        assert number is not None
        source.set("seed", number if number >= 1 else -1, key)


def _carry_bans(source: Source, key: str, *, is_list: bool) -> None:
    """Texts that must not come: a list, or in stories one text with signs between."""
    texts = source.names(key) if is_list else (source.text(key) or "").split(_BETWEEN)
    source.add_words([WordBias(text, -math.inf, CASINGS) for text in texts or () if text], key)


def _carry_stops(source: Source, key: str) -> None:
    """Stop strings as stories have them: one text with signs between."""
    if (text := source.text(key)) is not None:
        source.set_stops([stop for stop in text.split(_BETWEEN) if stop], key)


KEYS: KeyTable = {
    "preset": apart("name", words=mark("Else `title`, else the file's name.")),
    "title": apart("name", words=mark("Where `preset` is missing.")),
    "description": carried("description"),
    "temp": carried(
        "temperature", words=mark("0 and below is greedy: T 0."), carry=_carry_temperature
    ),
    "temperature": carried(
        "temperature", words=mark("The same, in stories."), carry=_carry_temperature
    ),
    **same(_OTHER_NAMES),
    **same(_KEYS),
    **dict.fromkeys(
        ("adaptivep_target", "adaptive_target"),
        carried("adaptive_target", "samplers", words=mark("It runs last; below 0 is off: -1.")),
    ),
    "rep_pen_range": carried(
        "repeat_last_n", words=mark("Below 1 is the last token alone: 1."), carry=_carry_range
    ),
    "sampler_seed": carried(
        "seed", words=mark("Below 1 is a new one each time. May be a text."), carry=_carry_seed
    ),
    "dry_penalty_last_n": carried("dry_penalty_last_n", words=reasons.ZERO_IS_ALL),
    "dry_sequence_breakers": carried("dry_sequence_breakers"),
    "sampler_order": carried(
        "samplers",
        words=mark(
            "Numbers: 0 top-k, 1 top-a, 2 top-p and min-p, 3 tfs, 4 typical, 5 temperature and "
            "top-n-sigma, 6 penalties. DRY runs before them, XTC after."
        ),
        carry=quirks.carry_kobold_order,
    ),
    "logit_bias": carried("logit_bias", words=mark("By token id; -100 and less ban it.")),
    "logitbiasdict": carried("logit_bias", words=mark("The same, in stories.")),
    "tokenbans": carried(
        "word_biases",
        words=mark("Texts that must not come, in stories."),
        carry=partial(_carry_bans, is_list=False),
    ),
    "banned_tokens": carried(
        "word_biases",
        words=mark("Texts that must not come, in any casing."),
        carry=partial(_carry_bans, is_list=True),
    ),
    "stop_sequence": carried("stop"),
    "extrastopseq": carried(
        "stop", words=mark("In stories: texts with `||$||` between."), carry=_carry_stops
    ),
    "max_length": carried("max_tokens"),
    "genamt": carried("max_tokens", words=mark("The same, in older presets.")),
    **among("tfs", "top_a"),
    "tfs_s": without_place(mark("Tail-free sampling, in stories."), 1),
    "rep_pen_slope": without_place(
        mark(
            "Weakens the repeat penalty of the farther half; between 0 and 1, while `rep_pen` is "
            "on."
        ),
        0,
        1,
    ),
    **among("smoothing_factor", "smoothing_curve", "grammar", "guidance_scale"),
    "guidance_prompt": without_place(reasons.LEADS_AWAY),
    "eos_ban_mode": without_place(_MAY_END, 0, "0", 1, "1"),
    **alike(_MAY_END, "ban_eos_token", "use_default_badwordsids", "bypass_eos", idle=(False,)),
    "max_context_length": without_place(reasons.CONTEXT),
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

MARKS = frozenset(
    {"preset", "title", "temp", "dynatemp_range", "typical", "tfs", "top_a", "rep_pen"}
    | {"rep_pen_range", "rep_pen_slope", "presence_penalty", "sampler_order", "sampler_seed"}
    | {"typ_s", "tfs_s", "miro_type", "miro_tau", "miro_eta", "genamt", "nsigma"}
)
"""Keys by which such a file is known."""


def _carry(source: Source) -> None:
    source.call_by("preset", "title")
    quirks.carry_all(source)
    _carry_slope(source)
    quirks.settle_dry_range(source, "dry_penalty_last_n")
    quirks.run_adaptive(source, "adaptivep_target", "adaptive_target")


def _read_story(story: Values, name: str, *, absent: bool) -> Imported:
    """The settings in a story file. The story itself is not looked at."""
    settings = object_in(story, "savedsettings", mark("an object with the settings"))
    beside = {key: story[key] for key in _STORY_PARTS if story.get(key) and not settings.get(key)}
    known: dict[str, object] = {}
    window: list[NotCarried] = []
    for key, value in settings.items():
        named = f"savedsettings.{key}"
        if key in KEYS:
            known[key] = value
        elif key.startswith("saved_") or is_secret(key):
            window.append(NotCarried(named, HIDDEN, False, tr(_SECRET)))
        else:
            window.append(NotCarried(named, without_secrets(key, value), False, tr(_WINDOW)))
    source = FORMAT.opened({**known, **beside}, absent=absent, prefix="savedsettings.")
    _carry(source)
    imported = source.imported(name, STORY)
    return replace(imported, not_carried=(*imported.not_carried, *window))


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
    quirks.give_dry_range(target)
    if preset.sampling.top_n_sigma < 0:
        values["nsigma"] = 0
    values["dry_sequence_breakers"] = list(preset.sampling.dry_sequence_breakers)
    values["logit_bias"] = {str(token): bias for token, bias in quirks.give_biases(target).items()}
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
    target.order_is(with_adaptive(from_kobold(order), preset.sampling.adaptive_target))
    target.carried({"dry_sequence_breakers", "stop"})
    return target.exported_json(values)


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, carry=_carry, write=write)
STORY_FORMAT = Format(program=STORY, keys=KEYS, reader=_read_story)
