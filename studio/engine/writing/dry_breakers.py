"""DRY's sequence breakers as tokens of a vocabulary, for the samplers, which know no text.

A text such as a newline can stand inside a token, be a token, or begin in one token and go on in
others; every token that holds it or begins it counts, as in llama.cpp (after KoboldCpp). A
character that is broken in two by tokens is not found in them, there as here.
"""

from collections.abc import Sequence

from studio.engine.messages import BreakersFound, FindBreakers
from studio.engine.vocabulary import Vocabulary
from studio.sampling import Breakers

_LONGEST_TAIL = 20
"""Tokens of a sequence after its first that are looked at, as in llama.cpp."""


def breakers_found(command: FindBreakers, vocabulary: Vocabulary) -> BreakersFound:
    """The answer to `command`.

    Args:
        command: What is asked.
        vocabulary: The model's.
    """
    found = tokens_of_breakers(command.texts, vocabulary)
    return BreakersFound(
        request=command.request,
        texts=command.texts,
        breakers={token: list(tails) for token, tails in found.items()},
    )


def tokens_of_breakers(texts: Sequence[str], vocabulary: Vocabulary) -> Breakers:
    """Find the tokens with which each of `texts` can begin, and what must follow them.

    Looks at every token of the vocabulary: some tenths of a second for the largest.

    Args:
        texts: The breakers.
        vocabulary: The model's.
    """
    found: dict[int, list[tuple[int, ...]]] = {}
    breakers = [text.encode("utf-8", errors="replace") for text in texts]
    tails: dict[bytes, tuple[int, ...]] = {}
    for token in range(vocabulary.size) if breakers else ():
        name = vocabulary.name(token)
        for breaker in breakers:
            if breaker in name:
                _add(found, token, ())
                continue
            for rest in _rests(name, breaker):
                if rest not in tails:
                    tails[rest] = tuple(vocabulary.tokenize_bytes(rest)[:_LONGEST_TAIL])
                _add(found, token, tails[rest])
    return found


def _rests(name: bytes, breaker: bytes) -> list[bytes]:
    """What is still to come of `breaker` where `name` ends in a beginning of it."""
    longest = min(len(name), len(breaker) - 1)
    return [breaker[length:] for length in range(longest, 0, -1) if name.endswith(breaker[:length])]


def _add(found: dict[int, list[tuple[int, ...]]], token: int, tail: tuple[int, ...]) -> None:
    known = found.setdefault(token, [])
    if tail not in known:
        known.append(tail)
