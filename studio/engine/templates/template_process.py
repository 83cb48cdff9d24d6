"""The child side of chat templates: renders one template in a process with limits, then ends.

A chat template is a Jinja program from the model file. Jinja's sandbox keeps it from Python's
internals and not from time or memory, so it runs here, where a limit that is hit ends nothing but
this process. Started by `template_rendering`.

Reads one JSON object on stdin and writes one on stdout::

    {"template": str, "variables": {...}, "attempts": [[{"role", "content"}, ...], ...],
     "seconds": int, "memory_bytes": int, "output_length": int}

    {"renderings": [{"text": str} | {"error": kind, "detail": str}, ...]}

A kind is "syntax", "refused" (the template's own raise_exception), "memory", "output" or "failed".
This module knows neither the writer's texts nor models, and imports no llama_cpp, numpy or Qt.
"""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from studio.parent_process import end_with_parent

_DETAIL = 300  # characters of an error's own words


class _TooMuchOutputError(Exception):
    pass


class _RefusalError(TemplateError):
    """The template called raise_exception."""


class _GenerationBlock(Extension):
    """{% generation %} marks what a model said, for training; here it means its content."""

    tags = {"generation"}  # noqa: RUF012 - Jinja declares it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Read up to the end tag and keep what is between."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> ImmutableSandboxedEnvironment:
    """Jinja as the transformers library sets it up, for which templates are written."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationBlock, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = lambda layout: datetime.now().strftime(layout)
    return environment


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON without the HTML escapes of Jinja's own filter."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise_exception(message: object) -> NoReturn:
    raise _RefusalError(str(message))


def _limit(seconds: int, memory_bytes: int) -> None:
    """Limit this process where the system can; the parent watches in any case."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, amount in (
        ("RLIMIT_AS", memory_bytes),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (amount, amount))
        except (AttributeError, ValueError, OSError):
            continue  # this system has no such limit, or a lower one


def render(
    template: str,
    variables: dict[str, Any],
    attempts: Sequence[list[dict[str, Any]]],
    output_length: int,
) -> list[dict[str, str]]:
    """Render a template once for each list of messages.

    Args:
        template: Jinja source.
        variables: passed to the template beside the messages.
        attempts: conversations, as lists of messages with a role and a content.
        output_length: characters that one rendering may have.

    Returns:
        For each attempt {"text": ...} or {"error": kind, "detail": ...}.
    """
    try:
        compiled = _environment().from_string(template)
    except Exception as error:
        return [_explain(error)] * len(attempts)
    renderings = []
    for messages in attempts:
        chunks: list[str] = []
        length = 0
        try:
            for chunk in compiled.generate(messages=messages, **variables):
                length += len(chunk)
                if length > output_length:
                    raise _TooMuchOutputError
                chunks.append(chunk)
            renderings.append({"text": "".join(chunks)})
        except Exception as error:
            chunks.clear()
            renderings.append(_explain(error))
    return renderings


def _explain(error: Exception) -> dict[str, str]:
    match error:
        case MemoryError():
            return {"error": "memory", "detail": ""}
        case _TooMuchOutputError():
            return {"error": "output", "detail": ""}
        case TemplateSyntaxError():
            return {"error": "syntax", "detail": f"line {error.lineno}: {error.message}"[:_DETAIL]}
        case _RefusalError():
            return {"error": "refused", "detail": str(error)[:_DETAIL]}
    return {"error": "failed", "detail": f"{type(error).__name__}: {error}"[:_DETAIL]}


def main() -> int:
    """Answer one request from stdin on stdout. Returns the exit status."""
    end_with_parent()
    request = json.loads(sys.stdin.buffer.read())
    _limit(request["seconds"], request["memory_bytes"])
    renderings = render(
        request["template"], request["variables"], request["attempts"], request["output_length"]
    )
    sys.stdout.buffer.write(json.dumps({"renderings": renderings}).encode())
    sys.stdout.buffer.flush()
    return 0
