"""Options that every command has which opens a model and continues a text.

Knows argparse and the engine's messages; the samplers' options are in `arguments`.
"""

import argparse
from pathlib import Path

from studio.commands.arguments import model_path
from studio.engine.machine_address import parse_address
from studio.engine.messages import Load, LoadOptions, is_server
from studio.engine.model_files.model_hash import model_hash
from studio.standard_input import STANDARD_STREAM, standard_input
from studio.visible_text import visible_path

_LONGEST_PROMPT = 16 * 1024 * 1024
"""Bytes of a prompt file; more than any context holds."""


def add_text_arguments(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """Add `--model`, `--prompt` or `--prompt-file`, and `--brief`; return those of the text."""
    add_model_argument(parser)
    text = parser.add_mutually_exclusive_group(required=True)
    text.add_argument("-p", "--prompt", metavar="TEXT", help="the text to continue")
    text.add_argument(
        "-f", "--prompt-file", metavar="FILE", help="the same, from a UTF-8 file; - is the input"
    )
    parser.add_argument(
        "--brief", metavar="TEXT", default="", help="what the model is told before the text"
    )
    return text


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--model` and `--server`."""
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "-m", "--model", metavar="FILE", help="a GGUF file (default: the starter model)"
    )
    place.add_argument(
        "--server",
        metavar="URL",
        help="a model at a llama-server instead, such as http://127.0.0.1:8080; what it asks for "
        "as a key is taken from the system's keyring, or from --server-key",
    )
    add_server_key_argument(parser)


def add_loading_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says how a model is loaded: `--gpu-layers`, `--rpc`, `--context-size`, ..."""
    loading = parser.add_argument_group("loading")
    loading.add_argument(
        "-ngl",
        "--gpu-layers",
        metavar="N",
        type=int,
        default=-1,
        help="on graphics processors and other machines; -1 as many as have room (default), 0 none",
    )
    loading.add_argument(
        "--rpc",
        metavar="HOST:PORT,...",
        default="",
        help="other machines that compute layers: where llama.cpp's rpc-server listens, or "
        "“kelvin-studio rpc-server”. The way there has neither password nor encryption",
    )
    loading.add_argument(
        "--rpc-public",
        action="store_true",
        help="use addresses of --rpc too that are not in your own network",
    )
    loading.add_argument(
        "-ts",
        "--tensor-split",
        metavar="N,N,...",
        type=_numbers,
        default=(),
        help="how the layers are shared out, in proportions: machines in their order, then "
        "graphics processors (default: by memory)",
    )
    loading.add_argument(
        "-c",
        "--context-size",
        metavar="N",
        type=int,
        default=0,
        help="tokens (default: the model's)",
    )
    loading.add_argument(
        "-t", "--threads", metavar="N", type=int, default=0, help="default: all cores"
    )
    loading.add_argument("--no-mmap", action="store_true", help="read the file instead of mapping")
    loading.add_argument(
        "-fa",
        "--flash-attn",
        choices=("auto", "on", "off"),
        default="auto",
        help="flash attention (default: as llama.cpp chooses)",
    )


def load_command(given: argparse.Namespace) -> Load:
    """The command that opens the model asked for.

    Args:
        given: What `add_model_argument` and `add_loading_arguments` were given.

    Raises:
        ValueError: A number is out of range, or an address is none.
        OSError: A key's file cannot be read.
        SystemExit: There is no model; says how to get one.
    """
    machines = tuple(filter(None, map(str.strip, given.rpc.split(","))))
    machines = tuple(str(parse_address(text)) for text in machines)
    options = LoadOptions(
        gpu_layers=given.gpu_layers,
        machines=machines,
        public_machines=machines if given.rpc_public else (),
        tensor_split=given.tensor_split,
        context_size=given.context_size,
        threads=given.threads,
        memory_map=not given.no_mmap,
        flash_attention=given.flash_attn,
    )
    if given.server is None:
        if given.server_key is not None:
            raise ValueError("--server-key: found without --server, whose key it is")
        return Load(request=0, path=str(model_path(given)), options=options)
    from studio.engine.server.asking import address_of  # with it come sockets and TLS

    try:
        url = address_of(given.server).shown
    except ValueError as error:
        raise ValueError(f"--server: {error}") from None
    return Load(request=0, path=url, key=server_key(given), options=options)


def add_server_key_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--server-key`."""
    parser.add_argument(
        "--server-key", metavar="FILE", help="a file whose first line is the server's key"
    )


def server_key(given: argparse.Namespace) -> str:
    """The key that `--server-key` names; empty without it. No key stands in a command line.

    Raises:
        ValueError: It is no file, or no text.
        OSError: It cannot be read.
    """
    if given.server_key is None:
        return ""
    return text_of_file(given.server_key, "--server-key").partition("\n")[0].strip()


def hash_of_model(load: Load) -> str:
    """`model_hash` of the file that was opened; empty for a model at a server.

    Raises:
        OSError: It cannot be read.
    """
    return "" if is_server(load.path) else model_hash(Path(load.path))


def shown_model(load: Load) -> str:
    """What is opened, as it is shown: a file's name or a server's address."""
    return load.path if is_server(load.path) else Path(load.path).name


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        words = f"found {text!r}; allowed are numbers with commas between them, such as 3,1"
        raise argparse.ArgumentTypeError(words) from None


def positive(text: str) -> int:
    """A whole number from 1, for argparse."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}; allowed is a whole number from 1")
    return number


def manuscript(given: argparse.Namespace) -> str:
    """The text to continue.

    Raises:
        ValueError: The prompt's file is none, too large, or not UTF-8.
        OSError: It cannot be read.
    """
    if given.prompt is not None:
        return str(given.prompt)
    return text_of_file(given.prompt_file, "--prompt-file")


def text_of_file(name: str, option: str) -> str:
    """A text from a file, or from the input.

    Args:
        name: The file's path; - is the input.
        option: What it was given for, as errors name it.

    Raises:
        ValueError: It is no file, too large, or not UTF-8.
        OSError: It cannot be read.
    """
    if name == STANDARD_STREAM:
        said = "the input"
        try:
            data = standard_input().read(_LONGEST_PROMPT + 1)
        except ValueError as error:
            raise ValueError(f"{option}: {error}") from None
    else:
        path = Path(name)
        if not path.is_file():
            raise ValueError(f"{option}: “{visible_path(path)}” is not a file")
        said = f"“{visible_path(path)}”"
        with path.open("rb") as file:
            data = file.read(_LONGEST_PROMPT + 1)
    if len(data) > _LONGEST_PROMPT:
        raise ValueError(
            f"{option}: {said} has more than {_LONGEST_PROMPT:,} bytes, which are allowed"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{option}: {said} is not UTF-8 (byte {error.start}); save it as UTF-8 first"
        ) from error


def cut_words(unseen_characters: int) -> str:
    """What is said of a prompt whose beginning was left out."""
    characters = "character was" if unseen_characters == 1 else "characters were"
    return (
        f"the prompt's first {unseen_characters:,} {characters} left out, so that it fits the "
        "context; a larger one: --context-size"
    )
