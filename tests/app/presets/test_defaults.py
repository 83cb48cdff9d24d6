from pathlib import Path

import pytest

from studio.app.presets.defaults import PresetDefaults, model_file, model_key
from studio.app.settings import MODEL_PRESETS, Settings
from tests.helpers.preset_desk import Desk

KEY = model_key("/models/Tiny Q4.gguf", 98_000_000)
OTHER = model_key("/models/Big.gguf", 5)


def remembered(desk: Desk) -> PresetDefaults:
    return PresetDefaults(desk.settings, desk.presets)


def test_a_model_is_known_by_its_file_wherever_it_lies() -> None:
    assert model_key("/a/m.gguf", 5) == model_key(Path("/b/m.gguf"), 5)
    assert len({model_key("m.gguf", 5), model_key("m.gguf", 6), model_key("n.gguf", 5)}) == 3
    assert model_file(KEY) == "Tiny Q4.gguf"


def test_its_own_before_the_default_and_both_are_undone(desk: Desk) -> None:
    desk.defaults.set_default("Mine")
    desk.defaults.set_of_model(KEY, "Code")
    assert remembered(desk).names_for(KEY) == ["Code", "Mine"]
    assert remembered(desk).names_for(OTHER) == ["Mine"]
    assert remembered(desk).models_of("Code") == [KEY]
    desk.defaults.set_of_model(KEY, "")
    assert remembered(desk).names_for(KEY) == ["Mine"]
    desk.defaults.set_default("")
    assert remembered(desk).names_for(KEY) == []


def test_both_follow_a_new_name(desk: Desk) -> None:
    desk.defaults.set_default("Mine")
    desk.defaults.set_of_model(KEY, "Mine")
    desk.defaults.set_of_model(OTHER, "Other")
    desk.presets.rename("Mine", "Own")
    found = remembered(desk)
    assert (found.default, found.of_model(KEY), found.of_model(OTHER)) == ("Own", "Own", "Other")


def test_both_go_with_what_is_deleted_and_come_back_with_it(desk: Desk) -> None:
    desk.defaults.set_default("Mine")
    desk.defaults.set_of_model(KEY, "Mine")
    desk.defaults.set_of_model(OTHER, "Mine")
    deleted = desk.presets.delete("Mine")
    assert deleted
    assert remembered(desk).names_for(KEY) == []
    # What was set since stands.
    desk.defaults.set_of_model(OTHER, "Code")
    desk.presets.restore(deleted)
    found = remembered(desk)
    assert (found.default, found.of_model(KEY), found.of_model(OTHER)) == ("Mine", "Mine", "Code")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "null", "[" * 100_000])
def test_what_is_damaged_counts_as_absent(desk: Desk, text: str) -> None:
    desk.settings.set(MODEL_PRESETS, text)
    assert remembered(desk).names_for(KEY) == []


def test_a_model_whose_name_is_no_unicode(desk: Desk) -> None:
    key = model_key("/a/caf\udce9.gguf", 5)
    desk.defaults.set_of_model(key, "Mine")
    assert desk.settings.save() == ""
    assert PresetDefaults(Settings(), desk.presets).of_model(key) == "Mine"


def test_a_name_with_signs_that_a_file_of_settings_uses_itself(desk: Desk) -> None:
    name = "A, “b”; c = d % é"
    desk.presets.save_as(name)
    desk.defaults.set_of_model(KEY, name)
    desk.favourites.set(name, True)
    assert desk.settings.save() == ""
    assert PresetDefaults(Settings(), desk.presets).of_model(KEY) == name
