"""YAML, as little of it as presets need: a mapping of plain values, bounded; no aliases, no types.

The library's own constructor would expand aliases, make dates of texts and let numbers grow without
bound; here its parser gives the nodes, and their values are made by this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from studio.presets.bounded_json import FINITE_NUMBER, check_values, twice
from studio.presets.errors import PresetError, refused, too_deep, too_long, too_many_values
from studio.translation import tr

_DEEPEST = 8
_MOST_EVENTS = 20_000
_LONGEST = 256 * 1024
_WHOLE = re.compile(r"[-+]?\d{1,18}")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys(("null", "~", ""), None),
}
_MANY_DIGITS = re.compile(r"[-+]*[0-9]{41,}")
_NO_NUMBER = re.compile(r"[-+]?\.?(nan|inf|infinity)", re.IGNORECASE)


def read_yaml(text: str) -> dict[str, object]:
    """The mapping that `text` is.

    Raises:
        PresetError: no YAML, no mapping, or more of it than presets need.
    """
    if len(text) > _LONGEST:
        raise too_long(len(text), _LONGEST)
    try:
        _check(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        words = tr("It is not valid YAML. Mend it there.")
        if place := getattr(error, "problem_mark", None):
            words = tr(
                "It is not valid YAML, line {line}, column {column}. Mend it there.",
                line=place.line + 1,
                column=place.column + 1,
            )
        raise PresetError(words) from error
    if not isinstance(node, yaml.MappingNode):
        raise PresetError(tr("Found no keys; allowed is a mapping: key: value."))
    values = _mapping(node, "")
    check_values(values)
    return values


def write_yaml(values: Mapping[str, object]) -> str:
    """A mapping as YAML, in its order."""
    text: str = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=1000)
    return text


def _check(text: str) -> None:
    """Bound depth and size before anything recurses."""
    depth = 0
    field = ""
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            words = tr("Found an anchor or an alias; allowed are plain values.")
            raise PresetError(words, field)
        if tag := getattr(event, "tag", None):
            words = tr("Found the tag {tag!r}; allowed are plain values.", tag=tag[:60])
            raise PresetError(words, field)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent) and depth == 1:
            field = event.value[:60]
        if depth > _DEEPEST:
            raise too_deep(field, _DEEPEST)
        if count > _MOST_EVENTS:
            raise too_many_values(_MOST_EVENTS)


def _mapping(node: yaml.MappingNode, field: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None:
            raise refused(field or tr("a key"), tr("a collection"), tr("a text"))
        inside = f"{field}.{key}" if field else key
        if key in values:
            raise twice(inside)
        values[key] = _value(value_node, inside)
    return values


def _value(node: yaml.Node, field: str) -> object:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, field)
    if isinstance(node, yaml.SequenceNode):
        return [_value(entry, f"{field}[{index}]") for index, entry in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    text: str = node.value
    if node.style is not None:  # in quotation marks, or a block
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NO_NUMBER.fullmatch(text) or _MANY_DIGITS.fullmatch(text):
        raise refused(field, text, tr(FINITE_NUMBER))
    if _NUMBER.fullmatch(text) and len(text) < 400:
        return float(text)
    return text
