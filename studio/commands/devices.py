"""`python -m studio devices`: what could compute a model's layers, and how many each would get."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from studio.commands.command_parser import CommandParser
from studio.commands.shared_options import (
    add_loading_arguments,
    add_model_argument,
    load_command,
)
from studio.engine.messages import EngineError, is_server
from studio.visible_text import visible_line, visible_message


class _Row(msgspec.Struct):
    """A device, as it is given to scripts; sizes in bytes, 0 where nobody knows."""

    kind: str
    name: str
    free: int
    total: int
    layers: int
    needed: int
    """What its layers take, about."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0, 1 where the model or a machine cannot be used, 2 on a wrong call."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        load = load_command(given)
        if is_server(load.path):
            raise ValueError("--server: a server's devices are its own affair")
    except (ValueError, OSError) as error:
        parser.error(str(error))
    # With these comes llama.cpp.
    from studio.engine.llama import backend, log
    from studio.engine.llama.model import checked_header, plan, planned_sizes
    from studio.engine.llama.placement import reached_machines, slots
    from studio.engine.model_files.memory import available_memory

    log.install()
    backend.begin()
    try:
        header = checked_header(Path(load.path))
        found = slots(load.options, reached_machines(load.options))
    except EngineError as error:
        print(f"studio devices: {visible_message(str(error))}", file=sys.stderr)
        return 1
    sizes, placement = planned_sizes(header, load.options), plan(header, load.options, found)[0]
    here, left = available_memory(), sizes.layers - placement.layers
    name = backend.cpu().name
    rows = [_Row("processor", name, here.available, here.total, left, sizes.bytes_of(left))]
    rows += [
        _Row(it.kind, it.name, it.free, it.total, it.layers, sizes.bytes_of(it.layers))
        for it in placement.reports()
    ]
    if given.json:
        print(msgspec.json.encode(rows).decode(), flush=True)
        return 0
    table = [(visible_line(row.name), _memory(row), _share(row, sizes.layers)) for row in rows]
    widths = [max(len(row[column]) for row in table) for column in range(2)]
    for first, second, last in table:
        print(f"{first.ljust(widths[0])}  {second.ljust(widths[1])}  {last}")
    sys.stdout.flush()
    return 0


def _memory(row: _Row) -> str:
    if not row.total:
        return "memory unknown"
    return f"{row.free / 1e9:.1f} of {row.total / 1e9:.1f} GB free"


def _share(row: _Row, layers: int) -> str:
    share = f"{row.layers} of {layers} layers"
    return f"{share}, about {row.needed / 1e6:,.0f} MB" if row.needed else share


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="studio devices",
        description="List what could compute a model's layers: the processor, other machines, "
        "graphics processors, each with its memory, and how many layers each would get. "
        "Nothing is loaded.",
    )
    add_model_argument(parser)
    add_loading_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON list instead of a table")
    return parser
