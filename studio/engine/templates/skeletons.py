"""Skeletons of chat templates, each rendered once for as long as the engine lives.

What a template gives depends on its source and two tokens alone: a model that is opened again, or
another one with the same template, has the skeleton of the first time, or the reason why there is
none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from studio.engine.templates.chat_template import ChatSkeleton, TemplateSource, compile_template
from studio.engine.templates.template_rendering import ChatTemplateError
from studio.translation import tr

_MOST = 32
"""That are kept; the oldest go first."""


class _Asked(NamedTuple):
    template: str
    bos_token: str
    eos_token: str
    has_system: bool


class Skeletons:
    """Those that were asked for."""

    def __init__(self) -> None:
        self._known: dict[_Asked, ChatSkeleton | str] = {}
        """Or why there is none."""

    def of(
        self, header: TemplateSource, *, has_system: bool, is_stopped: Callable[[], bool]
    ) -> ChatSkeleton:
        """The skeleton of a model's chat template; rendered in a process of its own.

        One that fails is not rendered again either: it may have taken all the time it may take.

        Args:
            header: What is known of the model.
            has_system: Whether there will be a system message.
            is_stopped: Asked again and again; the process is ended where it says so.

        Raises:
            ChatTemplateError: The template cannot be used; says why.
            RenderingStopped: It was asked to stop.
        """
        if header.chat_template is None:  # nothing is rendered
            return compile_template(header, has_system=has_system, is_stopped=is_stopped)
        asked = _Asked(header.chat_template, header.bos_token, header.eos_token, has_system)
        known = self._known.get(asked)
        if isinstance(known, str):
            again = tr("It was not tried again; start the program again for that.")
            raise ChatTemplateError(f"{known} {again}")
        if known is None:
            try:
                known = compile_template(header, has_system=has_system, is_stopped=is_stopped)
            except ChatTemplateError as error:
                if error.is_lasting:
                    self._keep(asked, str(error))
                raise
            self._keep(asked, known)
        return known

    def _keep(self, asked: _Asked, known: ChatSkeleton | str) -> None:
        while len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[asked] = known
