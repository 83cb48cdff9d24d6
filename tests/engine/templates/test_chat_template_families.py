"""What `chat` means for the well-known families of models, by templates in their shapes.

The manuscript follows the skeleton. So it must end where an answer's own words begin: behind every
marker of the turn, and not within a thought.
"""

import pytest

from studio.engine.templates.chat_template import (
    Brief,
    ChatSkeleton,
    Literal,
    System,
    compile_source,
)
from studio.engine.templates.template_rendering import ChatTemplateError

CHATML = """{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"""

CHATML_THAT_ASKS_FOR_NOTHING = """{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
{%- endfor %}"""

# Says of an answer that it was thought about for no time, as it does when it asks for one.
QWEN_3 = """{%- if messages[0].role == 'system' %}
{{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}{%- endif %}
{%- for message in messages %}
{%- set content = message.content if message.content is string else '' %}
{%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}
{{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
{%- elif message.role == 'assistant' %}
{{- '<|im_start|>assistant\n<think>\n\n</think>\n\n' + content.lstrip('\n') + '<|im_end|>\n' }}
{%- endif %}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}
{{- '<think>\n\n</think>\n\n' }}{%- endif %}{%- endif %}"""

# Its younger sisters think always: they have no such switch.
QWEN_3_THINKING = QWEN_3.replace("{{- '<think>\n\n</think>\n\n' }}", "").replace(
    "{{- '<|im_start|>assistant\n' }}", "{{- '<|im_start|>assistant\n<think>\n' }}"
)

LLAMA_3_1 = """{{- bos_token }}
{%- if not date_string is defined %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
{%- set system_message = messages[0]['content']|trim %}{%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{{- "Cutting Knowledge Date: December 2023\n" }}
{{- "Today Date: " + date_string + "\n\n" }}{{- system_message }}{{- "<|eot_id|>" }}
{%- for message in messages %}
{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}
{{- message['content'] | trim + '<|eot_id|>' }}{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}"""

GEMMA_2 = """{{ bos_token }}{% if messages[0]['role'] == 'system' %}
{{ raise_exception('System role not supported') }}{% endif %}
{% for message in messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate') }}{% endif %}
{% if (message['role'] == 'assistant') %}{% set role = 'model' %}
{% else %}{% set role = message['role'] %}{% endif %}
{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}
{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"""

# Asks for an answer with nothing at all, and puts a space of its own before one.
MISTRAL_7B = """{%- if messages[0]['role'] == 'system' %}
{%- set system_message = messages[0]['content'] %}{%- set loop_messages = messages[1:] %}
{%- else %}{%- set loop_messages = messages %}{%- endif %}
{{- bos_token }}{%- for message in loop_messages %}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{- raise_exception('After the optional system message, roles must alternate') }}{%- endif %}
{%- if message['role'] == 'user' %}
{%- if loop.first and system_message is defined %}
{{- ' [INST] ' + system_message + '\n\n' + message['content'] + ' [/INST]' }}
{%- else %}{{- ' [INST] ' + message['content'] + ' [/INST]' }}{%- endif %}
{%- else %}{{- ' ' + message['content'] + eos_token }}{%- endif %}{%- endfor %}"""

PHI_3 = """{% for message in messages %}{% if message['role'] == 'system' %}
{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}
{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}
{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}
{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"""

# The answer's channel is not named until there is an answer.
GPT_OSS = """{{- "<|start|>system<|message|>Reasoning: medium\n\n" }}
{{- "# Valid channels: analysis, commentary, final.<|end|>" }}
{%- if messages[0].role == 'system' %}
{{- "<|start|>developer<|message|># Instructions\n\n" + messages[0].content + "<|end|>" }}
{%- set messages = messages[1:] %}{%- endif %}
{%- for message in messages %}
{%- if message.role == 'user' %}
{{- "<|start|>user<|message|>" + message.content + "<|end|>" }}
{%- elif loop.last and not add_generation_prompt %}
{{- "<|start|>assistant<|channel|>final<|message|>" + message.content + "<|return|>" }}
{%- else %}
{{- "<|start|>assistant<|channel|>final<|message|>" + message.content + "<|end|>" }}
{%- endif %}{%- endfor %}
{%- if add_generation_prompt %}{{- "<|start|>assistant" }}{%- endif %}"""

