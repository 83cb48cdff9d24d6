"""The values in force of all parameters, wherever they are kept.

Sampling parameters and the length are in `SamplingState`, prompt and stop strings in
`PromptSettings`. Only what was reset last is kept here.
"""

from collections.abc import Iterable, Mapping

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.parameters.groups import BIASES, BIASES_FOR, PROMPT_FORMAT, STOP, SYSTEM_MESSAGE
from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.prompt_settings import PromptSettings
from studio.app.parameters.sampling_state import SamplingState
from studio.app.parameters.table import MAX_TOKENS
from studio.sampling import SamplingParams
from studio.translation import mark, tr

MIROSTAT_INSTEAD = mark("Without effect now: Mirostat takes its place.")
LEFT_OUT = mark("Without effect now: its step is left out of the order.")


class ParameterValues(QObject):
    """Reads, sets and resets parameters by their declaration.

    Args:
        sampling: The sampling parameters and the length.
        prompting: Prompt format, system message and stop strings.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """A value has changed, or whether `bring_back` would do something."""

    def __init__(
        self,
        sampling: SamplingState,
        prompting: PromptSettings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._sampling = sampling
        self._prompting = prompting
        self._former: Mapping[Parameter, object] = {}
        self._is_resetting = False
        self._is_watched = True
        for signal in (sampling.params_changed, sampling.max_tokens_changed, prompting.changed):
            signal.connect(self._on_changed)

    def set_watched(self, is_watched: bool) -> None:
        """Set whether the parameters are shown: while they are not, `changed` is held back."""
        self._is_watched = is_watched
        if is_watched:
            self.changed.emit()

    @property
    def params(self) -> SamplingParams:
        """The sampling parameters in force."""
        return self._sampling.params

    def value(self, parameter: Parameter) -> object:
        """The value in force."""
        if parameter is MAX_TOKENS:
            return self._sampling.max_tokens
        if parameter in _PROMPTING:
            return getattr(self._prompting, parameter.name)
        return getattr(self._sampling.params, parameter.name)

    def number(self, parameter: Number) -> float:
        """The value in force of a number."""
        value = self.value(parameter)
        assert isinstance(value, int | float), parameter.name
        return value

    def set(self, parameter: Parameter, value: object) -> None:
        """Put another value in force.

        Args:
            parameter: What is set.
            value: Its new value.

        Raises:
            ValueError: It is not allowed; names the field. What is in force stays.
        """
        self._set({parameter: value})

    def set_all(self, values: Mapping[Parameter, object]) -> None:
        """Put several values in force at once; raises as `set` does."""
        self._set(values)

    def is_neutral(self, parameter: Parameter) -> bool:
        """Whether a parameter has the value that has no effect, or the usual one."""
        return self.value(parameter) == parameter.neutral

    def turned(self, parameters: Iterable[Parameter]) -> list[Parameter]:
        """The ones among `parameters` that are not neutral."""
        return [parameter for parameter in parameters if not self.is_neutral(parameter)]

    def idle_words(self, parameter: Parameter) -> str:
        """Why a value that is not neutral has no effect now; empty where it has."""
        if parameter.step is None or self.is_neutral(parameter):
            return ""
        params = self._sampling.params
        if params.mirostat:
            return "" if parameter.name == "temperature" else tr(MIROSTAT_INSTEAD)
        return "" if parameter.step in params.samplers else tr(LEFT_OUT)

    def reset(self, parameters: Iterable[Parameter]) -> None:
        """Reset parameters to neutral, all at once; `bring_back` undoes it."""
        turned = self.turned(parameters)
        if not turned:
            return
        former = {parameter: self.value(parameter) for parameter in turned}
        if BIASES in former:  # with them goes which vocabulary they are for
            former[BIASES_FOR] = self.value(BIASES_FOR)
        self._is_resetting = True
        try:
            self._set({parameter: parameter.neutral for parameter in turned})
        finally:
            self._is_resetting = False
        self._former = former
        self.changed.emit()

    @property
    def can_bring_back(self) -> bool:
        """Whether the last change was a `reset`."""
        return bool(self._former)

    def bring_back(self) -> None:
        """Put the values in force again that the last `reset` took away."""
        former, self._former = self._former, {}
        self._set(former)

    def _set(self, values: Mapping[Parameter, object]) -> None:
        sampling = {
            parameter.name: value
            for parameter, value in values.items()
            if parameter is not MAX_TOKENS and parameter not in _PROMPTING
        }
        # Made before anything is applied: a refusal leaves all as it was.
        params = msgspec.structs.replace(self._sampling.params, **sampling)
        for parameter, value in values.items():
            if parameter is MAX_TOKENS:
                self._sampling.set_max_tokens(value)  # type: ignore[arg-type]  # it checks
            elif parameter in _PROMPTING:
                getattr(self._prompting, f"set_{parameter.name}")(value)
        self._sampling.set_params(params)

    def _on_changed(self) -> None:
        if not self._is_resetting:
            self._former = {}
        if self._is_watched:
            self.changed.emit()


_PROMPTING = (STOP, PROMPT_FORMAT, SYSTEM_MESSAGE)
