"""What a text must be to become a row: its length, patterns, a JSON schema."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.journal import Verdict
from studio.experiments.augmentation.plan import Screen
from studio.experiments.text_measures.form import (
    FormError,
    SlowPatternError,
    pattern_of,
    schema_check,
)
from studio.translation import tr


class TextScreen:
    """Says of texts why they cannot be rows.

    Args:
        screen: What they must be.

    Raises:
        AugmentationError: A pattern or the schema is none.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        try:
            self._matching = [pattern_of(one) for one in screen.matching]
            self._without = [pattern_of(one) for one in screen.without]
        except FormError as error:
            raise AugmentationError(tr("--match or --without: {why}", why=error)) from error
        self._holds: Callable[[str], bool] | None = None
        if screen.schema:
            try:
                schema = msgspec.json.decode(screen.schema, type=dict[str, object])
                self._holds = schema_check(schema)
            except (FormError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise AugmentationError(tr("--json-schema: {why}", why=error)) from error

    def refused(self, text: str) -> Verdict | None:
        """Why a text is no row; None where it can be one."""
        if not text.strip():
            return "empty"
        longest = self._screen.longest
        if len(text) < self._screen.shortest or (longest is not None and len(text) > longest):
            return "length"
        try:
            return self._refused_form(text)
        except SlowPatternError:
            return "slow_pattern"

    def _refused_form(self, text: str) -> Verdict | None:
        is_as_asked = all(is_in(text) for is_in in self._matching)
        if not is_as_asked or any(is_in(text) for is_in in self._without):
            return "pattern"
        return "schema" if self._holds and not self._holds(text) else None
