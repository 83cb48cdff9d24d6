"""`python -m studio server`: a table of what a server can do, or why it says nothing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers.commands_here import run_here
from tests.helpers.faulty_server import HOST, FaultyServer, NoHttp
from tests.helpers.openai_server import Pretend


def test_a_table_for_people() -> None:
    with FaultyServer(Pretend()) as server:
        done = run_here("server", server.url.removeprefix("http://") + "/v1/")
    assert (done.returncode, done.stderr) == (0, b"")
    table = dict(line.split("  ", 1) for line in done.stdout.decode().splitlines())
    found = {title: words.strip() for title, words in table.items()}
    assert found["Program"] == "vLLM 0.32.0"
    assert found["Log-probabilities a token"].startswith("20 (Requested sample logprobs of ")
    assert found["Could be drawn here"] == "yes"


def test_json_for_scripts() -> None:
    with FaultyServer(Pretend("ollama")) as server:
        done = run_here("server", server.url, "--json", "--model", "tiny")
    found = json.loads(done.stdout)
    assert (found["program"], found["model"]) == ("Ollama", "tiny")
    assert found["token_ids"] == {"value": None, "why": "they did not come"}


def test_what_goes_wrong_is_said_in_a_line(tmp_path: Path) -> None:
    with FaultyServer(Pretend()) as server:
        gone = server.url
        other = run_here("server", server.url, "--model", "a\x1b[2Jb")
        server.fault = NoHttp()
        odd = run_here("server", server.url)
    for done, words in (
        (other, r"has no model “a\x1b[2Jb”; it has tiny"),
        (odd, "speaks another protocol"),
        (run_here("server", gone), "Is it started"),
    ):
        assert (done.returncode, done.stdout) == (1, b"")
        said = done.stderr.decode()
        assert words in said
        assert said.startswith("studio server: ")
        assert said.count("\n") == 1
    with FaultyServer(Pretend(key="sk-known")) as server:
        (tmp_path / "key").write_text("sk-known\n")
        assert run_here("server", server.url).returncode == 1
        done = run_here("server", server.url, "--server-key", str(tmp_path / "key"))
        assert (done.returncode, b"vLLM" in done.stdout) == (0, True)
    wrong = run_here("server", f"http://key@{HOST}")
    assert wrong.returncode == 2
    assert b"key@" not in wrong.stderr
