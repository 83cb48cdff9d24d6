"""What an augmentation refuses: where, what was found, what is allowed."""

from studio.visible_text import visible_message


class AugmentationError(ValueError):
    """Prompts, a plan or a journal that cannot be taken as they are.

    Args:
        message: What is wrong and what to do, for the writer.
    """

    def __init__(self, message: str) -> None:
        super().__init__(visible_message(message))
