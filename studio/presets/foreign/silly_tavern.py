"""SillyTavern's text-completion presets: one flat JSON object; the name is the file's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format
from studio.presets.foreign.keys import (
    SHARED,
    KeyTable,
    alike,
    among,
    apart,
    carried,
    itself,
    same,
    without_place,
)
from studio.presets.foreign.orders import to_llama_names
from studio.presets.foreign.source import Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.translation import mark, tr

PROGRAM = "SillyTavern"

ABSENT: Mapping[str, object] = {
    "temperature": 0.7,
    "top_k": 40,
    "top_p": 0.5,
    "repeat_penalty": 1.2,
    "repeat_last_n": 0,
}
"""What SillyTavern begins with, where it is another than the neutral value."""
_RANGE = "rep_pen_range"
_OVER_NONE = mark(
    "With llama.cpp, Ollama, TabbyAPI and text-generation-webui's llama.cpp loader 0 tokens are "
    "none; KoboldCpp takes the last token, text-generation-webui's other loaders all of them, and "
    "vLLM and Aphrodite know no range: set repeat_last_n to 1 or -1 for what those do."
)

_KEYS = {
    **itself(
        *("dynatemp_exponent", "top_k", "top_p", "min_p", "typical_p"),
        *("xtc_probability", "xtc_threshold", "min_keep", "dry_multiplier", "dry_base"),
        *("dry_allowed_length", "dry_penalty_last_n", "mirostat_tau", "mirostat_eta"),
        *("adaptive_target", "adaptive_decay", "seed"),
    ),
    "nsigma": "top_n_sigma",
    "rep_pen": "repeat_penalty",
    "rep_pen_range": "repeat_last_n",
    "freq_pen": "frequency_penalty",
    "presence_pen": "presence_penalty",
    "mirostat_mode": "mirostat",
}

KEYS: KeyTable = {
    **same(_KEYS),
    "adaptive_target": carried(
        "adaptive_target", words=reasons.OFF_AT_ZERO, carry=quirks.carry_target
    ),
    "temp": apart("temperature", words=mark("While `dynatemp` is off. Below 0 is greedy: T 0.")),
    "dynatemp": apart(
        "temperature",
        "dynatemp_range",
        words=mark(
            "T moves between `min_temp` and `max_temp`: their middle and half their distance."
        ),
    ),
    "min_temp": apart("temperature", "dynatemp_range", words=mark("With `dynatemp`.")),
    "max_temp": apart("temperature", "dynatemp_range", words=mark("With `dynatemp`.")),
    _RANGE: carried(
        "repeat_last_n",
        words=mark("0 is none, as with llama.cpp; other back ends differ: reported."),
    ),
    "dry_penalty_last_n": carried("dry_penalty_last_n", words=reasons.ZERO_IS_ALL),
    "dry_sequence_breakers": carried("dry_sequence_breakers", words=mark("JSON inside a text.")),
    "logit_bias": carried(
        "logit_bias",
        words=mark("Entries of a token id or a word; -100 and less ban it."),
        carry=partial(quirks.carry_biases, is_tavern=True),
    ),
    "banned_tokens": carried(
        "logit_bias",
        words=mark("Lines of token ids, `[1, 2]`, or of texts: a bias of -inf."),
        carry=partial(quirks.carry_bans, has_texts=True),
    ),
    "genamt": carried("max_tokens"),
    "do_sample": carried(
        "temperature", words=mark("false is greedy: T 0."), carry=quirks.carry_switched_sampling
    ),
    "samplers": apart(
        "samplers",
        words=mark(
            "llama.cpp's order, which counts before the others. Older lists (with `tfs_z`, "
            "without `penalties`) leave out penalties and DRY, which ran first."
        ),
    ),
    "sampler_priority": apart(
        "samplers", words=mark("text-generation-webui's order, where llama.cpp's is missing.")
    ),
    "temperature_last": apart("samplers", words=mark("Puts T last, where `samplers` is missing.")),
    "sampler_order": apart(
        "samplers", words=mark("KoboldCpp's numbers, where both other orders are missing.")
    ),
    "samplers_priorities": without_place(mark("Aphrodite's order of samplers.")),
    **SHARED,
    **among("tfs", "top_a"),
    "rep_pen_slope": without_place(
        mark("Weakens the repeat penalty of tokens farther back."), 0, 1
    ),
    "rep_pen_decay": without_place(mark("Lets the repeat penalty fade with distance."), 0),
    "rep_pen_size": without_place(mark("A repeat penalty's further range."), 0),
    "encoder_rep_pen": without_place(reasons.OF_THE_PROMPT, 1),
    "skew": without_place(mark("Skews the distribution towards one end."), 0),
    "max_tokens_second": without_place(mark("The most tokens a second."), 0),
    "max_length": without_place(reasons.CONTEXT),
    "speculative_ngram": without_place(mark("Speed: speculation from the text so far."), False),
    "spaces_between_special_tokens": without_place(mark("How special tokens are spelled."), True),
    **among("n"),
    "streaming": without_place(reasons.ARRIVES, True, False),
    "include_reasoning": without_place(mark("Whether reasoning is asked for."), True, False),
    **among("negative_prompt", "grammar_string", "json_schema"),
    "custom_model": without_place(mark("Which model a server is asked for.")),
    **alike(
        mark("How a server is spoken to."),
        *("legacy_api", "bypass_status_check", "openrouter_allow_fallbacks"),
        idle=(True, False),
    ),
}

MARKS = frozenset(
    {"temp", "rep_pen", "freq_pen", "presence_pen", "typical_p", "dynatemp", "min_temp", "max_temp"}
    | {"temperature_last", "samplers", "sampler_priority", "epsilon_cutoff", "smoothing_factor"}
    | {"mirostat_mode", "rep_pen_range", "rep_pen_slope", "genamt", "tfs", "top_a", "nsigma"}
)
"""Keys by which such a file is known."""


def carry(source: Source) -> None:
    """Carry the settings of such an object over.

    Raises:
        PresetError: a value is not allowed.
    """
    quirks.carry_dynamic_temperature(source, "dynatemp", "temp", "min_temp", "max_temp")
    quirks.carry_all(source)
    quirks.settle_dry_range(source, "dry_penalty_last_n")
    if source.effective("repeat_last_n") == 0:
        for key in ("rep_pen", "freq_pen", "presence_pen"):
            source.note_if_idle(key, tr(_OVER_NONE))
    _carry_order(source)


def _carry_order(source: Source) -> None:
    """llama.cpp's order where there is one; else text-generation-webui's; else KoboldCpp's."""
    if "samplers" in source:
        names = source.names("samplers") or []
        if "tfs_z" in names and "penalties" not in names:
            names = [*_runs_first(source), *names]
        # Of steps that are none here the file has no parameters, or reports them by their own keys.
        quirks.carry_order(source, "samplers", names, had_effect=False)
        last = source.flag("temperature_last")
        order = source.get("samplers")
        is_last = isinstance(order, tuple) and order[-1:] == ("temperature",)
        if last is not None and last != is_last:
            why = tr("`samplers` counts before it, and puts temperature last.")
            if not is_last:
                why = tr(
                    "`samplers` counts before it, and puts temperature elsewhere or leaves it out."
                )
            source.lose("temperature_last", last, had_effect=False, why=why)
        elif last is not None:
            source.note("temperature_last", tr("`samplers` says the same."))
        _pass_over(source, "sampler_priority", source.consume("sampler_priority"))
    elif "sampler_priority" in source or "temperature_last" in source:
        quirks.carry_webui_order(source)
        quirks.run_adaptive(source, "adaptive_target")
    elif "sampler_order" in source:
        quirks.carry_kobold_order(source, "sampler_order")
        quirks.run_adaptive(source, "adaptive_target")
    _pass_over(source, "sampler_order", source.consume("sampler_order"))
    if source.get("samplers") is not None:
        _pass_over(source, "samplers_priorities", source.consume("samplers_priorities"))


