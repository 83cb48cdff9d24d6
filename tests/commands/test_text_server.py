"""`generate` and `compare` at a server that draws by itself."""

from __future__ import annotations

from tests.helpers.commands_here import run_here
from tests.helpers.faulty_server import Cut, FaultyServer
from tests.helpers.openai_server import Pretend


def test_generate_prints_what_comes_and_says_who_draws() -> None:
    with FaultyServer(Pretend("ollama")) as server:
        given = ["generate", "--server", server.url, "-p", "The sea ", "-n", "12", "--seed", "3"]
        done = run_here(*given)
        assert done.returncode == 0, done.stderr
        assert b"the server draws, with this seed" in done.stderr
        assert len(done.stdout) > 12
        assert run_here(*given).stdout == done.stdout
        other = run_here(*given, "--top-k", "5", "--xtc-probability", "0.5")
        assert b"is not asked for: top_k, xtc" in other.stderr
        server.fail(Cut(700), times=1, at='"stream"')
        cut = run_here(*given)
        assert cut.returncode == 1
        assert b"ended within an answer" in cut.stderr
        assert 0 < len(cut.stdout.strip()) < 12
        assert done.stdout.startswith(cut.stdout.strip())
        scored = run_here(*given, "--text-temperature", "0.7")
        assert scored.returncode == 1
        assert b"which this server does not say" in scored.stderr


def test_compare_says_why_it_writes_no_lanes_there() -> None:
    with FaultyServer(Pretend()) as server:
        done = run_here(
            *("compare", "--server", server.url, "-p", "The sea ", "-n", "12", "--seed", "3"),
            *("--temperatures", "0.3,1.5", "--json"),
        )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"which this server does not say; generate and sweep write there" in done.stderr
