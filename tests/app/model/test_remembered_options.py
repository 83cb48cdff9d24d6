import pytest

from studio.app import settings as remembered
from studio.app.model.remembered_options import load_options, remember_options
from studio.app.settings import Settings
from studio.engine.messages import LoadOptions

pytestmark = pytest.mark.usefixtures("own_settings")


def test_what_a_model_was_opened_with_is_there_the_next_time() -> None:
    options = LoadOptions(
        gpu_layers=3,
        machines=("cellar.local:50052", "8.8.8.8:1"),
        public_machines=("8.8.8.8:1",),
        tensor_split=(2.0, 1.0),
        context_size=512,
        threads=2,
        memory_map=False,
        prompt_cache_mib=0,
        flash_attention="off",
    )
    settings = Settings()
    assert load_options(settings) == LoadOptions()
    remember_options(settings, options)
    assert settings.save() == ""
    assert load_options(Settings()) == options


def test_what_nobody_could_have_chosen_is_not_remembered() -> None:
    settings = Settings()
    settings.set(remembered.THREADS, 3)
    settings.set(remembered.CONTEXT_SIZE, -5)
    assert load_options(settings) == LoadOptions(threads=3), "not remembered at all"
    settings.set(remembered.CONTEXT_SIZE, 2)
    assert load_options(settings) == LoadOptions(), "fewer tokens than llama.cpp can do with"


def test_damaged_machines_leave_the_defaults() -> None:
    settings = Settings()
    settings.set(remembered.MACHINES, ["no address"])
    assert load_options(settings) == LoadOptions()
    settings.set(remembered.MACHINES, ["cellar:1"])
    settings.set(remembered.TENSOR_SPLIT, "1,x")
    assert load_options(settings) == LoadOptions()
