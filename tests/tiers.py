"""Which tier a test belongs to, by what it uses; next to none is marked by hand.

- window: Qt's application, and so widgets, or the whole window with its engine. Tests of
  `studio/app` have Qt's core alone, without a screen, and are of the tier of all else they use.
- process: another process, of the program or its set-up, or the memory that this one takes.
- model: llama.cpp in this process, with the starter model or a tiny one, or real logits.
- unit: none of these.

What a test uses is read from its fixtures and from the names in its code, in that of its fixtures
and of the helpers they call, as far as these are the tests' own. Where only the program's code
does it, the test bears the mark itself: one that does more than its tier may fails.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.mark.expression import Expression  # how -m is read; nothing public does it

TIERS = {
    "unit": "uses neither a model nor another process nor a widget",
    "model": "runs llama.cpp in this process",
    "process": "starts another process, or measures this one's memory",
    "window": "needs Qt's application and its screen",
}
"""From quick to slow, which is the order they run in."""

_APPLICATION = "qapp"
_WITHOUT_WIDGETS = frozenset({Path(__file__).parent / "app"})
WINDOWS = frozenset(Path(__file__).parent / name for name in ("ui", "end_to_end"))
"""Folders in which every test is of the window tier, and that hold all of them."""
_MODELS = frozenset({"starter_model", "real_logits"})
"""Fixtures; others are known by what their code uses."""
_OWN = ("tests", "bootstrapping", "compile_kernels")
"""Packages whose code is read."""
_STARTS = frozenset(
    {"subprocess", "multiprocessing", "posix.fork", "PySide6.QtCore.QProcess", "tracemalloc"}
    | {f"studio.engine.templates.chat_template.compile_{what}" for what in ("template", "source")}
    | {"studio.app.engine_line.process.EngineProcess", "studio.app.engine_line.client.EngineClient"}
)
"""Names of what starts a process, or counts every piece of memory that is asked for."""
_LOADS = (
    *("llama_cpp", "studio.engine.llama.", "studio.commands.bench_sampler.measure_sampler"),
    *("studio.commands.bench_opened.OpenedEngine", "studio.commands.bench_synthetic.measure_"),
    *("tests.helpers.tiny_model.", "tests.real_logits."),
)
"""How names begin of what loads a model, or what one said at a vocabulary's full size."""
_AUDITED = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn", "os.system", "os.exec"})
_NO_PROCESS = ("unit", "model")
_TIER = "tier"
"""What a test's report calls its tier."""


def mark(items: list[pytest.Item]) -> None:
    """Mark every test with its tier that does not bear it.

    Raises:
        pytest.UsageError: A test of a window stands where `is_left_out` looks for none.
    """
    for item in items:
        if not tiers_of(item):
            item.add_marker(tier(item))
        if "window" in tiers_of(item) and not _is_below(item.path, WINDOWS):
            folders = " or ".join(sorted(folder.name for folder in WINDOWS))
            raise pytest.UsageError(f"{item.nodeid} needs a window: it belongs in {folders}")


def is_left_out(path: Path, expression: str) -> bool:
    """Whether a folder or file holds no test of the tiers that are asked for.

    Args:
        path: The folder or file.
        expression: As `-m` is given it; empty for all.
    """
    asked = _asked(expression) if expression else frozenset[str]()
    if path in WINDOWS:
        return bool(asked) and "window" not in asked
    leads_there = any(path in folder.parents for folder in WINDOWS)
    return asked == {"window"} and not (leads_there or _is_below(path, WINDOWS))


@cache
def _asked(expression: str) -> frozenset[str]:
    """The tiers of which an expression takes tests."""
    compiled = Expression.compile(expression)

    def takes(tier: str) -> bool:
        def is_it(name: str, /, **_: object) -> bool:
            return name == tier

        return compiled.evaluate(is_it)

    return frozenset(filter(takes, TIERS))


def tiers_of(item: pytest.Item) -> list[str]:
    """The tiers that a test is marked with."""
    return [marker.name for marker in item.iter_markers() if marker.name in TIERS]