# Asks for a thought; of an answer that is there it drops the thought.
DEEPSEEK_R1 = """{{ bos_token }}{% set ns = namespace(system='') %}
{%- for message in messages %}{%- if message['role'] == 'system' %}
{%- set ns.system = message['content'] %}{%- endif %}{%- endfor %}{{- ns.system }}
{%- for message in messages %}
{%- if message['role'] == 'user' %}{{- '<｜User｜>' + message['content'] }}{%- endif %}
{%- if message['role'] == 'assistant' %}
{%- set content = message['content'].split('</think>')[-1] %}
{{- '<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>' }}{%- endif %}{%- endfor %}
{%- if add_generation_prompt %}{{- '<｜Assistant｜><think>\n' }}{%- endif %}"""

THINKS_ALWAYS = """{% for message in messages %}{% if message.role == 'assistant' %}
{{- raise_exception('One turn only') }}{% endif %}[{{ message.content }}]{% endfor %}
{{- '<think>' }}"""


def compiled(template: str, *, has_system: bool = True) -> ChatSkeleton:
    return compile_source(template, bos_token="<s>", eos_token="</s>", has_system=has_system)


def spelled(skeleton: ChatSkeleton) -> str:
    """A skeleton as one text, the places of the writer's texts in braces."""
    return "".join(
        segment.text if isinstance(segment, Literal) else f"{{{type(segment).__name__.lower()}}}"
        for segment in skeleton.segments
    )


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        (
            CHATML,
            "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{brief}<|im_end|>\n"
            "<|im_start|>assistant\n",
        ),
        (
            CHATML_THAT_ASKS_FOR_NOTHING,
            "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{brief}<|im_end|>\n"
            "<|im_start|>assistant\n",
        ),
        (
            QWEN_3,
            "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{brief}<|im_end|>\n"
            "<|im_start|>assistant\n<think>\n\n</think>\n\n",
        ),
        (
            QWEN_3_THINKING,
            "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{brief}<|im_end|>\n"
            "<|im_start|>assistant\n<think>\n\n</think>\n\n",
        ),
        (
            LLAMA_3_1,
            "<s><|start_header_id|>system<|end_header_id|>\n\n"
            "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n{system}<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\n{brief}<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        (
            GEMMA_2,
            "<s><start_of_turn>user\n{system}\n\n{brief}<end_of_turn>\n<start_of_turn>model\n",
        ),
        (MISTRAL_7B, "<s> [INST] {system}\n\n{brief} [/INST]"),
        (
            PHI_3,
            "<|system|>\n{system}<|end|>\n<|user|>\n{brief}<|end|>\n<|assistant|>\n",
        ),
        (
            GPT_OSS,
            "<|start|>system<|message|>Reasoning: medium\n\n"
            "# Valid channels: analysis, commentary, final.<|end|>"
            "<|start|>developer<|message|># Instructions\n\n{system}<|end|>"
            "<|start|>user<|message|>{brief}<|end|>"
            "<|start|>assistant<|channel|>final<|message|>",
        ),
        (DEEPSEEK_R1, "<s>{system}<｜User｜>{brief}<｜Assistant｜>"),
    ],
    ids=[
        "chatml",
        "bare-chatml",
        "qwen3",
        "qwen3-thinking",
        "llama3",
        "gemma2",
        "mistral",
        "phi3",
        "gpt-oss",
        "r1",
    ],
)
def test_the_manuscript_is_the_answers_own_words(template: str, wanted: str) -> None:
    assert spelled(compiled(template)) == wanted


@pytest.mark.parametrize(
    "template", [CHATML, QWEN_3, LLAMA_3_1, GEMMA_2, MISTRAL_7B, PHI_3, GPT_OSS, DEEPSEEK_R1]
)
def test_without_a_system_message_the_brief_alone_is_placed(template: str) -> None:
    skeleton = compiled(template, has_system=False)
    assert skeleton.segments.count(Brief()) == 1
    assert System() not in skeleton.segments
    # The end is the same, whatever stands before it.
    assert skeleton.segments[-1] == compiled(template).segments[-1]


def test_a_template_that_always_thinks_is_refused() -> None:
    with pytest.raises(ChatTemplateError, match=r"begins every answer .* reasoning") as caught:
        compiled(THINKS_ALWAYS, has_system=False)
    assert "plain prompt format" in str(caught.value)
