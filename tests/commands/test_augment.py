"""`python -m studio augment`, as a researcher's script calls it: a process, its files, its end.

In this process where that shows the same: another takes a third of a second to start.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import tomllib
from pathlib import Path

import pytest

from tests.helpers.augment_runs import Augment, reported, what_is_wrong

TABLE = "topic,style\nthe sea,plain\na boat,dry\n{odd},“x”\n"


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    path = tmp_path / "prompts.csv"
    path.write_text(TABLE, encoding="utf-8")
    return str(path)


def quick(tiny: str, prompts: str, samples: int) -> list[str]:
    """Of the tiny model, whose texts are noise, and short ones near duplicates."""
    return [
        *("--model", tiny, "--prompts", prompts, "--samples", str(samples), "-n", "24"),
        *("--template", "About {topic}, {style}:", "--seed", "3", "--ignore-eos"),
        *("--duplicates", "mark"),
    ]


def test_rows_of_the_starter_model(tmp_path: Path, prompts: str) -> None:
    augment = Augment(
        tmp_path, "--prompts", prompts, "--samples", "4", "--template", "A word on {topic}:",
        "--brief", "Write in a {style} style.", "--temperature", "0.6,1.2", "-n", "12",
        "--preset", "Data augmentation", "--seed", "5", "--context-size", "1024",
        "--ignore-eos", "--duplicates", "keep",
    )  # fmt: skip
    done = augment.run()
    assert done.returncode == 0, done.stderr
    rows = augment.rows()
    assert [row["id"] for row in rows] == [
        f"{row}-{number}" for row in range(3) for number in range(4)
    ]
    assert [row["temperature"] for row in rows[:4]] == [0.6, 1.2, 0.6, 1.2]
    assert rows[0]["beta"] == pytest.approx(1 / 0.6)
    assert (rows[4]["prompt"], rows[4]["brief"]) == ("A word on a boat:", "Write in a dry style.")
    assert rows[8]["prompt"] == "A word on {odd}:"
    assert {row["preset"] for row in rows} == {"Data augmentation"}
    assert {row["model_hash"][:7] for row in rows} == {"sha256:"}
    assert {row["tokens"] for row in rows} == {12}
    assert all(row["logprob_t1"] < 0.0 for row in rows)
    assert len({row["seed"] for row in rows}) == 12
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(line["id"] for line in lines[:-1] if line["type"] == "row") == sorted(
        row["id"] for row in rows
    )
    last = lines[-1]
    assert (last["type"], last["rows"], last["is_complete"]) == ("finished", 12, True)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "path: rows.jsonl" in card
    plan = tomllib.loads((tmp_path / "rows.jsonl.plan.toml").read_text(encoding="utf-8"))
    assert (plan["samples"], plan["temperature"], plan["prompts"]) == (4, "0.6,1.2", "prompts.csv")
    # All is there: it is written once more, and nothing else happens.
    before = augment.entries()
    again = augment.run()
    assert again.returncode == 0
    assert [json.loads(line)["type"] for line in again.stdout.splitlines()] == ["finished"]
    assert (augment.entries(), augment.rows()) == (before, rows)


def test_three_kills_lose_nothing(tmp_path: Path, tiny: str, prompts: str) -> None:
    augment = Augment(tmp_path, *quick(tiny, prompts, 30))
    known = []
    for lines in (1, 10, 25):
        known += augment.kill_after(lines)
    assert len(known) >= 36
    assert not augment.out.exists() or len(known) == 90
    done = augment.run()
    assert done.returncode == 0, done.stderr
    known += reported(done.stdout.splitlines(keepends=True))
    assert what_is_wrong(augment, known, 90) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX system")
def test_an_interrupt_gives_what_there_is(tmp_path: Path, tiny: str, prompts: str) -> None:
    augment = Augment(tmp_path, *quick(tiny, prompts, 300))
    lines, status = augment.end_after(10, signal.SIGINT)
    assert status == 130
    rows, known = augment.rows(), reported(lines)
    assert 10 <= len(rows) == len(known) < 900
    assert json.loads(lines[-1])["is_complete"] is False
    assert (tmp_path / "README.md").is_file()


def test_a_plan_file_says_all(tmp_path: Path, tiny: str, prompts: str) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    plan = folder / "plan.toml"
    plan.write_text(
        f"prompts = '../prompts.csv'\nmodel = '{tiny}'\nsamples = 2\nseed = 3\n"
        "ignore-eos = true\ntemplate = '''{topic}\n{style}'''\ntemperature = 0.5\n"
        "match = ['.']\nmax-tokens = 5\nduplicates = 'keep'\n",
        encoding="utf-8",
    )
    first = Augment(tmp_path, "--plan", str(plan), "--samples", "1")
    done = first.run_here()
    assert done.returncode == 0, done.stderr
    assert [row["prompt"] for row in first.rows()] == [
        "the sea\nplain",
        "a boat\ndry",
        "{odd}\n“x”",
    ]
    assert {row["temperature"] for row in first.rows()} == {0.5}
    # The plan that is kept makes the same rows again.
    folder = tmp_path / "again"
    folder.mkdir()
    again = Augment(folder, "--plan", str(tmp_path / "rows.jsonl.plan.toml"))
    done = again.run_here()
    assert done.returncode == 0, done.stderr
    assert [row["seed"] for row in again.rows()] == [row["seed"] for row in first.rows()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--samples", "0"], "allowed is a whole number from 1"),
        (["--temperature", "hot"], "--temperature: found 'hot'"),
        (["--template", "{name}"], "prompt 1 lacks; that has “topic”, “style”"),
        (["--template", "{topic!r}"], "written twice"),
        (["--prompts", "nowhere.csv"], "“nowhere.csv” cannot be read"),
        (["--json-schema", "nowhere.json"], "--json-schema"),
        (["--preset", "No such"], "No such"),
        (["--plan", "nowhere.toml"], "“nowhere.toml” cannot be read"),
        (["--sample", "3"], "--sample"),
    ],
)
def test_a_wrong_call_is_one_line(
    tmp_path: Path, tiny: str, prompts: str, arguments: list[str], said: str
) -> None:
    done = Augment(tmp_path, *quick(tiny, prompts, 1), *arguments).run_here()
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[0]
    assert not done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["prompts.csv"]


def test_a_file_that_is_not_from_here_is_left_alone(
    tmp_path: Path, tiny: str, prompts: str
) -> None:
    augment = Augment(tmp_path, *quick(tiny, prompts, 1))
    augment.out.write_text("mine")
    done = augment.run_here()
    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert augment.out.read_text() == "mine"


def test_other_settings_do_not_go_on(tmp_path: Path, tiny: str, prompts: str) -> None:
    assert Augment(tmp_path, *quick(tiny, prompts, 1)).run_here().returncode == 0
    other = Augment(tmp_path, *quick(tiny, prompts, 1), "--seed", "4", "--top-k", "5")
    before = other.journal.read_bytes()
    done = other.run_here()
    assert done.returncode == 1
    assert "other settings: presets and sampling, seed" in done.stderr
    assert other.journal.read_bytes() == before


def test_rows_that_do_not_come_are_said(tmp_path: Path, tiny: str, prompts: str) -> None:
    augment = Augment(tmp_path, *quick(tiny, prompts, 2), "--match", "no such text", "--tries", "3")
    done = augment.run_here()
    assert done.returncode == 0
    assert "3 prompts have fewer rows than wanted" in done.stderr
    assert augment.rows() == []
    assert len(augment.entries()) == 9


def test_the_readmes_plan_runs(tmp_path: Path, tiny: str) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (plan,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "augment.toml").write_text(plan, encoding="utf-8")
    (tmp_path / "prompts.csv").write_text("topic,tone\na cat,sad\n", encoding="utf-8")
    augment = Augment(
        tmp_path, "--plan", str(tmp_path / "augment.toml"), "--model", tiny, "--ignore-eos",
        # Its texts are noise.
        "--min-length", "1", "--duplicates", "mark",
    )  # fmt: skip
    done = augment.run_here()
    assert done.returncode == 0, done.stderr
    rows = augment.rows()
    assert len(rows) == 20
    assert {row["prompt"] for row in rows} == {"A sad story about a cat. Once"}
    assert all(0.7 <= row["temperature"] <= 1.3 for row in rows)
