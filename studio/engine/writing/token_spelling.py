"""Answers `FindTokens`: the bytes of tokens, by their ids."""

from studio.engine.messages import FindTokens, TokensFound
from studio.engine.vocabulary import Vocabulary


def tokens_found(command: FindTokens, vocabulary: Vocabulary) -> TokensFound:
    """The answer to `command`.

    Args:
        command: What is asked.
        vocabulary: The model's.
    """
    known = [token for token in command.ids if 0 <= token < vocabulary.size]
    return TokensFound(
        request=command.request, pieces={token: vocabulary.name(token) for token in known}
    )
