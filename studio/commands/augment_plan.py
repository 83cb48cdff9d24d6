"""A plan file of `augment`: the command's own options, as TOML."""

import argparse
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from studio.experiments.augmentation.errors import AugmentationError
from studio.regular_file import read_regular_file
from studio.visible_text import visible_line, visible_path

_MOST_BYTES = 2**20
_FILES = ("prompts", "out", "model", "json-schema", "folder")
"""Options whose files are found from the plan's own folder."""
_WHOLE = re.compile("0|-?[1-9][0-9]{0,17}")


def plan_options(path: Path) -> list[str]:
    """The options that a plan file has, as they would stand on the command line.

    Raises:
        AugmentationError: It cannot be read, or is no plan.
    """
    name = visible_path(path)
    try:
        plan = tomllib.loads(read_regular_file(path, _MOST_BYTES)[0].decode())
    except OSError as error:
        raise AugmentationError(f"“{name}” cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise AugmentationError(f"“{name}” is no TOML: {error}") from error
    options: list[str] = []
    for key, value in plan.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool):
                options += [f"--{key}"] if one else []
            elif isinstance(one, str | int | float):
                text = str(path.parent / str(one)) if key in _FILES else str(one)
                # In one word: the value may begin with a hyphen.
                options.append(f"--{key}={text}")
            else:
                raise AugmentationError(
                    f"“{name}”: {visible_line(key)} is a table or a date; allowed are texts, "
                    "numbers, true, false and lists of these"
                )
    return options


def given_options(parser: argparse.ArgumentParser, words: Sequence[str]) -> dict[str, list[str]]:
    """What was given on a command line, by the long names of the options.

    Args:
        parser: Has accepted it; it knows no abbreviations and no arguments but options.
        words: The command line.
    """
    found: dict[str, list[str]] = {}
    waiting = iter(words)
    for word in waiting:
        action = parser._option_string_actions.get(word)
        if action is not None:
            value = "true" if action.nargs == 0 else next(waiting)
        else:
            name, equals, value = word.partition("=")
            if not (equals and name in parser._option_string_actions):
                name, value = word[:2], word[2:]  # -n5
            action = parser._option_string_actions[name]
        key = max(action.option_strings, key=len).removeprefix("--")
        if isinstance(action, argparse._AppendAction | argparse._ExtendAction):
            found.setdefault(key, []).append(value)
        else:
            found[key] = [value]
    return found


def plan_text(options: Mapping[str, Sequence[str]], folder: Path) -> str:
    """A plan file of options.

    Args:
        options: Their values by their names, without the hyphens.
        folder: Where it is to lie.
    """
    lines = ["# Written by Kelvin Studio with the rows: kelvin-studio augment --plan FILE"]
    for key, values in options.items():
        if key in _FILES:
            values = [_relative(value, folder) for value in values]
        texts = [_toml(value) for value in values]
        lines.append(f"{key} = {texts[0] if len(texts) == 1 else '[' + ', '.join(texts) + ']'}")
    return "\n".join(lines) + "\n"


def _relative(name: str, folder: Path) -> str:
    try:
        return os.path.relpath(name, folder)
    except ValueError:  # on another drive
        return str(Path(name).absolute())


def _toml(text: str) -> str:
    if text == "true" or _WHOLE.fullmatch(text):
        return text
    # A text of JSON is one of TOML, but for what JSON leaves as it is.
    return json.dumps(text).replace("\x7f", "\\u007f")
