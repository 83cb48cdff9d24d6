"""Whether a text has a form: code that parses, a pattern, JSON that a schema allows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from studio.translation import tr

if TYPE_CHECKING:
    from tree_sitter import Parser

LANGUAGES = ("python", "javascript")
"""Those whose grammars come with the program."""

_FENCED = re.compile(r"^```[^\n]*\n(.*?)(?:^```|\Z)", re.DOTALL | re.MULTILINE)
_FENCE = re.compile("^```", re.MULTILINE)
_SECONDS = 1.0
"""For which a pattern may be looked for in a text."""

_INSIDE = "#"
"""With which a reference begins that stays within its schema."""


class FormError(ValueError):
    """A pattern or schema that is none; the message says why."""


class SlowPatternError(Exception):
    """A pattern takes too long on a text."""


def fenced(text: str) -> str:
    """Return the first block between lines of three backticks, or the whole text without one."""
    block = _FENCED.search(text)
    return block[1] if block else text


def before_fence(text: str) -> str:
    """Return a text up to the first line that begins with three backticks: there code ends."""
    fence = _FENCE.search(text)
    return text[: fence.start()] if fence else text


def whole_lines(text: str) -> str:
    """Return a text without its last line, which something cut short."""
    return text[: text.rfind("\n") + 1]


def parses(code: str, language: str) -> bool:
    """Whether code is a whole program: its tree has no node of an error, and none is missing.

    The tree is tree-sitter's (https://tree-sitter.github.io), whose grammars accept a little more
    than compilers do: names need not be defined, a block may be empty, Python's old print
    statement passes. What has no statement at all does not pass.

    Args:
        code: The program.
        language: One of `LANGUAGES`.
    """
    root = _parser(language).parse(code.encode("utf-8", errors="replace")).root_node
    has_code = any(child.type != "comment" for child in root.children)
    return has_code and not root.has_error


@cache
def _parser(language: str) -> Parser:
    from tree_sitter import Language, Parser

    if language == "javascript":
        import tree_sitter_javascript

        return Parser(Language(tree_sitter_javascript.language()))
    import tree_sitter_python

    return Parser(Language(tree_sitter_python.language()))


def pattern_of(expression: str) -> Callable[[str], bool]:
    """Return what says whether a pattern is found in a text.

    It gives up, with `SlowPatternError`, on what would take hours: Python's own expressions cannot
    be stopped but by a signal, which not every system and no other thread has.

    Raises:
        FormError: It is no regular expression of Python.
    """
    import regex  # only where there is a pattern

    try:
        pattern = regex.compile(expression)
    except (regex.error, RecursionError, OverflowError) as error:
        raise FormError(tr("it is no regular expression: {why}", why=error)) from error

    def is_found(text: str) -> bool:
        try:
            return pattern.search(text, timeout=_SECONDS) is not None
        except TimeoutError as error:
            raise SlowPatternError(expression) from error

    return is_found


def schema_check(schema: Mapping[str, object]) -> Callable[[str], bool]:
    """Return what says whether a text is JSON that a schema allows, alone or in a fenced block.

    JSON Schema (https://json-schema.org), of the draft that its `$schema` names, 2020-12 where it
    names none.

    What is returned raises `SlowPatternError` where a pattern of the schema takes too long.

    Raises:
        FormError: The schema is none, or refers to another one, which is not looked for.
    """
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.validators import extend, validator_for
    from referencing import Registry

    outside = [it for it in _references(schema) if not it.startswith(_INSIDE)]
    if outside:
        words = tr("it refers to “{place}”; allowed are places in itself", place=outside[0])
        raise FormError(words)
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise FormError(tr("it is no JSON schema: {why}", why=error.message)) from error
    limited = extend(
        kind,
        {
            "pattern": _pattern,
            "patternProperties": _pattern_properties,
            "additionalProperties": _additional_properties,
        },
    )
    validator = limited(schema, registry=Registry())  # one that fetches nothing

    def is_held(text: str) -> bool:
        try:
            value = json.loads(fenced(text), parse_constant=_refuse)
            return bool(validator.is_valid(value))
        except (ValueError, RecursionError):
            return False

    return is_held


def _pattern(validator: Any, pattern: str, value: object, _schema: object) -> Iterator[object]:
    """Jsonschema's keyword, with a limit."""
    from jsonschema import ValidationError

    if isinstance(value, str) and not _cached_pattern(pattern)(value):
        yield ValidationError(pattern)


def _pattern_properties(
    validator: Any, patterns: Mapping[str, object], value: object, _schema: object
) -> Iterator[object]:
    """The same."""
    if isinstance(value, dict):
        for pattern, inner in patterns.items():
            for name, one in value.items():
                if _cached_pattern(pattern)(name):
                    yield from validator.descend(one, inner, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, inner: object, value: object, schema: Mapping[str, Any]
) -> Iterator[object]:
    """The same, for those that neither `properties` nor a pattern names."""
    from jsonschema import ValidationError

    if not isinstance(value, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, one in value.items():
        if name in named or any(_cached_pattern(pattern)(name) for pattern in patterns):
            continue
        if isinstance(inner, Mapping):
            yield from validator.descend(one, inner, path=name)
        elif not inner:
            yield ValidationError(name)


_cached_pattern = lru_cache(100)(pattern_of)


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _references(value: object) -> list[str]:
    """All places that a schema refers to."""
    if isinstance(value, Mapping):
        own = [it for key in ("$ref", "$dynamicRef") if isinstance(it := value.get(key), str)]
        return own + [it for inner in value.values() for it in _references(inner)]
    if isinstance(value, list):
        return [it for inner in value for it in _references(inner)]
    return []
