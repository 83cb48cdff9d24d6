"""Which preset is in force when a model was opened, and that nothing turned is lost by it."""

from pathlib import Path

import pytest

from studio.app.presets.defaults import model_key
from studio.engine.messages import Loading
from tests.helpers.preset_desk import Desk

SIZE = 98_000_000
A, B = "/models/A.gguf", "/models/B.gguf"


@pytest.fixture
def desk(tmp_path: Path, qapp: object) -> Desk:
    desk = Desk(tmp_path / "presets")
    desk.presets.save_as("Mine")
    desk.choose("Creative writing")
    desk.defaults.set_of_model(model_key(A, SIZE), "Code")
    return desk


def test_a_model_opens_with_its_own(desk: Desk) -> None:
    desk.open(A)
    assert desk.current == "Code"
    assert desk.sampling.params.temperature == 0.1
    assert desk.reported == ["“A” opens with its own preset, “Code”."]


def test_without_one_with_the_default_and_without_that_as_it_was(desk: Desk) -> None:
    desk.open(B)
    assert (desk.current, desk.reported) == ("Creative writing", [])
    desk.defaults.set_default("Mine")
    desk.open(A)
    desk.open(B)
    assert desk.current == "Mine"
    assert desk.reported[-1] == "“B” opens with the default preset, “Mine”."


def test_another_file_of_the_same_name_is_another_model(desk: Desk) -> None:
    desk.open(A, file_bytes=SIZE + 1)
    assert desk.current == "Creative writing"


def test_what_was_turned_before_comes_back_value_for_value(desk: Desk) -> None:
    desk.choose("Mine")
    desk.sampling.change(temperature=0.77, top_k=7)
    desk.sampling.set_max_tokens(33)
    desk.prompting.set_stop(("END",))
    turned = desk.presets.active
    desk.open(A)
    assert desk.presets.active != turned
    desk.sampling.change(top_p=0.5)  # and something turned afterwards does not mix with it
    desk.presets.put_back()
    assert (desk.current, desk.presets.active) == ("Mine", turned)
    assert desk.presets.before is None


def test_what_was_turned_comes_back_though_its_preset_was_deleted(desk: Desk) -> None:
    desk.choose("Mine")
    desk.sampling.change(temperature=0.77)
    desk.open(A)
    desk.presets.delete("Mine")
    desk.presets.put_back()
    assert (desk.current, desk.sampling.params.temperature) == ("Mine", 0.77)
    assert "Mine" in desk.names


def test_the_same_model_again_changes_nothing(desk: Desk) -> None:
    desk.open(A)
    desk.choose("Neutral")
    desk.sampling.change(temperature=3.0)
    desk.model.reopen()
    desk.end_opening()
    assert (desk.current, desk.sampling.params.temperature) == ("Neutral", 3.0)
    desk.client.die()
    desk.model.reopen()
    desk.end_opening()
    assert (desk.current, desk.sampling.params.temperature) == ("Neutral", 3.0)


def test_back_and_forth_each_time_its_own(desk: Desk) -> None:
    desk.defaults.set_of_model(model_key(B, SIZE), "Mine")
    for path, name in ((A, "Code"), (B, "Mine"), (A, "Code")):
        desk.open(path)
        assert desk.current == name


def test_a_hand_during_the_load_is_the_later_one(desk: Desk) -> None:
    desk.begin_to_open(A)
    desk.choose("Neutral")
    desk.client.answer(Loading(request=desk.client.sent[-1].request, fraction=0.5))
    desk.end_opening()
    assert desk.current == "Neutral"
    desk.open(B)
    desk.begin_to_open(A)
    desk.sampling.change(temperature=0.5)
    desk.end_opening()
    assert (desk.current, desk.sampling.params.temperature) == ("Neutral", 0.5)
    assert desk.reported == []


def test_a_model_that_does_not_open_changes_nothing(desk: Desk) -> None:
    desk.sampling.change(temperature=0.5)
    desk.fail_to_open(A)
    assert (desk.current, desk.sampling.params.temperature) == ("Creative writing", 0.5)
    desk.open(A)
    assert desk.current == "Code"


def test_turned_values_of_the_same_preset_stay(desk: Desk) -> None:
    desk.choose("Code")
    desk.sampling.change(temperature=0.5)
    desk.open(A)
    assert (desk.current, desk.sampling.params.temperature) == ("Code", 0.5)
    assert desk.reported == []


def test_the_program_starts_with_the_models_own_before_it_is_loaded(
    desk: Desk, tmp_path: Path
) -> None:
    model = tmp_path / "M.gguf"
    model.write_bytes(b"x" * 10)
    desk.defaults.set_of_model(model_key(model, 10), "Greedy")
    desk.settings.save()
    next_time = Desk(desk.folder.path, "Mine")
    next_time.opening.start(model)
    assert next_time.current == "Greedy"
    # Turned while it loads: it stays, and nothing is reported.
    next_time.sampling.change(temperature=0.5)
    next_time.open(str(model), file_bytes=10)
    assert (next_time.current, next_time.sampling.params.temperature) == ("Greedy", 0.5)
    next_time.choose("Code")
    next_time.model.reopen()
    next_time.end_opening(file_bytes=10)
    assert (next_time.current, next_time.reported) == ("Code", [])


def test_the_program_starts_with_the_default_else_with_the_last_one(desk: Desk) -> None:
    last = Desk(desk.folder.path, "Mine")
    last.opening.start(None)
    assert last.current == "Mine"
    desk.defaults.set_default("Neutral")
    desk.settings.save()
    default = Desk(desk.folder.path, "Mine")
    default.opening.start(Path("/gone.gguf"))
    assert default.current == "Neutral"


def test_a_default_whose_file_is_gone_is_no_obstacle(desk: Desk) -> None:
    desk.defaults.set_default("Nobody")
    desk.defaults.set_of_model(model_key(B, SIZE), "Nobody either")
    desk.open(B)
    assert desk.current == "Creative writing"
    desk.defaults.set_default("Neutral")
    desk.open(A)
    desk.open(B)
    assert desk.current == "Neutral"
