import math

from studio.app.presets.comparison import compared, differences
from studio.app.presets.words import around_difference, field_words, shortened, value_words
from studio.presets import Preset
from studio.sampling import SamplingParams


def test_fields_are_called_as_everywhere_in_the_window() -> None:
    assert field_words("top_k") == "top-k"
    assert field_words("description") == "description"


def test_values_as_one_reads_them() -> None:
    assert value_words("temperature", math.inf) == "uniform"
    assert value_words("temperature", 0.95) == "0.95"
    assert value_words("top_k", 0) == "off"
    assert value_words("task", "creative_writing") == "creative writing"
    assert value_words("system_message", "") == "–"
    assert value_words("stop", ("\n\n", "END")) == "“↵↵”, “END”"
    assert value_words("stop", ()) == "–"
    assert value_words("logit_bias", ((5, -1.5), (9, -math.inf))) == "token 5: −1.5, token 9: −∞"
    assert value_words("samplers", ("top_k", "temperature")) == "top_k, temperature"


def test_a_long_text_is_cut() -> None:
    assert shortened("a\nb") == "a↵b"
    assert shortened("x" * 100, 10) == "x" * 10 + "…"


def test_two_long_texts_are_cut_to_where_they_differ() -> None:
    left, right = around_difference("a" * 1000 + "LEFT" + "z" * 1000, "a" * 1000 + "RIGHT")
    assert left.startswith("…a")
    assert left.endswith("z…")
    assert "LEFT" in left
    assert right.endswith("RIGHT")
    assert max(len(left), len(right)) <= 242
    assert around_difference("short", "other") == ("short", "other")
    assert around_difference("a" * 300, "a" * 301)[1].endswith("a")


def test_every_field_of_a_preset_is_compared() -> None:
    one = Preset(name="One", sampling=SamplingParams(temperature=0.5), notes="n")
    two = Preset(name="Two", sampling=SamplingParams(temperature=0.7), stop=("x",))
    fields = {entry.field for entry in compared(one, two)}
    sampling = set(SamplingParams.__struct_fields__)
    beside = set(Preset.__struct_fields__) - {"name", "sampling", "format_version"}
    assert fields == sampling | beside
    assert differences(one, two) == [
        ("temperature", 0.5, 0.7),
        ("stop", (), ("x",)),
        ("notes", "n", ""),
    ]
