"""What speaks at an address is said before it is opened, whichever program it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from studio.app.model.servers import Servers
from studio.app.model.state import ModelState
from studio.app.settings import Settings
from tests.helpers.fake_engine import FakeClient
from tests.helpers.faulty_server import FaultyServer, NoHttp
from tests.helpers.openai_server import Pretend

Look = Callable[[str, str], str]


@pytest.fixture
def look(qtbot: QtBot) -> Look:
    settings = Settings()
    servers = Servers(ModelState(FakeClient()), settings)

    def looked(url: str, key: str) -> str:
        with qtbot.waitSignal(servers.looked) as found:
            servers.look(url, key)
        assert found.args is not None
        return str(found.args[0])

    return looked


def test_a_server_that_draws_by_itself(look: Look) -> None:
    with FaultyServer(Pretend("ollama", key="sk-right")) as server:
        said = look(server.url, "sk-right")
        assert said.startswith("Ollama 0.14.0 with “tiny”. It draws by itself")
        assert "asks for a key" in look(server.url, "")
        server.fault = NoHttp()
        assert "speaks another protocol" in look(server.url, "sk-right")
