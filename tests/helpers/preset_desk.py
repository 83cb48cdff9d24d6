"""What a window puts together of presets, on an engine that is played, and without widgets."""

from pathlib import Path

from studio.app.model.state import ModelState
from studio.app.parameters.prompt_settings import PromptSettings
from studio.app.parameters.sampling_state import SamplingState
from studio.app.presets.defaults import PresetDefaults
from studio.app.presets.favourites import PresetFavourites
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.preset_opening import PresetOpening
from studio.app.presets.state import PresetState
from studio.app.settings import Settings
from studio.engine.messages import Failed, Loaded
from studio.presets import Preset, PresetFolder
from tests.helpers.fake_engine import FakeClient, model_report


class Desk:
    """One beginning of the program; another `Desk` of the same folder is the next one."""

    def __init__(self, path: Path, preset: str = "Creative writing") -> None:
        self.folder = PresetFolder(path)
        self.preset_choice = PresetChoice(self.folder.all_presets(), preset)
        current = self.preset_choice.current
        self.sampling = SamplingState(current.sampling, current.max_tokens)
        self.prompting = PromptSettings(current)
        self.presets = PresetState(
            self.folder, self.preset_choice, self.sampling, prompting=self.prompting
        )
        self.client = FakeClient()
        self.model = ModelState(self.client)
        self.settings = settings = Settings()
        self.favourites = PresetFavourites(settings, self.presets)
        self.defaults = PresetDefaults(settings, self.presets)
        self.opening = PresetOpening(self.model, self.preset_choice, self.presets, self.defaults)
        self.failures: list[str] = []
        self.reported: list[str] = []
        self.presets.failed.connect(self.failures.append)
        self.opening.reported.connect(self.reported.append)
        self.preset_choice.chosen.connect(self._follow)

    def _follow(self, preset: Preset) -> None:
        self.sampling.set_params(preset.sampling)
        self.sampling.set_max_tokens(preset.max_tokens)
        self.prompting.follow(preset)

    @property
    def names(self) -> list[str]:
        """The writer's own presets."""
        return [preset.name for preset in self.preset_choice.presets][6:]

    @property
    def current(self) -> str:
        return self.preset_choice.current.name

    def choose(self, name: str) -> None:
        preset = self.preset_choice.named(name)
        assert preset is not None, name
        self.preset_choice.choose(preset)

    def begin_to_open(self, path: str) -> None:
        self.model.open(path)

    def end_opening(self, **facts: object) -> None:
        report = model_report(self.model.path, **facts)
        self.client.answer(Loaded(request=self.client.sent[-1].request, report=report))

    def open(self, path: str, **facts: object) -> None:
        self.begin_to_open(path)
        self.end_opening(**facts)

    def fail_to_open(self, path: str) -> None:
        self.begin_to_open(path)
        request = self.client.sent[-1].request
        self.client.answer(Failed(request=request, kind="model_file", message="It is bad."))


def desk_with(path: Path, *presets: Preset) -> Desk:
    """A desk in whose folder there are presets of the user's.

    Args:
        path: The folder.
        presets: They.
    """
    desk = Desk(path)
    for preset in presets:
        desk.folder.add(preset)
    desk.presets.read()
    return desk
