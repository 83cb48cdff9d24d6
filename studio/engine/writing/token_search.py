"""The token that spells a text. Knows a vocabulary; neither models nor prompts."""

from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.token_messages import FindTokens, TokensFound


def tokens_found(command: FindTokens, vocabulary: Vocabulary) -> TokensFound:
    """The answer to `command`."""
    tokens = tokens_of(command.text, vocabulary)
    known = [token for token in command.ids if 0 <= token < vocabulary.size]
    return TokensFound(
        request=command.request,
        tokens=tokens,
        pieces={token: vocabulary.name(token) for token in (*tokens, *known)},
    )


def tokens_of(text: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    """The one token that spells `text` exactly; else those that it takes to write it.

    Looks at every token of the vocabulary where the tokenizer does not give it: it puts a space of
    its own in front (SentencePiece), or the text is the name of a control token.
    """
    if not text:
        return ()
    tokens = vocabulary.tokenize(text)
    spelled = text.encode("utf-8", errors="replace")
    if len(tokens) == 1 and vocabulary.text(tokens[0]) == spelled:
        return (tokens[0],)
    for token in range(vocabulary.size):
        if vocabulary.name(token) == spelled:
            return (token,)
    return tuple(tokens)
