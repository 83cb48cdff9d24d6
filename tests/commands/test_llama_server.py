"""`--server URL`: the commands with a model that a real llama-server holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.commands_here import run_here
from tests.helpers.llama_server import LlamaServer, StartServer

KEY = "open-sesame"
WRITES = ("-p", "The old", "-n", "30", "--seed", "7", "--temp", "0.8", "--ignore-eos")


@pytest.fixture
def server(start_llama_server: StartServer, tiny: str) -> LlamaServer:
    return start_llama_server(model=Path(tiny), key=KEY)


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "key.txt"
    path.write_text(f"{KEY}\n")
    return str(path)


def test_generate_writes_what_the_same_model_here_writes(
    server: LlamaServer, key_file: str, tiny: str
) -> None:
    there = run_here("generate", "--server", server.url, "--server-key", key_file, *WRITES)
    here = run_here("generate", "--threads", "1", "--model", tiny, *WRITES)
    assert (there.returncode, there.stdout) == (0, here.stdout), there.stderr.decode()
    assert len(there.stdout) > 20


def test_compare_writes_lanes_there(server: LlamaServer, key_file: str) -> None:
    done = run_here(
        *("compare", "--server", server.url, "--server-key", key_file, "--json"),
        *("-p", "The old", "-n", "8", "--seed", "7", "--ignore-eos"),
        *("--temperatures", "0.2,0.8,1.5"),
    )
    assert done.returncode == 0, done.stderr.decode()
    assert server.url not in done.stdout.decode()  # it is passed on
    [lanes] = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lanes["lanes"]) == 3


def test_what_cannot_act_is_said(server: LlamaServer, key_file: str) -> None:
    done = run_here(
        *("generate", "--server", server.url, "--server-key", key_file, *WRITES),
        *("--repeat-penalty", "1.2"),
    )
    assert done.returncode == 0
    assert b"repeat penalty cannot act" in done.stderr


def test_no_key_and_no_server_are_refused_in_words(server: LlamaServer, key_file: str) -> None:
    done = run_here("generate", "--server", server.url, *WRITES)
    assert done.returncode == 1
    assert b"asks for a key" in done.stderr
    for arguments in (("--server", "ftp://there"), ("--server-key", key_file)):
        done = run_here("generate", *arguments, *WRITES)
        assert done.returncode == 2
        assert arguments[0].encode() in done.stderr
