"""A model whose layers other machines compute: real servers on loopback, and how they go away."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from studio.engine.messages import (
    AnyEvent,
    Evaluating,
    Failed,
    Load,
    LoadOptions,
    MachineLost,
    PreviewNextToken,
    Prompt,
    Token,
)
from studio.token_record import TokenRecord
from tests.helpers.engine_child import PATIENCE, ChildEndedError, EngineChild
from tests.helpers.rpc_machine import ROOT, RpcMachine, free_port, require_rpc, rpc_machine
from tests.helpers.said import GREEDY, Said, records_in, tokens_in, write

SHORT = {"tokens": 12, "in_lanes": 2}
"""Of what is said, where it is only to be seen that layers compute as they did elsewhere."""
LOCAL = LoadOptions(threads=1, context_size=512, gpu_layers=0)


def with_machines(*machines: RpcMachine, **changed: object) -> LoadOptions:
    addresses = tuple(machine.address for machine in machines)
    facts = {"threads": 1, "context_size": 512, "machines": addresses} | changed
    return LoadOptions(**facts)  # type: ignore[arg-type]


def ids(records: list[TokenRecord]) -> list[int]:
    return [record.id for record in records]


@pytest.fixture(scope="module")
def local(starter_model: Path) -> Said:
    with EngineChild() as child:
        return Said(child, LOCAL, starter_model)


@pytest.fixture
def child() -> Iterator[EngineChild]:
    with EngineChild() as running:
        yield running


def test_two_machines_give_the_tokens_lanes_and_sketches_of_one(
    child: EngineChild, local: Said, starter_model: Path
) -> None:
    with rpc_machine() as one, rpc_machine() as other:
        said = Said(child, with_machines(one, other), starter_model)
        assert ids(said.greedy) == ids(local.greedy)
        assert len(said.greedy) == 40
        assert list(map(ids, said.lanes.values())) == list(map(ids, local.lanes.values()))
        assert said.sketch.ids.tolist()[:20] == local.sketch.ids.tolist()[:20]
        here, there = (it.distribution(1.0)[1] for it in (local.sketch, said.sketch))
        assert abs(here[0] - there[0]) < 1e-3

        processor, *others = said.report.devices
        assert processor.kind == "processor"
        assert processor.layers == 0
        assert [it.name for it in others] == [one.address, other.address]
        assert [it.layers for it in others] == [16, 15], "by memory, which both have alike"
        assert said.report.layers_offloaded == 30
        assert said.report.backend == "RPC"
        assert said.report.fewer_layers == ""

        # By hand, in the same engine, which gives back what the machines had.
        options = with_machines(one, other, gpu_layers=8, tensor_split=(3.0, 1.0))
        said = Said(child, options, starter_model, **SHORT)
        assert [it.layers for it in said.report.devices] == [23, 6, 2]
        assert ids(said.greedy) == ids(local.greedy)[:12]

        # And without them: they are free for others then.
        (processor,) = child.load(starter_model, LOCAL).report.devices
        assert processor.layers == 31
        assert one.answers()
        assert other.answers()


def until_lost(child: EngineChild) -> tuple[list[AnyEvent], str]:
    """What came of a run until the machine was lost, and which it was."""
    events = child.until(lambda event: isinstance(event, MachineLost))
    lost = events[-1]
    assert isinstance(lost, MachineLost)
    with pytest.raises(ChildEndedError):
        child.next()
    assert child.process.wait(PATIENCE) == 1
    return events, lost.address


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("how", ["kill", "halt"])
def test_a_machine_that_goes_away_while_it_writes(
    child: EngineChild, local: Said, starter_model: Path, how: str
) -> None:
    with rpc_machine() as stays, rpc_machine() as goes:
        child.load(starter_model, with_machines(stays, goes))
        child.send(write(1, 400, GREEDY))
        before = child.until(lambda event: isinstance(event, Token) and event.index == 10)
        getattr(goes, how)()
        after, lost = until_lost(child)
        assert lost == goes.address
        written = ids(records_in(before + after)[0])
        assert written[:40] == ids(local.greedy)[: len(written)], "what was written is there"
        assert len(written) < 400


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("how", ["kill", "halt"])
def test_a_machine_that_goes_away_while_nothing_is_asked(
    child: EngineChild, starter_model: Path, how: str
) -> None:
    with rpc_machine() as machine:
        child.load(starter_model, with_machines(machine))
        getattr(machine, how)()
        events, lost = until_lost(child)
        assert (len(events), lost) == (1, machine.address)


LONG = Prompt(manuscript="The old fisherman looked out over the grey water. " * 60)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_machine_that_is_halted_within_the_first_batch_of_a_long_text(
    starter_model: Path,
) -> None:
    # Of a first batch nothing would be known, and it would have a minute.
    with EngineChild(patience=30) as child, rpc_machine() as machine:
        child.load(starter_model, with_machines(machine, context_size=1024))
        child.send(PreviewNextToken(request=1, prompt=LONG))
        child.until(lambda event: isinstance(event, Evaluating))
        machine.halt()
        assert until_lost(child)[1] == machine.address


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_slow_machine_reads_a_long_text_in_batches_that_take_it_no_longer_than_a_token_may(
    child: EngineChild, starter_model: Path
) -> None:
    with rpc_machine() as machine:
        with machine.slowed():
            child.load(starter_model, with_machines(machine, context_size=1024))
            child.send(PreviewNextToken(request=1, prompt=LONG))
            child.until(lambda event: isinstance(event, Evaluating))
            done = [0]
            while len(done) < 4:
                event = child.next()
                assert isinstance(event, Evaluating)
                done.append(event.done)
            assert max(after - before for before, after in pairwise(done)) < 128
        machine.halt()
        assert until_lost(child)[1] == machine.address


@pytest.mark.skipif(sys.platform != "linux", reason="a network of its own is Linux's")
@pytest.mark.parametrize("moment", ["asked", "asking"])
def test_a_machine_whose_cable_is_pulled_while_it_computes(
    starter_model: Path, moment: str
) -> None:
    own_network = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*own_network, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody make a network of its own")
    require_rpc()
    script = [sys.executable, "-m", "tests.helpers.pulled_cable", str(starter_model), moment]
    done = subprocess.run([*own_network, *script], cwd=ROOT, capture_output=True, check=True)
    assert json.loads(done.stdout)["lost"]


def test_a_machine_that_is_not_there_leaves_the_open_model_as_it_is(
    child: EngineChild, tmp_path: Path, starter_model: Path
) -> None:
    child.load(starter_model, LOCAL)
    nobody = f"127.0.0.1:{free_port()}"
    options = LoadOptions(threads=1, context_size=512, machines=(nobody,))
    (failed,) = child.ask(Load(request=5, path=str(starter_model), options=options))
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.machine, failed.has_model) == ("machine", nobody, True)
    assert nobody in failed.message
    assert tokens_in(child.ask(write(6, 3, GREEDY)))


def test_an_address_of_the_internet_is_not_asked(child: EngineChild, starter_model: Path) -> None:
    options = LoadOptions(threads=1, machines=("8.8.8.8:50052",))
    (failed,) = child.ask(Load(request=5, path=str(starter_model), options=options))
    assert isinstance(failed, Failed)
    assert failed.kind == "machine"
    assert "neither protected by a password nor encrypted" in failed.message


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of addresses is Linux's")
def test_where_a_machine_has_no_room_fewer_layers_are_there_and_that_is_said(
    child: EngineChild, local: Said, starter_model: Path
) -> None:
    with rpc_machine() as free:
        # What a server takes by itself, and room for some layers.
        size = psutil.Process(free.process.pid).memory_info().vms
    # All the weights have room, and half of such a context.
    long = {"context_size": 8192}
    with rpc_machine(memory=size + 230 * 2**20) as machine:
        said = Said(child, with_machines(machine, **long), starter_model, **SHORT)
        processor, there = said.report.devices
        assert 0 < there.layers < 31
        assert processor.layers + there.layers == 31
        assert machine.address in said.report.fewer_layers
        assert "no room for 31 layers" in said.report.fewer_layers
        assert ids(said.greedy) == ids(local.greedy)[:12]
    with EngineChild() as another, rpc_machine(memory=size + 30 * 2**20) as machine:
        said = Said(another, with_machines(machine, **long), starter_model, **SHORT)
        assert said.report.devices[1].layers == 0
        assert "processor computes all of it" in said.report.fewer_layers
        assert ids(said.greedy) == ids(local.greedy)[:12]


def test_an_interrupt_ends_the_server() -> None:
    with rpc_machine() as machine:
        machine.process.send_signal(signal.SIGINT)
        assert machine.process.wait(PATIENCE) == -signal.SIGINT
