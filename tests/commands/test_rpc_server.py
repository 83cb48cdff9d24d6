"""`kelvin-studio rpc-server`: where it listens, and where it does not."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands_here import run_here
from tests.helpers.rpc_machine import free_port, rpc_machine
from tests.helpers.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
OPENING = "The old fisherman looked out over the"


@pytest.mark.parametrize("host", ["0.0.0.0", "8.8.8.8"])
def test_it_does_not_listen_where_the_internet_may_reach_it(host: str) -> None:
    done = run_here("rpc-server", "--host", host)
    assert done.returncode == 2
    assert b"neither protected by a password nor encrypted" in done.stderr
    assert b"--public" in done.stderr


@pytest.mark.parametrize("wrong", [["-H", "cellar"], ["-p", "0"], ["-p", "70000"], ["-t", "-1"]])
def test_what_is_given_wrongly_is_named(wrong: list[str]) -> None:
    done = run_here("rpc-server", *wrong)
    assert done.returncode == 2
    assert b"allowed is" in done.stderr


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_here("rpc-server", "-p", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert b"in use" in done.stderr


def generate(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "studio", "generate", "-t", "1", "--temperature", "0"]
    return subprocess.run(
        [*command, "-p", OPENING, "-n", "12", "--ignore-eos", *arguments],
        cwd=ROOT,
        capture_output=True,
        timeout=100,
    )


@pytest.mark.usefixtures("starter_model")
def test_a_command_writes_with_another_machine_what_it_writes_alone() -> None:
    alone = generate("-ngl", "0")
    with rpc_machine() as machine:
        together = generate("--rpc", machine.address)
        halved = generate("--rpc", machine.address, "-ngl", "16")
    assert together.returncode == alone.returncode == 0, together.stderr.decode()
    assert together.stdout == halved.stdout == alone.stdout != b""


@pytest.mark.usefixtures("starter_model")
def test_a_machine_that_is_not_there_and_one_that_may_not_be_asked() -> None:
    nobody = f"127.0.0.1:{free_port()}"
    done = run_here("generate", "-t", "1", "-p", OPENING, "--rpc", nobody)
    assert done.returncode == 1
    assert f"{nobody} does not answer".encode() in done.stderr
    done = run_here("generate", "-t", "1", "-p", OPENING, "--rpc", "8.8.8.8:50052")
    assert done.returncode == 1
    assert b"not in your own network" in done.stderr
    done = run_here("generate", "-t", "1", "-p", OPENING, "--rpc", "cellar")
    assert done.returncode == 2
    assert b"HOST:PORT" in done.stderr


@pytest.mark.usefixtures("starter_model")
def test_a_command_whose_machine_goes_away_names_it_after_what_it_has_written() -> None:
    with rpc_machine() as machine:
        command = [sys.executable, "-m", "studio", "generate", "-t", "1", "-p", OPENING]
        running = subprocess.Popen(
            [*command, "-n", "2000", "--ignore-eos", "--json", "--rpc", machine.address],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with running:
            assert running.stdout
            first = running.stdout.readline()
            machine.kill()
            rest, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1
    assert f"The machine {machine.address} no longer answers".encode() in said
    assert b"Traceback" not in said
    whole = (first + rest).splitlines()
    assert all(json.loads(line)["index"] == number for number, line in enumerate(whole))
    assert 0 < len(whole) < 2000
