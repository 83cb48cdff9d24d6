"""Each test is of one tier, that of what it uses."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from studio.app.engine_line.client import EngineClient
from studio.engine.llama.model import Model
from studio.engine.messages import LoadOptions
from tests import tiers
from tests.helpers.engine_child import EngineChild
from tests.helpers.tiny_model import write_byte_level_model

ROOT = Path(__file__).parents[1]


def test_every_test_has_exactly_one_tier(request: pytest.FixtureRequest) -> None:
    wrong = {
        item.nodeid: found
        for item in request.session.items
        if len(found := tiers.tiers_of(item)) != 1
    }
    assert wrong == {}


def test_quick_tiers_come_first(request: pytest.FixtureRequest) -> None:
    order = [list(tiers.TIERS).index(tiers.tiers_of(item)[0]) for item in request.session.items]
    assert order == sorted(order)


def _starts_an_engine() -> None:
    def later() -> None:
        EngineChild()

    later()


def _has_the_windows_line_to_an_engine() -> EngineClient:
    return EngineClient()


def _imports_what_starts_one() -> None:
    import subprocess

    subprocess.run(["true"], check=True)


def _loads_a_model() -> Model:
    return Model(Path("model.gguf"), LoadOptions(), lambda _: True)


class _Desk:
    @property
    def model(self) -> Path:
        return write_byte_level_model(Path("model.gguf"))


def _uses_a_class_that_writes_a_model() -> None:
    assert _Desk().model


@pytest.mark.parametrize(
    ("function", "fixtures", "expected"),
    [
        (len, (), "unit"),
        (tiers.tiers_of, ("tmp_path",), "unit"),
        (_loads_a_model, (), "model"),
        (_uses_a_class_that_writes_a_model, (), "model"),
        (tiers.tiers_of, ("starter_model",), "model"),
        (_starts_an_engine, (), "process"),
        (_starts_an_engine, ("starter_model",), "process"),
        (_has_the_windows_line_to_an_engine, (), "process"),
        (_imports_what_starts_one, (), "process"),
        (tiers.tiers_of, ("qapp",), "window"),
    ],
)
def test_a_tier_is_known_by_what_is_used(
    function: Callable[..., object], fixtures: tuple[str, ...], expected: str
) -> None:
    assert tiers.tier_by_use(fixtures, [function]) == expected


@pytest.mark.parametrize(
    ("path", "expression", "expected"),
    [
        ("tests/ui", "", False),
        ("tests/ui", "unit", True),
        ("tests/ui", "not window", True),
        ("tests/ui", "window or unit", False),
        ("tests/ui/editor/test_editor.py", "window", False),
        ("tests", "window", False),
        ("tests/app", "window", True),
        ("tests/app", "model or process", False),
        ("tests/app", "", False),
        ("tests/test_tiers.py", "window", True),
        ("tests/app", "not window", False),
    ],
)
def test_folders_of_other_tiers_are_not_looked_into(
    path: str, expression: str, expected: bool
) -> None:
    assert tiers.is_left_out(ROOT / path, expression) is expected


def test_a_test_of_a_window_stands_with_the_others(request: pytest.FixtureRequest) -> None:
    item = pytest.Function.from_parent(request.node.parent, name=request.node.name)
    item.add_marker("window")
    with pytest.raises(pytest.UsageError, match="belongs in end_to_end or ui"):
        tiers.mark([item])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such call")
def test_a_test_of_this_tier_that_starts_a_process_fails() -> None:
    with pytest.raises(AssertionError, match="tier unit starts a process"):
        os.posix_spawn("/bin/true", ["true"], {})


def test_a_report_of_another_process_says_its_tier_or_is_not_counted() -> None:
    watch, said = tiers.TierWatch(), list[str]()
    report = pytest.TestReport(
        "test_a", ("test_a.py", 1, "test_a"), {}, "passed", None, "call", duration=3.0
    )
    watch.pytest_runtest_logreport(report)  # of one that died
    report.user_properties = [("tier", "unit")]
    watch.pytest_runtest_logreport(report)
    watch.pytest_terminal_summary(SimpleNamespace(write_line=said.append))  # type: ignore[arg-type]
    assert said == ["unit: 1 tests in 3 s"]
