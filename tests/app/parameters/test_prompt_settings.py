from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.parameters.prompt_settings import PromptSettings
from studio.app.parameters.sampling_state import SamplingState
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.state import PresetState
from studio.app.writing.draft import Draft
from studio.engine.messages import Prompt
from studio.presets import Preset, PresetError, PresetFolder
from studio.presets.preset import LONGEST_STOP

PRESET = Preset(name="Mine", prompt_format="chat", system_message="Be kind.", stop=("THE END",))


def test_a_change_is_reported_once_and_only_where_something_differs(qtbot: QtBot) -> None:
    settings = PromptSettings(PRESET)
    with qtbot.assertNotEmitted(settings.changed):
        settings.follow(PRESET)
        settings.set_stop(("THE END",))
        settings.set_prompt_format("chat")
    with qtbot.waitSignal(settings.changed):
        settings.set_system_message("Be brief.")
    assert settings.system_message == "Be brief."


def test_stop_strings_are_checked_and_each_counts_once() -> None:
    settings = PromptSettings(PRESET)
    settings.set_stop(("a", "b", "a"))
    assert settings.stop == ("a", "b")
    for bad in (("",), ("x" * (LONGEST_STOP + 1),), tuple(str(n) for n in range(33))):
        with pytest.raises(PresetError, match="stop"):
            settings.set_stop(bad)
    assert settings.stop == ("a", "b")


def test_the_prompt_follows(qtbot: QtBot) -> None:
    draft = Draft(PRESET)
    with qtbot.waitSignal(draft.prompt_changed):
        draft.prompting.set_prompt_format("plain")
    assert draft.prompt() == Prompt(manuscript="", system="Be kind.", format="plain")
    draft.prompting.set_stop(("\n\n",))
    assert draft.stop == ("\n\n",)


def test_what_is_turned_counts_as_turned_and_is_saved(qtbot: QtBot, tmp_path: Path) -> None:
    folder = PresetFolder(tmp_path)
    folder.add(PRESET)
    preset_choice = PresetChoice(folder.all_presets(), "Mine")
    sampling = SamplingState(PRESET.sampling, PRESET.max_tokens)
    prompting = PromptSettings(PRESET)
    presets = PresetState(folder, preset_choice, sampling, prompting=prompting)
    with qtbot.waitSignal(presets.changed):
        prompting.set_stop(("THE END", "Fin."))
    assert presets.differences == [("stop", ("THE END",), ("THE END", "Fin."))]
    assert presets.rename("Mine", "Yours")
    assert prompting.stop == ("THE END", "Fin."), "a new name leaves what was turned"
    assert presets.save()
    saved = next(
        preset for preset in PresetFolder(tmp_path).all_presets() if preset.name == "Yours"
    )
    assert saved.stop == ("THE END", "Fin.")
    assert not presets.differences
