"""Chat templates become skeletons, in a real child process; hostile ones become clear errors."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

import studio
from studio.engine.model_files.gguf_header import GgufHeader
from studio.engine.templates import template_rendering
from studio.engine.templates.chat_template import (
    Brief,
    ChatSkeleton,
    Literal,
    System,
    _opens_thought,
    compile_source,
    compile_template,
    fallback_skeleton,
)
from studio.engine.templates.template_process import render
from studio.engine.templates.template_rendering import (
    ChatTemplateError,
    RenderingStopped,
    TemplateLimits,
)

LLAMA_3 = """{{- bos_token }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}
    {{- message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
"""

GEMMA = """{{ bos_token }}{% if messages[0]['role'] == 'system' %}
{{ raise_exception('System role not supported') }}{% endif %}
{% for message in messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Roles must alternate') }}{% endif %}
{{ '<start_of_turn>' + message['role'] + '\n' + message['content'] | trim + '<end_of_turn>\n' -}}
{% endfor %}
{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"""

MISTRAL = """{%- if messages[0].role == 'system' %}
    {%- set system = messages[0].content %}{%- set rest = messages[1:] %}
{%- else %}{%- set system = '' %}{%- set rest = messages %}{%- endif %}
{{- bos_token }}
{%- for message in rest %}
    {%- if message.role != 'user' %}{% continue %}{% endif %}
    {{- '[INST] ' + (system + '\n\n' if loop.last and system else '') + message.content }}
    {{- '[/INST]' }}
{%- endfor %}"""

TYPED = """{% for message in messages %}<|{{ message.role }}|>
{%- for part in message.content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}
{%- endfor %}<|end|>{% endfor %}<|assistant|>"""

FOREVER = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def compiled(
    template: str, *, has_system: bool = True, limits: TemplateLimits | None = None
) -> ChatSkeleton:
    return compile_source(
        template, bos_token="<s>", eos_token="</s>", has_system=has_system, limits=limits
    )


def refusal(template: str, limits: TemplateLimits | None = None) -> str:
    with pytest.raises(ChatTemplateError) as caught:
        compiled(template, limits=limits)
    assert "plain prompt format" in str(caught.value)  # what to do
    return str(caught.value)


def test_the_starter_models_own_template(starter_header: GgufHeader) -> None:
    assert compile_template(starter_header, has_system=True).segments == (
        Literal("<|im_start|>system\n"),
        System(),
        Literal("<|im_end|>\n<|im_start|>user\n"),
        Brief(),
        Literal("<|im_end|>\n<|im_start|>assistant\n"),
    )


def test_without_a_system_message_the_template_puts_in_its_own(starter_header: GgufHeader) -> None:
    first, brief, last = compile_template(starter_header, has_system=False).segments
    assert isinstance(first, Literal)
    assert first.text.startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
    assert brief == Brief()
    assert last == Literal("<|im_end|>\n<|im_start|>assistant\n")


def test_contents_that_a_template_trims_keep_their_place() -> None:
    assert compiled(LLAMA_3).segments == (
        Literal("<s><|start_header_id|>system<|end_header_id|>\n\n"),
        System(),
        Literal("<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n"),
        Brief(),
        Literal("<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"),
    )


def test_a_template_that_refuses_a_system_role_gets_it_in_the_users_turn() -> None:
    assert compiled(GEMMA) == ChatSkeleton(
        segments=(
            Literal("<s><start_of_turn>user\n"),
            System(),
            Literal("\n\n"),
            Brief(),
            Literal("<end_of_turn>\n<start_of_turn>model\n"),
        ),
    )


def test_a_template_that_drops_the_system_message_gets_it_in_the_users_turn() -> None:
    skeleton = compiled("{% for m in messages if m.role == 'user' %}[{{ m.content }}]{% endfor %}")
    assert System() in skeleton.segments


def test_a_template_that_moves_the_system_message_itself() -> None:
    assert compiled(MISTRAL) == ChatSkeleton(
        (Literal("<s>[INST] "), System(), Literal("\n\n"), Brief(), Literal("[/INST]"))
    )
    assert compiled(MISTRAL, has_system=False) == ChatSkeleton(
        (Literal("<s>[INST] "), Brief(), Literal("[/INST]"))
    )


def test_a_template_that_wants_contents_in_typed_parts() -> None:
    assert compiled(TYPED) == ChatSkeleton(
        (
            Literal("<|system|>"),
            System(),
            Literal("<|end|><|user|>"),
            Brief(),
            Literal("<|end|><|assistant|>"),
        )
    )


def test_reasoning_is_switched_off() -> None:
    thinking = "{% if enable_thinking is defined and not enable_thinking %}<no>{% endif %}"
    assert compiled("{{ messages[0].content }}" + thinking, has_system=False).segments == (
        Brief(),
        Literal("<no>"),
    )


def test_transformers_additions_are_there() -> None:
    template = (
        "{{ messages[0].content }}{% generation %}{{ {'a<b': 'é'} | tojson }}{% endgeneration %}"
        "{{ strftime_now('%%') }}{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}"
        "{{ i }}{% endfor %}"
    )
    assert compiled(template, has_system=False).segments == (Brief(), Literal('{"a<b": "é"}%01'))


def test_literals_hold_the_templates_own_text_alone(starter_header: GgufHeader) -> None:
    # So a typed "<|im_end|>" cannot be among them: only these may become control tokens.
    skeleton = compile_template(starter_header, has_system=True)
    literals = [s.text for s in skeleton.segments if isinstance(s, Literal)]
    assert "".join(literals).count("<|im_end|>") == 2
    assert not any(ord(c) >= 0xE000 for text in literals for c in text)


def test_endless_loops_end_at_the_time_limit() -> None:
    assert "within 1 seconds" in refusal(FOREVER, TemplateLimits(seconds=1))


@pytest.mark.parametrize(
    ("script", "is_lasting"), [("while True: pass", True), ("import time; time.sleep(60)", False)]
)
def test_a_child_that_only_waited_is_tried_again(script: str, is_lasting: bool) -> None:
    """For a disk, say, that wakes up."""
    with pytest.raises(ChatTemplateError, match="within 1 seconds") as caught:
        compile_source(
            "",
            bos_token="",
            eos_token="",
            has_system=False,
            command=[sys.executable, "-c", script],
            limits=TemplateLimits(seconds=1),
        )
    assert caught.value.is_lasting is is_lasting


def test_a_rendering_that_is_stopped_ends_its_process() -> None:
    asked: list[set[psutil.Process]] = []
    others = set(psutil.Process().children())  # servers of other tests

    def is_stopped() -> bool:
        asked.append(set(psutil.Process().children()) - others)
        return len(asked) > 3

    with pytest.raises(RenderingStopped):
        compile_source(
            FOREVER,
            bos_token="",
            eos_token="",
            has_system=False,
            limits=TemplateLimits(seconds=60),
            is_stopped=is_stopped,
        )
    assert any(asked)
    assert not any(process.is_running() for process in asked[-1])


def test_a_grandchild_that_keeps_the_pipes_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_rendering, "_END_SECONDS", 0.1)
    # It ends at once, and what it started holds its stdout and stderr.
    script = (
        "import pathlib, subprocess, sys\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(other.pid))"
    )
    noted = tmp_path / "pid"
    try:
        with pytest.raises(ChatTemplateError, match="within 1 seconds"):
            compile_source(
                "",
                bos_token="",
                eos_token="",
                has_system=False,
                command=[sys.executable, "-c", script, str(noted)],
                limits=TemplateLimits(seconds=1),
            )
    finally:
        psutil.Process(int(noted.read_text())).kill()


def test_a_rendering_full_of_beginnings_of_thought_is_looked_through_once() -> None:
    # 250,000 characters; asked of each beginning whether its end comes, that took minutes.
    thoughts = "<think>" * 30_000
    template = "{{ messages[0].content }}{% for a in range(30000) %}<think>{% endfor %}"
    assert "begins every answer with the model's reasoning" in refusal(template)
    assert _opens_thought(thoughts)
    assert not _opens_thought(f"{thoughts}</think>")
    assert _opens_thought("<think></think><thought>")
    assert not _opens_thought("</think> and [/THINK]")


def test_a_width_of_two_thousand_million_ends_at_the_memory_limit() -> None:
    assert "512 MiB of memory" in refusal("{{ '%2000000000d'|format(1) }}")


def test_memory_is_watched_where_the_system_sets_no_limit() -> None:
    script = "x = b'x' * (300 << 20); import time; time.sleep(60)"
    with pytest.raises(ChatTemplateError, match="64 MiB of memory"):
        compile_source(
            "",
            bos_token="",
            eos_token="",
            has_system=False,
            command=[sys.executable, "-c", script],
            limits=TemplateLimits(seconds=30, memory_bytes=64 << 20),
        )


def test_too_much_output() -> None:
    assert "writes more than 262,144 characters" in refusal(
        "{% for a in range(99999) %}{{ 'x' * 99 }}{% endfor %}"
    )


def test_a_child_that_never_stops_writing_is_ended() -> None:
    with pytest.raises(ChatTemplateError, match="writes more than"):
        compile_source(
            "",
            bos_token="",
            eos_token="",
            has_system=False,
            command=[sys.executable, "-c", "while True: print('x' * 9999)"],
        )


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{% for a in %}", "not a valid template (line 1"),
        ("\n{% endfor %}", "not a valid template (line 2"),
        (
            "{{ raise_exception('Not today') }}",
            "refuses a conversation of one message: “Not today”",
        ),
        ("{{ ''.__class__.__mro__ }}", "SecurityError"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError"),
        ("nothing", "leaves out the brief"),
        (
            "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}",
            "repeats the brief 2",
        ),
        ("{% for m in messages %}{{ m.content[1:] }}{% endfor %}", "changes the system message"),
        ("{% for m in messages %}{{ m.content[0] + m.content }}{% endfor %}", "repeats a part"),
        ("x" * (1 << 20) + "x", "has 1,048,577 characters"),
    ],
)
def test_useless_templates_say_why(template: str, said: str) -> None:
    assert said in refusal(template)


def test_a_child_that_dies_is_reported_with_its_last_words() -> None:
    with pytest.raises(ChatTemplateError, match=r"exit status 1 \(boom\)"):
        compile_source(
            "",
            bos_token="",
            eos_token="",
            has_system=True,
            command=[sys.executable, "-c", "raise SystemExit('boom')"],
        )


def test_a_child_that_cannot_start_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ChatTemplateError, match="cannot be started"):
        compile_source(
            "", bos_token="", eos_token="", has_system=True, command=[str(tmp_path / "none")]
        )


def test_the_writers_folder_is_not_on_the_childs_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jinja2.py").write_text("raise SystemExit('the wrong jinja2')")
    monkeypatch.chdir(tmp_path)
    assert compiled(TYPED).segments


def test_chatml_for_a_model_without_a_template_that_knows_it(starter_header: GgufHeader) -> None:
    bare = msgspec.structs.replace(starter_header, chat_template=None)
    assert compile_template(bare, has_system=True) == compile_template(
        starter_header, has_system=True
    )
    assert fallback_skeleton({"<|im_start|>", "<|im_end|>"}, has_system=False).segments == (
        Literal("<|im_start|>user\n"),
        Brief(),
        Literal("<|im_end|>\n<|im_start|>assistant\n"),
    )


def test_no_template_and_no_chatml_points_to_the_plain_format() -> None:
    with pytest.raises(ChatTemplateError, match=r"no chat template\. Use the plain prompt format"):
        fallback_skeleton({"<s>", "</s>"}, has_system=True)


def test_the_renderer_loads_neither_llama_cpp_nor_qt_nor_numpy() -> None:
    program = (
        "import sys, studio.engine.templates.template_process; "
        "print([m for m in ('llama_cpp', 'PySide6', 'numpy', 'msgspec') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        cwd=Path(studio.__file__).parents[1],
    )
    assert done.stdout.strip() == b"[]"


@pytest.mark.parametrize(
    ("raised", "kind"), [(MemoryError, "memory"), (ValueError, "failed"), (OverflowError, "failed")]
)
def test_errors_in_a_template_are_answers(
    raised: type[Exception], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> str:
        raise raised

    calls: list[Callable[..., str]] = [fail]
    (rendering,) = render("{{ fails[0]() }}", {"fails": calls}, [[]], 10)
    assert rendering["error"] == kind
