"""`augment` and `sweep` at a server: whole batches, kept and gone on with as anywhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.augment_runs import Augment, reported, what_is_wrong
from tests.helpers.commands_here import run_here
from tests.helpers.faulty_server import Answer, FaultyServer, Request, answer_of, too_many
from tests.helpers.openai_server import Pretend

KEY = "sk-nobody-may-read-this"


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    path = tmp_path / "prompts.txt"
    path.write_text("".join(f"Prompt {number} says \n" for number in range(6)), encoding="utf-8")
    return str(path)


def arguments(server: FaultyServer, prompts: str, samples: int) -> list[str]:
    return [
        *("--server", server.url, "--prompts", prompts, "--samples", str(samples), "-n", "16"),
        *("--seed", "3", "--ignore-eos", "--duplicates", "keep", "--batch", "6"),
    ]


def test_rows_in_batches_behind_three_kills(tmp_path: Path, prompts: str) -> None:
    with FaultyServer(Pretend()) as server:
        augment = Augment(tmp_path, *arguments(server, prompts, 12))
        known = []
        for lines in (1, 10, 20):
            known += augment.kill_after(lines)
        server.fail(too_many(), times=2, at="/v1/completions")
        done = augment.run()
        assert done.returncode == 0, done.stderr
        known += reported(done.stdout.splitlines(keepends=True))
        assert what_is_wrong(augment, known, 72) == []
        sizes = {
            body.get("n", 1) * (len(body["prompt"]) if isinstance(body["prompt"], list) else 1)
            for request in server.asked("/v1/completions")
            if "seed" in (body := dict[str, Any](request.json)) and body["max_tokens"] == 16
            if body.get("ignore_eos")
        }
    assert max(sizes) == 6
    rows = augment.rows()
    assert {row["model"] for row in rows} == {"tiny"}
    assert all(row["logprob_t1"] < 0.0 and row["logprob_t"] is None for row in rows)
    assert {row["tokens"] for row in rows} == {16}
    # Another model goes on with none of it.
    with FaultyServer(Pretend(model="other")) as server:
        again = Augment(tmp_path, *arguments(server, prompts, 13))
        refused = again.run()
    assert refused.returncode == 1
    assert "begun with other settings: model" in refused.stderr


def test_what_a_server_cannot_be_asked_for_is_said(tmp_path: Path, prompts: str) -> None:
    with FaultyServer(Pretend()) as server:
        given = arguments(server, prompts, 1)
        done = run_here(
            "augment", "--out", str(tmp_path / "a.jsonl"), *given, "--xtc-probability", "0.5"
        )
        assert done.returncode == 0
        assert b"the server draws, and is not asked for: xtc" in done.stderr
        server.answering = lambda _request: answer_of({"error": {"message": "no"}}, 500)
        done = run_here("augment", "--out", str(tmp_path / "b.jsonl"), *given)
    assert done.returncode == 1
    assert b"(500: no)" in done.stderr


PLAN = """
prompts = ["Prompt 0 says ", "Prompt 1 says "]
samples = 4
max_tokens = 24
[vary]
temperature = [0.3, 1.0, 2.0]
"""


def test_a_sweep_in_batches(tmp_path: Path) -> None:
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(PLAN, encoding="utf-8")
    with FaultyServer(Pretend()) as server:
        done = run_here("sweep", str(plan), "-o", str(out), "--server", server.url, "--json")
    assert done.returncode == 0, done.stderr
    assert b"without \xe2\x80\x9cMean entropy\xe2\x80\x9d: the server draws" in done.stderr
    found = json.loads(done.stdout)
    measures = {figure["measure"] for figure in found["figures"]}
    assert {"perplexity", "loops", "rep_4", "tokens"} <= measures
    assert "entropy" not in measures
    assert (found["texts"], found["model"]["name"]) == (24, "tiny")
    figures = [it["figure"] for it in found["figures"] if it["measure"] == "perplexity"]
    assert figures == sorted(figures)  # the hotter, the less expected
    texts = [json.loads(line) for line in (out / "samples.jsonl").read_text().splitlines()]
    assert {text["entropy"] for text in texts} == {None}
    assert b"Mean entropy" not in (out / "page.html").read_bytes()


def test_a_sweep_that_asks_for_what_a_server_does_not_say(tmp_path: Path) -> None:
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(f"{PLAN}\n[criterion]\nlowest = 'perplexity'\n", encoding="utf-8")
    with FaultyServer(Pretend("lmstudio")) as server:
        done = run_here("sweep", str(plan), "-o", str(out), "--server", server.url)
    assert done.returncode == 1
    assert b"cannot be had: the server gives no log-probabilities" in done.stderr


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads /proc")
def test_a_key_stands_nowhere(tmp_path: Path, prompts: str) -> None:
    """In no file that is left, nothing that is printed, and no process's list or variables."""
    seen: list[bytes] = []

    def watched(request: Request) -> Answer:
        if not seen and request.path == "/v1/completions":
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        seen.append((process / name).read_bytes())
                    except OSError:
                        continue  # another's, or gone
        return Pretend(key=KEY)(request)

    key = tmp_path / "key"
    key.write_text(f"{KEY}\n", encoding="utf-8")
    folder = tmp_path / "rows"
    folder.mkdir()
    with FaultyServer(watched) as server:
        given = arguments(server, prompts, 2)
        command = [sys.executable, "-P", "-m", "studio", "augment"]
        command += ["--out", str(folder / "rows.jsonl"), *given]
        env = {**os.environ, "HOME": str(tmp_path / "home")}
        done = [
            subprocess.run([*command, *more], capture_output=True, timeout=100, env=env)
            for more in (["--server-key", str(key)], [])
        ]
    assert [one.returncode for one in done] == [0, 1]
    assert b"asks for a key" in done[1].stderr
    assert len(seen) > 2
    left = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != key]
    assert len(left) >= 3
    printed = [stream for one in done for stream in (one.stdout, one.stderr)]
    assert not any(KEY.encode() in data for data in (*seen, *left, *printed))
