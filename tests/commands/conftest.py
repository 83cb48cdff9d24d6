import pytest

from tests.helpers.tiny_model import write_byte_level_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model whose tokens are bytes, as an argument of a command line."""
    return str(write_byte_level_model(tmp_path_factory.mktemp("models") / "tiny.gguf"))
