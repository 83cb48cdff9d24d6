"""`python -m studio sweep`, as a researcher's script calls it: a plan, its result, its end."""

from __future__ import annotations

import contextlib
import csv
import json
import math
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commands_here import run_here_as_text
from tests.helpers.html_reader import Reader
from tests.helpers.reference import Reference, softmax
from tests.helpers.waiting import until

FILES = {"plan.toml", "samples.jsonl", "figures.csv", "figures.svg", "sweep.json", "page.html"}
PLAN = """
prompts = ["abc", {text = "The sea", name = "sea", brief = "Be brief."}]
samples = 5
max_tokens = 12
seed = 3
ignore_eos = true
pattern = "[a-z]"
criterion = {highest = "entropy", at_least = {pattern = 0.1}}

[vary]
temperature = [0.0, 1.0, inf]
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def command(*arguments: str) -> list[str]:
    # One thread: see tests/engine/conftest.py.
    return [sys.executable, "-P", "-m", "studio", "sweep", "--threads", "1", *arguments]


def sweep(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In this process: another takes a third of a second to start."""
    with contextlib.chdir(folder):
        return run_here_as_text("sweep", "--threads", "1", *arguments)


def sweep_apart(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    done = subprocess.run(
        command(*arguments),
        cwd=folder, env=environment(), capture_output=True, timeout=100, encoding="utf-8",
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def plan_in(folder: Path, source: str = PLAN) -> str:
    (folder / "plan.toml").write_text(source, encoding="utf-8")
    return "plan.toml"


def texts_in(out: Path) -> list[dict[str, Any]]:
    lines = (out / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_texts_figures_page_and_plan(tmp_path: Path, tiny: str) -> None:
    done = sweep_apart(tmp_path, plan_in(tmp_path), "--model", tiny, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "progress is for terminals"
    out = tmp_path / "plan-sweep"
    assert {path.name for path in out.iterdir()} == FILES
    assert (out / "plan.toml").read_text(encoding="utf-8") == PLAN
    texts = texts_in(out)
    places = {(one["prompt"], one["temperature"], one["number"]) for one in texts}
    assert len(places) == len(texts) == 2 * 3 * 5
    greedy = {one["text"] for one in texts if (one["prompt"], one["temperature"]) == ("1", 0.0)}
    assert len(greedy) == 1
    # The same seeds at every value: uniform draws of the same u are the same.
    uniform = [one for one in texts if (one["prompt"], one["temperature"]) == ("1", "inf")]
    assert sorted(one["seed"] for one in uniform) == [3, 4, 5, 6, 7]
    assert len({one["text"] for one in uniform}) == 5
    assert all(one["entropy"] == pytest.approx(math.log(261)) for one in uniform)
    result = json.loads(done.stdout)
    assert json.loads((out / "sweep.json").read_text(encoding="utf-8")) == result
    assert result["recommendation"]["value"] == "inf"
    assert result["texts"] == result["planned_texts"] == 30
    with (out / "figures.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (tokens,) = [
        row
        for row in rows
        if (row["measure"], row["temperature"], row["prompt"]) == ("tokens", "1", "sea")
    ]
    assert (tokens["figure"], tokens["texts"]) == ("12", "5")
    assert "highest “Mean entropy”" in Reader((out / "page.html").read_text(encoding="utf-8")).text


def test_it_is_printed_as_a_table(tmp_path: Path, tiny: str) -> None:
    done = sweep(tmp_path, plan_in(tmp_path), "--model", tiny, "--out", "result")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["temperature", "T", "T", "0", "T", "1", "T", "∞"]
    assert len({len(line) for line in lines[:10]}) == 1
    assert any(line.startswith("Criterion: highest “Mean entropy”") for line in lines)
    assert "What this does not show:" in lines
    assert lines[-1] == "result/page.html has charts and texts."
    again = sweep(tmp_path, plan_in(tmp_path), "--model", tiny, "--out", "result")
    assert again.returncode == 2
    assert "“result” is not empty" in again.stderr


def test_how_far_it_is_is_shown_on_a_terminal(tmp_path: Path, tiny: str) -> None:
    screen, end = pty.openpty()
    done = subprocess.run(
        command(plan_in(tmp_path), "--model", tiny),
        cwd=tmp_path, env=environment() | {"TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE, stderr=end, timeout=100,
    )  # fmt: skip
    os.close(end)
    shown = os.read(screen, 65536)
    os.close(screen)
    assert done.returncode == 0, shown
    assert b"studio sweep" in shown
    assert b"/30" in shown
    assert shown.endswith((b"\x1b[2K", b"\x1b[?25h")), "it is gone at the end"


@pytest.mark.parametrize(
    ("how", "evaluations"),
    [
        ("sampling = {top_k = 40}", None),
        ("whole_text = {draws = 3}", range(48, 49)),
        # Proposals begin anywhere in what there is.
        ("whole_text = {block = 8, steps = 2}", range(16 + 4, 16 + 2 * 8 + 2 * 16 + 1)),
    ],
)
def test_perplexity_is_that_of_llama_cpps_logits(
    tmp_path: Path, starter_model: Path, how: str, evaluations: range | None
) -> None:
    prompt = "The old fisherman looked out over the"
    plan = plan_in(
        tmp_path,
        f'prompts = ["{prompt}"]\nsamples = 1\nmax_tokens = 16\nignore_eos = true\n'
        f"{how}\n[vary]\ntemperature = [0.7, 1.3]\n",
    )
    done = sweep(tmp_path, plan, "--gpu-layers", "0", "--out", "result", "--json")
    assert done.returncode == 0, done.stderr
    with Reference(starter_model, 256) as reference:
        before = reference.tokenize(prompt, special=False)
        for text in texts_in(tmp_path / "result"):
            tokens = text["token_ids"]
            rows = reference.logits([*before, *tokens[:-1]], len(before) - 1)
            nats = [-math.log(softmax(row, 1.0)[it]) for row, it in zip(rows, tokens, strict=True)]
            assert text["perplexity"] == pytest.approx(math.exp(sum(nats) / 16), rel=0.05)
            assert evaluations is None or text["evaluations"] in evaluations
    measured = {row["measure"] for row in json.loads(done.stdout)["figures"]}
    assert ("evaluations" in measured) == (evaluations is not None)


def test_a_sweep_that_is_interrupted_keeps_what_is_done(tmp_path: Path, tiny: str) -> None:
    source = PLAN.replace("samples = 5", "samples = 2000")
    arguments = (plan_in(tmp_path, source), "--model", tiny, "--json", "--out", "result")
    process = subprocess.Popen(
        command(*arguments),
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8",
    )  # fmt: skip
    texts = tmp_path / "result" / "samples.jsonl"
    until(lambda: texts.exists() and texts.read_bytes().count(b"\n") > 20, "twenty texts")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 130, err
    result = json.loads(out)
    assert 20 < result["texts"] == len(texts_in(tmp_path / "result")) < 12_000
    assert "It was stopped" in result["not_shown"][0]
    assert {path.name for path in (tmp_path / "result").iterdir()} == FILES


@pytest.mark.parametrize(
    ("source", "arguments", "status", "said"),
    [
        (PLAN.replace("samples", "smaples"), (), 2, "plan.toml: there is no “smaples”."),
        (PLAN, ("--model", "nowhere.gguf"), 1, "nowhere.gguf"),
        (PLAN, ("--context-size", "5"), 2, "context_size"),
        (PLAN, ("--out", "plan.toml"), 2, "plan.toml"),
    ],
)
def test_what_is_wrong_is_said_and_leaves_nothing(
    tmp_path: Path, source: str, arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = sweep(tmp_path, plan_in(tmp_path, source), *arguments)
    assert done.returncode == status
    assert said in done.stderr
    assert not done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["plan.toml"]


def test_there_must_be_a_plan(tmp_path: Path) -> None:
    done = sweep(tmp_path, "nowhere.toml")
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr
