"""Devices that are chosen for a model; other machines are strangers or do not exist."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.model.devices import AUTOMATIC, DeviceChoice
from studio.engine.machine_query import DeviceMemory, Machine, MachineError
from studio.engine.messages import DeviceReport, LoadOptions, ModelReport
from tests.helpers.fake_engine import model_report
from tests.helpers.waiting import LONG

GIB = 2**30
ONE, OTHER, PUBLIC = "10.0.0.1:50052", "10.0.0.2:50052", "8.8.8.8:50052"
PROCESSOR = DeviceReport(kind="processor", name="A processor", free=GIB, total=GIB)
GPU = DeviceReport(kind="gpu", name="A card", free=3 * GIB, total=4 * GIB)

Choose = Callable[..., DeviceChoice]


def machine(address: str, free: int = GIB) -> Machine:
    return Machine(address=address, endpoint=address, devices=(DeviceMemory(free, free),))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Machines answer but for public ones that were not confirmed; what was asked."""
    calls: list[list[str]] = []

    def ask(addresses: list[str], confirmed: tuple[str, ...]) -> list[Machine | MachineError]:
        calls.append(addresses)
        return [
            MachineError(one, "public", "not yours")
            if one == PUBLIC and one not in confirmed
            else machine(one)
            for one in addresses
        ]

    monkeypatch.setattr("studio.app.model.devices.ask_machines", ask)
    return calls


@pytest.fixture
def choose(qtbot: QtBot, starter_model: Path, asked: list[list[str]]) -> Choose:
    """A choice once all is known that it asks for."""

    def made(options: LoadOptions, report: ModelReport | None = None) -> DeviceChoice:
        choice = DeviceChoice(options, report, str(starter_model))
        settle(choice, qtbot)
        return choice

    return made


def settle(choice: DeviceChoice, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: choice.is_settled, timeout=LONG)


REPORT = model_report("/m/a.gguf", devices=(PROCESSOR, GPU))
ALONE = model_report("/m/a.gguf", devices=(PROCESSOR,))


def test_layers_are_shared_out_by_memory_and_the_processor_has_the_rest(
    choose: Choose, qtbot: QtBot
) -> None:
    choice = choose(LoadOptions(), REPORT)
    assert [(row.name, row.layers) for row in choice.rows] == [("A processor", 0), ("A card", 31)]
    choice.add(ONE)
    settle(choice, qtbot)
    rows = choice.rows
    assert [row.name for row in rows] == ["A processor", ONE, "A card"]
    assert [row.layers for row in rows] == [0, 7, 24]
    assert "3.2 GB of 4.3 GB" in rows[2].memory
    assert choice.applied(LoadOptions(threads=3)) == LoadOptions(threads=3, machines=(ONE,))
    choice.remove(ONE)
    assert choice.applied(LoadOptions()) == LoadOptions()


def test_numbers_by_hand_become_what_llama_cpp_is_given(choose: Choose, qtbot: QtBot) -> None:
    choice = choose(LoadOptions(machines=(ONE,)), REPORT)
    choice.choose(2, 10)
    assert [row.layers for row in choice.rows] == [0, 21, 10], "one by hand, one by memory"
    choice.choose(1, 5)
    assert [row.layers for row in choice.rows] == [16, 5, 10]
    options = choice.applied(LoadOptions())
    assert options == LoadOptions(gpu_layers=15, machines=(ONE,), tensor_split=(5.0, 10.0))
    again = choose(options, REPORT)
    assert [row.chosen for row in again.rows] == [AUTOMATIC, 5, 10]
    assert again.rows[2].needed > again.rows[1].needed > 0
    again.choose(1, 0)
    again.choose(2, 0)
    assert [row.needed > 0 for row in again.rows] == [True, False, False]
    assert again.applied(LoadOptions()) == LoadOptions(gpu_layers=0, machines=(ONE,))


def test_a_number_for_a_processor_alone_is_kept(choose: Choose) -> None:
    options = LoadOptions(gpu_layers=5)
    assert choose(options, ALONE).applied(LoadOptions()) == options
    (processor,) = choose(options, ALONE).rows
    assert processor.layers == 31
    _, card = choose(options).rows
    assert card.chosen == 5, "until a model was loaded there may be a graphics processor"
    assert choose(options).applied(LoadOptions()) == options


def test_a_machine_that_is_not_in_ones_own_network_waits_for_a_yes(
    choose: Choose, qtbot: QtBot, asked: list[list[str]]
) -> None:
    choice = choose(LoadOptions(), ALONE)
    choice.add(PUBLIC)
    settle(choice, qtbot)
    assert choice.unconfirmed == [PUBLIC]
    row = choice.rows[1]
    assert (row.is_public, row.trouble, row.layers) == (True, "not yours", AUTOMATIC)
    choice.confirm(PUBLIC)
    settle(choice, qtbot)
    assert choice.unconfirmed == []
    assert choice.rows[1].layers == 31
    applied = choice.applied(LoadOptions())
    assert applied == LoadOptions(machines=(PUBLIC,), public_machines=(PUBLIC,))
    assert asked == [[PUBLIC], [PUBLIC]]


def test_a_machine_that_computes_now_is_not_asked(choose: Choose, asked: list[list[str]]) -> None:
    used = DeviceReport(kind="machine", name=ONE, free=GIB, total=GIB, layers=9)
    report = model_report("/m/a.gguf", devices=(PROCESSOR, used, used))
    choice = choose(LoadOptions(machines=(ONE,)), report)
    assert asked == []
    assert choice.rows[1].memory == "2.1 GB, in use now", "its devices together"


def test_what_is_no_address_or_there_already_is_refused(choose: Choose) -> None:
    choice = choose(LoadOptions(machines=(ONE,)), ALONE)
    for text, why in (("cellar", "HOST:PORT"), (f" {ONE}", "there already")):
        with pytest.raises(ValueError, match=why):
            choice.add(text)
    assert choice.machines == [ONE]
