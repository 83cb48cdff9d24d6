"""Whether the open model is the one that wrote a comparison's lanes, in words for the writer.

By its fingerprint where the comparison came from a file: token ids, dice and settings give the same
text with the same weights alone. Knows no widget.
"""

from __future__ import annotations

from studio.ui.compare_subject import Subject
from studio.ui.model_fingerprint import ModelFingerprint
from studio.ui.model_state import ModelState

LOOKING = "Looking whether the open model is the one that wrote these lanes …"


def why_not_its_model(
    subject: Subject, model: ModelState, fingerprint: ModelFingerprint
) -> str | None:
    """Why its lanes cannot go on with the open model; None where they can."""
    if subject.source is not None and subject.source == model.vocabulary:
        return None
    wrote = subject.model
    name = "one that is not known" if wrote is None else f"“{wrote.name}”"
    if wrote is not None and wrote.file and wrote.file != wrote.name:
        name += f" ({wrote.file})"
    if not subject.is_of_a_file:
        return f"These lanes were written by another model, {name}. Open it to go on."
    if wrote is None or not wrote.hash:
        return (
            f"The file names {name} but has no fingerprint of it, so that nobody knows whether the "
            "open model is the same. Run the comparison again."
        )
    known = fingerprint.known
    if known is None:
        return LOOKING
    if known != wrote.hash:
        return (
            f"These lanes were written by {name}, and the open model is another one: its "
            "fingerprint differs. Open that model to go on."
        )
    return None
