"""`python -m studio server URL`: what a server of language models can do, found by asking it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec

from studio.commands.command_parser import CommandParser
from studio.commands.shared_options import add_server_key_argument, server_key
from studio.engine.server.asking import Asking, ServerError, address_of
from studio.engine.server.capabilities import capabilities_of
from studio.server_keys import key_for
from studio.visible_text import visible_message


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when the server answered, 1 when it did not, 2 on a wrong call."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        address = address_of(given.url)
        asking = Asking(address, server_key(given) or key_for(address.shown))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    try:
        found = capabilities_of(asking, given.model or "")
    except (ServerError, ValueError) as error:
        print(f"studio server: {visible_message(str(error))}", file=sys.stderr)
        return 1
    finally:
        asking.close()
    if given.json:
        print(msgspec.json.encode(found).decode(), flush=True)
        return 0
    rows = found.rows()
    width = max(len(title) for title, _ in rows)
    print("\n".join(f"{title.ljust(width)}  {words}" for title, words in rows), flush=True)
    return 0


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="studio server",
        description="Ask a server of language models what it can do: log-probabilities, token ids, "
        "seeds, batches, and whether tokens can be drawn here. It is asked about thirty times for "
        "a few tokens, and nothing is sent to any other address.",
    )
    parser.add_argument("url", metavar="URL", help="such as http://192.168.1.20:8000")
    add_server_key_argument(parser)
    parser.add_argument("--model", metavar="NAME", help="which of its models (default: the first)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser
