"""Anything at all in the forms that are read: taken with every key reported, or refused."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.presets import PresetDocument, PresetError
from studio.presets.foreign import Imported, import_bytes
from studio.presets.foreign.formats import KEY_TABLES

KEYS = [
    *sorted({key for table in KEY_TABLES.values() for key in table}),
    *("options", "parameters", "operation", "load", "fields", "inference_params", "savedsettings"),
    *("sampling", "format_version", "name", "identifier", "story_string", "api_key", "hf_token"),
]
SECRET = "sk-not-to-be-seen-1234"

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.floats(allow_nan=False,
    allow_infinity=False), st.sampled_from(["", "x", "0.7", "[1, 2]", "a\nb", "{{char}}", SECRET]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8)
WORDS = st.sampled_from(
    ["FROM x", "PARAMETER", "temperature", "stop", "SYSTEM", '"', '"""', "--temp", "--top_k", "-n",
     "--api-key", SECRET, "0.7", "-1", "nan", "[a]", "temp", "=", ";", "#", "top-k", ":", "-",
     "temperature:", "sampler_priority: |-", "config:", "  fields:", "\t", " ", "\r\n", "none",
     "--dry-sequence-breaker", "--logit-bias", "7-3", "--samplers", "top_k;xyz", "base:", "é"]
)  # fmt: skip
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", "\n", "\n", ""])), max_size=16).map(
    lambda pairs: "".join(word + between for word, between in pairs)
)


def taken(text: str, *, absent: bool) -> tuple[Imported, ...]:
    """What a file becomes; nothing where it is refused, in so many words."""
    try:
        return import_bytes(text.encode(), "stem", absent=absent)
    except PresetError as error:
        refusal = str(error)
    assert 0 < len(refusal) < 2000
    return ()


def check(found: Imported) -> None:
    """It can be saved and read again, and says why of whatever does nothing or is lost."""
    document = found.document
    assert PresetDocument.read(document.to_bytes()).preset == document.preset
    for entry in found.not_carried:
        assert entry.why
        msgspec.json.encode(entry.key)
    for carried in found.carried:
        assert carried.fate in ("carried", "idle")
        assert carried.acts or carried.why


@settings(max_examples=150)
@given(OBJECTS, st.booleans())
def test_any_object_is_taken_whole_or_refused(values: dict[str, Any], absent: bool) -> None:
    for found in taken(json.dumps(values), absent=absent):
        check(found)


@settings(max_examples=150)
@given(TEXTS, st.booleans())
def test_any_text_is_taken_whole_or_refused(text: str, absent: bool) -> None:
    for found in taken(text, absent=absent):
        check(found)


@given(OBJECTS)
def test_a_secret_under_its_key_goes_nowhere(values: dict[str, Any]) -> None:
    kept = {key: value for key, value in values.items() if SECRET not in json.dumps(value)}
    for key in ("api_key", "hf_token", "--api-key", "proxyPassword", "Authorization"):
        for found in taken(json.dumps({**kept, key: SECRET}), absent=True):
            assert SECRET not in repr(found)
