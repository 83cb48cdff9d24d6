"""Hugging Face's `generation_config.json`: how a model is meant to be sampled."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio.presets.foreign.keys import SHARED, KeyTable, carried, same, without_place
from studio.presets.foreign.source import Imported, Source
from studio.translation import mark, tr

PROGRAM = mark("Hugging Face generation config")

_KEYS = {
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "typical_p": "typical_p",
    "repetition_penalty": "repeat_penalty",
}
_ORDER = (
    "penalties", "temperature", "top_k", "top_p", "min_p", "typical_p", "dry", "top_n_sigma", "xtc",
)  # fmt: skip
"""Its own: temperature runs before the filters. The last three it does not have."""

ABSENT: Mapping[str, object] = {"top_k": 50, "repeat_last_n": -1, "samplers": _ORDER}
"""What Transformers takes where a file is silent, where it is another than the neutral value."""
_IDS = mark("Which of the model's tokens mean what; the model's file says it.")
_CACHE = mark("Speed and memory: see Model options.")

KEYS: KeyTable = {
    "do_sample": carried(
        "temperature",
        words=mark("false is greedy: T 0. So is a file without it, as Transformers has it."),
    ),
    "temperature": carried(
        "temperature", words=mark("While `do_sample` is on. Below 0 is left out.")
    ),
    **same(_KEYS),
    "repetition_penalty": carried(
        "repeat_penalty", "repeat_last_n", words=mark("Over the whole text: -1 tokens.")
    ),
    "max_new_tokens": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "stop_strings": carried("stop", words=mark("A list, or one text.")),
    "suppress_tokens": carried("logit_bias", words=mark("Token ids: a bias of -inf each.")),
    "bad_words_ids": carried(
        "logit_bias",
        words=mark("Lists of token ids; those of one id get a bias of -inf, others are listed."),
    ),
    **SHARED,
    "max_length": without_place(mark("Tokens of prompt and answer together."), 20),
    "top_h": without_place(mark("Cuts by a share of the entropy.")),
    "num_return_sequences": without_place(
        mark("Several answers at once; the studio has takes."), 1
    ),
    "num_beam_groups": without_place(mark("Beam search instead of sampling."), 1),
    "diversity_penalty": without_place(mark("Beam search instead of sampling."), 0),
    "encoder_repetition_penalty": without_place(mark("Favours tokens of the prompt."), 1),
    "sequence_bias": without_place(mark("Biases of sequences of tokens.")),
    "begin_suppress_tokens": without_place(mark("Token ids that an answer cannot begin with.")),
    "forced_decoder_ids": without_place(mark("How an answer begins.")),
    "min_new_tokens": without_place(mark("No end before so many tokens."), 0),
    **dict.fromkeys(
        (
            *("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"),
            *("forced_bos_token_id", "forced_eos_token_id"),
        ),
        without_place(_IDS),
    ),
    "use_cache": without_place(_CACHE, True, False),
    "cache_implementation": without_place(_CACHE),
    "transformers_version": without_place(mark("Which version wrote the file.")),
    "_from_model_config": without_place(mark("Where the file comes from."), True, False),
    "_name_or_path": without_place(mark("The model: see Model › Open model.")),
    "chat_format": without_place(
        mark("How a prompt is written; the studio takes the model's template.")
    ),
    "trust_remote_code": without_place(
        mark("Whether code of strangers may run; here none does."), False
    ),
}
_NO_SAY = (
    *("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "max_length"),
    *("transformers_version", "use_cache", "_from_model_config"),
)
"""Keys that have no say in how a token is drawn, and are reported as such."""

MARKS = frozenset(
    {"transformers_version", "_from_model_config", "eos_token_id", "bos_token_id", "pad_token_id"}
    | {"decoder_start_token_id"}
)
"""Keys that no other program's presets have."""


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in such an object.

    Args:
        values: The object.
        name: What to call it.
        absent: Whether what the file is silent on is as Transformers has it: above all
            `do_sample`, which is false.

    Raises:
        PresetError: a value is not allowed.
    """
    samples = values.get("do_sample")
    own = ABSENT if samples is not None else {**ABSENT, "temperature": 0.0}
    source = Source(values, KEYS, absent=own if absent else None)
    if source.flag("do_sample") is False:
        source.set("temperature", 0.0, "do_sample")
        if "temperature" in source:
            why = tr("With do_sample false the best token is taken: T 0.")
            source.lose("temperature", source.number("temperature"), had_effect=False, why=why)
    elif samples is None and absent and "temperature" in source:
        source.number("temperature")
        source.set("temperature", 0.0, "temperature")
        words = tr("do_sample is missing, and false there: greedy, T 0.")
        source.note("temperature", words)
    else:
        source.carry_temperature("temperature", below_zero="")
    source.carry(_KEYS)
    if source.get("repeat_penalty") is not None:
        source.set("repeat_last_n", -1, "repetition_penalty")
    source.carry_max_tokens("max_new_tokens")
    source.carry_stops("stop_strings")
    _carry_bans(source)
    for key in _NO_SAY:
        if key in source:
            source.lose(key, source.consume(key), had_effect=False)
    return source.imported(name, PROGRAM)


def _carry_bans(source: Source) -> None:
    for key in ("suppress_tokens", "bad_words_ids"):
        biases: dict[int, float] = {}
        found = source.consume(key)
        if found is None:
            continue
        if not isinstance(found, list):
            source.lose(key, found)
            continue
        for entry in found:
            ids = entry if isinstance(entry, list) else [entry]
            is_one = len(ids) == 1 and isinstance(ids[0], int) and not isinstance(ids[0], bool)
            if is_one and 0 <= ids[0] < 2**31:
                biases[ids[0]] = -math.inf
            else:
                source.lose(key, entry, why=tr("A sequence of tokens cannot be banned here."))
        source.add_biases(biases, key)
