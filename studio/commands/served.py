"""What commands that write many texts have in common where a server writes them in batches."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from studio.commands.shared_options import positive
from studio.engine.messages import Load, is_server
from studio.engine.server.asking import Asking, ServerError, address_of
from studio.engine.server.capabilities import capabilities_of, is_llama_server
from studio.engine.server.requests import left_out
from studio.experiments.server_samples import (
    AT_ONCE,
    BATCH,
    MOST_AT_ONCE,
    MOST_BATCH,
    Served,
)
from studio.sampling import SamplingParams
from studio.server_keys import key_for
from studio.translation import tr


def add_batch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--batch`, `--at-once` and `--server-model`."""
    group = parser.add_argument_group("batches at a server (vLLM and its kin)")
    group.add_argument(
        "--batch",
        metavar="N",
        type=_bounded(MOST_BATCH),
        help=f"texts of a request at most (default: {BATCH}; a llama-server gets tokens drawn here "
        "one by one instead, unless this is given)",
    )
    group.add_argument(
        "--at-once",
        metavar="N",
        type=_bounded(MOST_AT_ONCE),
        help=f"requests under way at most (default: {AT_ONCE})",
    )
    group.add_argument(
        "--server-model", metavar="NAME", help="which of its models (default: the first)"
    )


def _bounded(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        found = positive(text)
        if found > most:
            raise argparse.ArgumentTypeError(f"found {found}; allowed is 1 to {most}")
        return found

    return number


def served_of(given: argparse.Namespace, load: Load) -> Served | None:
    """The server that is to write whole batches; None where tokens are drawn here.

    Args:
        given: What `add_batch_arguments` was given.
        load: What opens the model.

    Raises:
        ServerError: It does not answer, or has no such model.
    """
    if not is_server(load.path):
        return None
    address = address_of(load.path)
    key = load.key or key_for(address.shown)
    asking = Asking(address, key)
    try:
        if given.batch is None and is_llama_server(asking):
            return None
        can = capabilities_of(asking, given.server_model or "")
    except ValueError as error:
        raise ServerError("missing", f"--server-model: {error}") from None
    finally:
        asking.close()
    return Served(address, key, can, given.batch or BATCH, given.at_once or AT_ONCE)


def left_out_words(params: Sequence[SamplingParams], program: str) -> str:
    """What is said of parameters that a server cannot be asked for; empty where there are none.

    Args:
        params: Those of all texts.
        program: Which server it is.
    """
    names = dict.fromkeys(name for one in params for name in left_out(one, program))
    if not names:
        return ""
    return tr("the server draws, and is not asked for: {names}", names=", ".join(names))
