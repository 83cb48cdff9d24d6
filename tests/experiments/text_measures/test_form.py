"""Whether a text has a form."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from studio.experiments.text_measures.form import (
    FormError,
    SlowPatternError,
    fenced,
    parses,
    pattern_of,
    schema_check,
    whole_lines,
)

PERSON = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


@pytest.mark.parametrize(
    ("code", "language", "is_program"),
    [
        ("def f(n):\n    return n + 1\n", "python", True),
        ("def f(n:\n    return n\n", "python", False),
        ("# nothing but words\n", "python", False),
        ("", "python", False),
        ("let x = (a) => a + 1;\n", "javascript", True),
        ("let x = ;\n", "javascript", False),
        ("def f(n):\n    return n\n", "javascript", False),
    ],
)
def test_code_parses_or_does_not(code: str, language: str, is_program: bool) -> None:
    assert parses(code, language) is is_program


def test_what_stands_between_backticks() -> None:
    assert fenced("Here:\n```python\nx = 1\n```\nThere.") == "x = 1\n"
    assert fenced("```\nx = 1") == "x = 1"
    assert fenced("x = 1") == "x = 1"


def test_whole_lines() -> None:
    assert whole_lines("a\nb\nc") == "a\nb\n"
    assert whole_lines("a") == ""


@pytest.mark.parametrize(
    ("text", "is_held"),
    [
        ('{"age": 3}', True),
        ('Of course:\n```json\n{"age": 3}\n```', True),
        ('{"age": "3"}', False),
        ("{}", False),
        ('{"age": 3', False),
        ("NaN", False),
        ("[" * 100_000, False),
    ],
)
def test_json_is_as_its_schema_asks(text: str, is_held: bool) -> None:
    assert schema_check(PERSON)(text) is is_held


def test_a_schema_may_refer_to_itself_and_to_nothing_else() -> None:
    tree = {"$ref": "#/$defs/node", "$defs": {"node": {"items": {"$ref": "#/$defs/node"}}}}
    assert schema_check(tree)("[[], []]")
    with pytest.raises(FormError, match=r"refers to “http://127.0.0.1/x”"):
        schema_check({"properties": {"a": {"$ref": "http://127.0.0.1/x"}}})


SLOW = "(a|aa)+$"


@pytest.mark.parametrize(
    "check",
    [
        pattern_of(f"(?i){SLOW}"),
        schema_check({"items": {"pattern": SLOW}}),
        schema_check({"items": {"additionalProperties": False, "patternProperties": {SLOW: {}}}}),
    ],
)
def test_what_would_be_looked_for_for_hours_is_given_up_in_any_thread(
    check: Callable[[str], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.experiments.text_measures.form._SECONDS", 0.05)
    text = "a" * 60 + "b"
    looked_for = text if check("a") else json.dumps([text, {text: 1}])
    with ThreadPoolExecutor(1) as other, pytest.raises(SlowPatternError):
        other.submit(check, looked_for).result()


def test_properties_are_named_or_have_a_pattern() -> None:
    holds = schema_check(
        {
            "properties": {"name": {"type": "string"}},
            "patternProperties": {"^n": {"maxLength": 3}},
            "additionalProperties": {"type": "integer"},
        }
    )
    assert holds('{"name": "Ann", "no": "one", "age": 3}')
    assert not holds('{"name": "Anna"}')
    assert not holds('{"age": "three"}')
    assert not schema_check({"additionalProperties": False})('{"a": 1}')


def test_no_schema_and_no_pattern_are_refused() -> None:
    with pytest.raises(FormError, match="no JSON schema"):
        schema_check({"type": "thing"})
    with pytest.raises(FormError, match="no regular expression"):
        pattern_of("(")
