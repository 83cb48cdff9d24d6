"""SillyTavern's chat-completion presets: sampling for servers of the OpenAI style, and prompts."""

from __future__ import annotations

from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format
from studio.presets.foreign.keys import KeyTable, alike, among, carried, itself, same, without_place
from studio.presets.foreign.source import Source
from studio.translation import mark, tr

PROGRAM = mark("SillyTavern chat completion")

_KEYS = {
    **itself("frequency_penalty", "presence_penalty", "top_p", "top_k", "min_p", "seed"),
    "repetition_penalty": "repeat_penalty",
}
_OLDER = {
    "freq_pen_openai": "frequency_penalty",
    "pres_pen_openai": "presence_penalty",
    "top_p_openai": "top_p",
    "top_k_openai": "top_k",
    "min_p_openai": "min_p",
    "repetition_penalty_openai": "repeat_penalty",
}
"""As its settings file calls them, and T `temp_openai`."""
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


def _carry_main(source: Source, key: str) -> None:
    """The main prompt, which SillyTavern sends as the system message."""
    prompts = source.consume(key)
    if not isinstance(prompts, list):
        if prompts is not None:
            source.lose(key, prompts)
        return
    others = []
    for prompt in prompts:
        text = prompt.get("content") if isinstance(prompt, dict) else None
        if not isinstance(text, str) or not text:
            continue
        if prompt.get("identifier") == "main":
            source.set_system_message(text, key)
            quirks.note_macros(source, key, text)
        else:
            others.append(text)
    if others:
        source.lose(key, others, why=tr(_PROMPT))


KEYS: KeyTable = {
    "temperature": carried("temperature", words=mark("Below 0 is greedy: T 0.")),
    "temp_openai": carried("temperature"),
    **same(_OLDER),
    **same(_KEYS),
    "openai_max_tokens": carried("max_tokens"),
    "prompts": carried(
        "system_message",
        words=mark("The text of `main`, with its macros as they stand; the others are listed."),
        carry=_carry_main,
    ),
    **alike(reasons.TOP_A, "top_a", "top_a_openai", idle=(0,)),
    "openai_max_context": without_place(reasons.CONTEXT),
    "max_context_unlocked": without_place(reasons.CONTEXT, False),
    **among("n"),
    "prompt_order": without_place(_PROMPT),
    "assistant_prefill": without_place(
        mark("How the answer begins; the manuscript says it here."), ""
    ),
    "reasoning_effort": without_place(reasons.THINKS_LONG, "auto"),
    "stream_openai": without_place(reasons.ARRIVES, True, False),
    **alike(_SERVER, *_OF_SERVERS, idle=(False, "")),
    **alike(reasons.MODEL, *(f"{maker}_model" for maker in _MAKERS)),
    **alike(_PROMPT, *_PROMPTS, idle=("", False)),
}

MARKS = frozenset({"openai_max_tokens", "openai_max_context", "chat_completion_source"}) | (
    _OLDER.keys() | {"temp_openai", "prompt_order"}
)
"""Keys that no other program's presets have."""

FORMAT = Format(program=PROGRAM, keys=KEYS)