def tier(item: pytest.Item) -> str:
    """The tier of a test, by what it uses."""
    assert isinstance(item, pytest.Function)
    if _is_below(item.path, WINDOWS):
        return "window"
    fixtures = item._fixtureinfo.name2fixturedefs.values()  # no public way leads to their code
    functions = [item.function, *(found[-1].func for found in fixtures)]
    names = set(item.fixturenames)
    if _is_below(item.path, _WITHOUT_WIDGETS):
        names.discard(_APPLICATION)
    return tier_by_use(names, functions)


@cache
def _is_below(path: Path, folders: frozenset[Path]) -> bool:
    return not folders.isdisjoint(path.parents)


def tier_by_use(fixtures: Iterable[str], functions: Iterable[Callable[..., object]]) -> str:
    """The tier of a test.

    Args:
        fixtures: The names of its fixtures.
        functions: Itself, and the functions that make its fixtures.
    """
    if _APPLICATION in fixtures:
        return "window"
    names = set[str]()
    for function in functions:
        names |= _used(inspect.unwrap(_inner(function)))
    if names & _STARTS:
        return "process"
    if not _MODELS.isdisjoint(fixtures) or any(name.startswith(_LOADS) for name in names):
        return "model"
    return "unit"


class TierWatch:
    """Puts quick tiers first, times each, and has a test fail that does what its tier may not.

    What a test uses is known by names, and the program's own code is not read; this sees it done.
    """

    def __init__(self) -> None:
        self._running: pytest.Item | None = None
        self._seconds = dict.fromkeys(TIERS, 0.0)
        self._counts = dict.fromkeys(TIERS, 0)
        sys.addaudithook(self._audit)

    @pytest.hookimpl(trylast=True)  # pytest orders tests too, by the fixtures that they share
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put quick tiers first."""
        order = list(TIERS)
        items.sort(key=lambda item: order.index(tiers_of(item)[0]))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Know which test runs."""
        item.user_properties.append((_TIER, tiers_of(item)[0]))
        self._running = item if not set(_NO_PROCESS).isdisjoint(tiers_of(item)) else None
        try:
            return (yield)
        finally:
            self._running = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a test's time to that of its tier.

        It may have run in another process, which sends its reports alone, and one that died none.
        """
        name = dict(report.user_properties).get(_TIER)
        if isinstance(name, str):
            self._seconds[name] += report.duration
            self._counts[name] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how long each tier took."""
        for name, count in self._counts.items():
            if count:
                terminalreporter.write_line(f"{name}: {count} tests in {self._seconds[name]:.0f} s")

    def _audit(self, event: str, _arguments: tuple[Any, ...]) -> None:
        if event in _AUDITED and self._running is not None:
            raise AssertionError(
                f"a test of the tier {tiers_of(self._running)[0]} starts a process: "
                "name what does so in tests/tiers.py"
            )


def _inner(function: Callable[..., object]) -> Callable[..., object]:
    """What Hypothesis runs for one that it has wrapped."""
    given = getattr(function, "hypothesis", None)
    return given.inner_test if given is not None else function


@cache
def _used(function: Callable[..., object]) -> frozenset[str]:
    """The full names of what a function uses, by itself and by what of ours it calls."""
    names = set[str]()
    waiting: list[object] = [function]
    seen = set[int]()
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if inspect.isclass(found):
            waiting += [getattr(member, "__func__", member) for member in vars(found).values()]
        elif isinstance(found, property):
            waiting.append(found.fget)
        elif isinstance(found, FunctionType):
            for value in _values(found, names):
                names.add(_full_name(value))
                if _is_own(value):
                    waiting.append(inspect.unwrap(value))
    return frozenset(names)


def _values(function: FunctionType, names: set[str]) -> Iterator[Any]:
    """What the names in a function stand for; those of nothing known are added to `names`."""
    for code in _codes(function.__code__):
        owners = [function.__globals__]
        owners += [vars(it) for name in code.co_names if _is_module(it := owners[0].get(name))]
        for name in code.co_names:
            found = [owner[name] for owner in owners if name in owner]
            if not found:
                names.add(name)  # an attribute, or a module that is imported here
            yield from found


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions within."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _full_name(value: Any) -> str:
    if isinstance(value, ModuleType):
        return value.__name__
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"


def _is_module(value: Any) -> bool:
    return isinstance(value, ModuleType)


def _is_own(value: Any) -> bool:
    is_code = inspect.isclass(value) or isinstance(value, FunctionType)
    return is_code and value.__module__.split(".")[0] in _OWN
