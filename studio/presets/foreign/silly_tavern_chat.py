"""SillyTavern's chat-completion presets: sampling for servers of the OpenAI style, and prompts."""

from __future__ import annotations

from collections.abc import Mapping

from studio.presets.foreign.keys import KeyTable, carried, same, without_place
from studio.presets.foreign.quirks import BELOW_ZERO, note_macros
from studio.presets.foreign.source import Imported, Source
from studio.translation import mark, tr

PROGRAM = mark("SillyTavern chat completion")

_KEYS = {
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "repetition_penalty": "repeat_penalty",
    "seed": "seed",
}
_OLDER = {
    "temp_openai": "temperature",
    "freq_pen_openai": "frequency_penalty",
    "pres_pen_openai": "presence_penalty",
    "top_p_openai": "top_p",
    "top_k_openai": "top_k",
    "min_p_openai": "min_p",
    "repetition_penalty_openai": "repeat_penalty",
}
"""As its settings file calls them."""
_MAKERS = (
    *("openai", "claude", "windowai", "openrouter", "ai21", "mistralai", "cohere", "perplexity"),
    *("groq", "zerooneai", "blockentropy", "google", "vertexai", "custom", "deepseek", "xai"),
)
_OF_SERVERS = (
    *("chat_completion_source", "reverse_proxy", "custom_url", "custom_include_body"),
    *("custom_exclude_body", "openrouter_use_fallback", "openrouter_force_instruct"),
    *("openrouter_group_models", "openrouter_sort_models", "openrouter_providers"),
    *("openrouter_allow_fallbacks", "custom_prompt_post_processing", "api_url_scale"),
    *("show_external_models", "bypass_status_check", "use_alt_scale", "function_calling"),
    *("image_inlining", "inline_image_quality", "websearch_cohere", "use_makersuite_sysprompt"),
)
_PROMPTS = (
    *("impersonation_prompt", "new_chat_prompt", "new_group_chat_prompt", "wi_format"),
    *("new_example_chat_prompt", "continue_nudge_prompt", "scenario_format"),
    *("personality_format", "group_nudge_prompt", "send_if_empty", "wrap_in_quotes"),
    *("names_behavior", "jailbreak_system", "bias_preset_selected", "assistant_impersonation"),
    *("human_sysprompt_message", "claude_use_sysprompt", "squash_system_messages"),
    *("continue_prefill", "continue_postfix"),
)
_SERVER = mark("How a server is spoken to, and no setting.")
_PROMPT = mark("A prompt that SillyTavern puts together; the studio has one system message.")

KEYS: KeyTable = {
    "temperature": carried("temperature", words=mark("Below 0 is greedy: T 0.")),
    **same(_KEYS),
    **same(_OLDER),
    "openai_max_tokens": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "prompts": carried(
        "system_message",
        "prompt_format",
        words=mark("The text of `main`, with its macros as they stand; the others are listed."),
    ),
    "top_a": without_place(mark("Cuts below a share of the best token's squared probability."), 0),
    "top_a_openai": without_place(
        mark("Cuts below a share of the best token's squared probability."), 0
    ),
    "openai_max_context": without_place(mark("The size of the context: see Model options.")),
    "max_context_unlocked": without_place(
        mark("The size of the context: see Model options."), False
    ),
    "n": without_place(mark("Several answers at once; the studio has takes."), 1),
    "prompt_order": without_place(_PROMPT),
    "assistant_prefill": without_place(
        mark("How the answer begins; the manuscript says it here."), ""
    ),
    "reasoning_effort": without_place(mark("How long the model thinks."), "auto"),
    "stream_openai": without_place(mark("How the answer arrives."), True, False),
    **dict.fromkeys(_OF_SERVERS, without_place(_SERVER, False, "")),
    **dict.fromkeys(
        (f"{maker}_model" for maker in _MAKERS),
        without_place(mark("The model: see Model › Open model.")),
    ),
    **dict.fromkeys(_PROMPTS, without_place(_PROMPT, "", False)),
}

MARKS = frozenset({"openai_max_tokens", "openai_max_context", "chat_completion_source"}) | (
    _OLDER.keys() | {"prompt_order"}
)
"""Keys that no other program's presets have."""


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in such an object.

    Args:
        values: The object.
        name: What to call it.
        absent: Whether what the file is silent on is as SillyTavern has it: neutral.

    Raises:
        PresetError: a value is not allowed.
    """
    source = Source(values, KEYS)
    source.carry_temperature("temperature", "temp_openai", below_zero=tr(BELOW_ZERO))
    source.carry({key: field for key, field in _OLDER.items() if key != "temp_openai"})
    source.carry(_KEYS)
    source.carry_max_tokens("openai_max_tokens")
    _carry_main(source)
    return source.imported(name, PROGRAM)


def _carry_main(source: Source) -> None:
    """The main prompt, which SillyTavern sends as the system message."""
    prompts = source.consume("prompts")
    if not isinstance(prompts, list):
        if prompts is not None:
            source.lose("prompts", prompts)
        return
    others = []
    for prompt in prompts:
        text = prompt.get("content") if isinstance(prompt, dict) else None
        if not isinstance(text, str) or not text:
            continue
        if prompt.get("identifier") == "main":
            source.set_system_message(text, "prompts")
            note_macros(source, "prompts", text)
        else:
            others.append(text)
    if others:
        source.lose("prompts", others, why=tr(_PROMPT))
