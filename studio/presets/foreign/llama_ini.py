"""llama-server's presets: an `.ini` with a section for each model, keys as arguments are called."""

from __future__ import annotations

import re

from msgspec.structs import replace

from studio.presets.errors import NothingCarriedError, PresetError, shown
from studio.presets.foreign import llama_args
from studio.presets.foreign.llama_args import own_flag
from studio.presets.foreign.source import Imported, NotCarried
from studio.translation import mark, tr

PROGRAM = mark("llama.cpp server preset")

_SECTION = re.compile(r"\[([^\]\r\n]+)\][ \t]*(?:[;#].*)?")
_PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*(.*)")
_MARK = re.compile(r"[;#]")
_FOR_ALL = "*"
_UNNAMED = "default"
_CUT = mark("llama.cpp takes what stands behind ; or # for a comment.")


def is_ini(text: str) -> bool:
    """Whether some line sets an argument as such a file does, and none is anything else."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and line[0] not in ";#"]
    if not lines or not all(_SECTION.fullmatch(it) or _PAIR.fullmatch(it) for it in lines):
        return False
    pairs = (found for line in lines if (found := _PAIR.fullmatch(line)))
    return any(_flag(pair[1]) in llama_args.KEYS for pair in pairs)


def read(text: str, name: str, *, absent: bool) -> tuple[Imported, ...]:
    """A preset for each section that sets one; `[*]` counts in all of them.

    Args:
        text: The file.
        name: What to call what stands in no section.
        absent: Whether what a section is silent on is as llama.cpp has it.

    Raises:
        PresetError: a value is not allowed, or no section sets anything.
    """
    sections = _sections(text)
    for_all = sections.pop(_FOR_ALL, {})
    found: list[Imported] = []
    without: list[NotCarried] = []
    problem: NothingCarriedError | None = None
    for section, pairs in (sections or {_UNNAMED: {}}).items():
        source = llama_args.FORMAT.opened({}, absent=absent)
        merged = {**for_all, **pairs}
        for flag, (_, is_cut) in merged.items():
            if is_cut and flag in llama_args.KEYS:
                source.note(flag, tr(_CUT))
        try:
            llama_args.carry_arguments(source, [(flag, it[0]) for flag, it in merged.items()])
            imported = source.imported(name if section == _UNNAMED else section, PROGRAM)
        except NothingCarriedError as error:
            problem = error
            words = tr("Nothing in this section can be carried over.")
            without.append(NotCarried(f"[{section}]", "", had_effect=False, why=words))
            continue
        found.append(_as_in_the_file(imported))
    if not found:
        assert problem is not None
        raise problem
    found[0] = replace(found[0], not_carried=(*found[0].not_carried, *without))
    return tuple(found)


def _as_in_the_file(imported: Imported) -> Imported:
    """The same with the keys without their dashes, as such a file has them."""
    return replace(
        imported,
        not_carried=tuple(
            replace(entry, key=entry.key.lstrip("-")) for entry in imported.not_carried
        ),
        carried=tuple(replace(entry, key=entry.key.lstrip("-")) for entry in imported.carried),
    )


def _sections(text: str) -> dict[str, dict[str, tuple[str, bool]]]:
    """The values of each section by flag, and whether one was cut at what a comment begins with.

    The last of a key counts.
    """
    sections: dict[str, dict[str, tuple[str, bool]]] = {}
    section = _UNNAMED
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in ";#":
            continue
        if named := _SECTION.fullmatch(line):
            section = named[1].strip()
            sections.setdefault(section, {})
            continue
        pair = _PAIR.fullmatch(line)
        if pair is None:
            raise PresetError(
                tr(
                    "line {line}: found {found}; allowed is key = value.",
                    line=number,
                    found=shown(line),
                )
            )
        if pair[1] != "version":
            mark = _MARK.search(pair[2])
            value = pair[2][: mark.start()] if mark else pair[2]
            is_cut = mark is not None and value == value.rstrip()
            sections.setdefault(section, {})[_flag(pair[1])] = value.rstrip(), is_cut
    return sections


def _flag(key: str) -> str:
    """The argument that a key is: its name without dashes, or an environment variable's."""
    long = own_flag(f"--{key}")
    return long if long in llama_args.KEYS else own_flag(f"-{key}") if len(key) < 4 else long