def _runs_first(source: Source) -> list[str]:
    """What of penalties and DRY is on: older lists leave both out, and both ran before all else."""
    return [
        step
        for step, is_on in (
            ("penalties", quirks.has_penalty(source)),
            ("dry", bool(source.get("dry_multiplier"))),
        )
        if is_on
    ]


def _pass_over(source: Source, key: str, value: object) -> None:
    if value is not None:
        why = tr("An order for another backend; another one of the file's is taken.")
        source.lose(key, value, had_effect=False, why=why)


def write(preset: Preset) -> Exported:
    """The preset as such a file."""
    target = Target(preset, PROGRAM)
    values: dict[str, object] = quirks.give_dynamic_temperature(
        target, "dynatemp", "temp", "min_temp", "max_temp"
    )
    values.setdefault("dynatemp", False)
    values |= {key: target.give(field) for key, field in _KEYS.items()}
    if preset.sampling.top_n_sigma < 0:
        values["nsigma"] = 0
    values["dry_sequence_breakers"] = json.dumps(
        target.give("dry_sequence_breakers"), ensure_ascii=False
    )
    biases = [(f"[{token}]", bias) for token, bias in quirks.give_biases(target).items()]
    for form, bias in quirks.give_words(target):
        biases += [(shown, bias) for shown in quirks.braced(form)]
    values["logit_bias"] = [{"text": shown, "value": bias} for shown, bias in biases]
    values["genamt"] = target.give("max_tokens")
    target.order_by_llama_names()
    order = to_llama_names(preset.sampling)
    values["samplers"] = order
    values["temperature_last"] = order[-1:] == ["temperature"]
    quirks.give_dry_range(target)
    quirks.lose_zero_target(target)
    return target.exported_json(values, indent=4)


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, carry=carry, write=write)
