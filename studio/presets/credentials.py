"""Which keys of strangers' files hold a password, a key or a token, and values without them.

Nothing of such a key but its name is shown, written or sent on.
"""

from __future__ import annotations

import re

from studio.translation import mark

HIDDEN = "…"
"""Stands for a value that is not shown."""
NEVER = mark("A password, a key or a token: never shown, and not kept.")
"""What is said of one."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset(
    {"password", "passwords", "passwd", "passphrase", "pwd", "secret", "secrets", "credential"}
    | {"credentials", "authorization", "auth", "bearer", "cookie", "cookies", "apikey", "apikeys"}
    | {"headers", "header"}
)
_KEYS = frozenset({"key", "keys"})
_TOKENS = frozenset({"token", "tokens"})
_OF_THE_MODEL = frozenset(
    {"add", "audio", "ban", "banned", "begin", "bos", "budget", "class", "cls", "context"}
    | {"control", "custom", "decoder", "draft", "end", "eos", "eot", "first", "ignore", "image"}
    | {"last", "mask", "max", "min", "new", "next", "num", "other", "pad", "per", "prefix", "skip"}
    | {"sep", "special", "start", "stop", "suffix", "suppress", "think", "unk", "video", "word"}
)
"""Words before or behind “token” that speak of the model's tokens: `max_tokens`, `bos_token`."""
_ALONE = frozenset({"hft", "genkey"})
"""Short names of programs: llama.cpp's `-hft` is a token of Hugging Face's."""

_IN_TEXT = re.compile(
    r"(?<=://)[^/\s@]+@"  # the user and the password in an address
    r"|\b(?:sk|pk|hf|gh[pousr]|xai|gsk|nai|pst|glpat)[-_][A-Za-z0-9_-]{12,}"
    r"|(?i:\bbearer\s+)\S+"
    r"|(?<=[?&])(?i:key|token|api_key|apikey|access_token)=[^&\s]+"
)
"""What looks like one within a text of another key."""


def is_secret(key: str) -> bool:
    """Whether a key by its name holds something that is nobody else's business.

    `max_tokens`, `add_bos_token` and `banned_tokens` speak of a model's tokens, and are none.
    """
    words = [word.lower() for word in _WORDS.findall(key)]
    if _SECRET_WORDS & set(words) or "".join(words) in _ALONE:
        return True
    if _KEYS & set(words) or any(word.endswith(("apikey", "password")) for word in words):
        return True
    return bool(_TOKENS & set(words)) and not _OF_THE_MODEL & set(words) and "id" not in words


def without_secrets(key: str, value: object) -> object:
    """`value` as it may be shown: what is secret by its key or by its look is `HIDDEN`.

    Args:
        key: The key in the file.
        value: What was found.
    """
    if is_secret(key) and not isinstance(value, (bool, int, float)) and value not in (None, ""):
        return HIDDEN
    return _cleaned(value)


def _cleaned(value: object) -> object:
    match value:
        case str():
            return _IN_TEXT.sub(HIDDEN, value)
        case {"token": _, "bias": _}:
            return value  # a token of a model's
        case dict():
            return {
                key: without_secrets(key if isinstance(key, str) else "", entry)
                for key, entry in value.items()
            }
        case list() | tuple():
            return [_cleaned(entry) for entry in value]
    return value
