"""What a preset may be called, and what is made of what it may not be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.presets import PresetError
from studio.presets.preset_name import (
    LONGEST_NAME,
    checked_name,
    name_key,
    numbered,
    safe_name,
    with_ending,
)

characters = st.characters(exclude_categories=["Cs"])
some_names = st.text(characters, max_size=150) | st.text(" .:/\\aé\u3042\u00a0\u200b", max_size=120)


def is_allowed(name: object) -> bool:
    try:
        return checked_name(name) == name
    except PresetError:
        return False


@pytest.mark.parametrize(
    "name",
    ["x", "Été", "a.b", "con-tact", "com0", "lpt", "x" * 100, "é" * 100, "\u3042" * 66, "a con"],
)
def test_these_can_be_names(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(3, None, "", "x" * 101, "\u3042" * 67, "é" * 100 + "x"),
        *(" x", "x ", ".x", "x.", "\u00a0x", "x\u00a0"),
        *(f"a{sign}b" for sign in '/\\:*?"<>|\n\0\u200b\u2028\u2029\ud800'),
        *("con", "CON", "Nul.txt", "com1", "COM9.a.b", "LPT¹", "conin$", "aux .x"),
    ],
)
def test_these_cannot(name: object) -> None:
    with pytest.raises(PresetError, match=r"^name: found .*; allowed is a name of 1 to 100") as no:
        checked_name(name)
    assert no.value.field == "name"
    with pytest.raises(PresetError, match=r"^title: found ") as no:
        checked_name(name, "title")
    assert no.value.field == "title"


def test_devices_are_distinguished_from_what_no_system_allows() -> None:
    with pytest.raises(PresetError, match="Windows keeps this one for a device"):
        checked_name("con.json")
    with pytest.raises(PresetError) as other:
        checked_name("a/b")
    assert "Windows" not in str(other.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Warm", "Warm"),
        ("a/b:c", "a b c"),
        ("  a \n\t b  ", "a b"),
        ("..hidden. ", "hidden"),
        ("\u00a0x\u00a0", "x"),
        ("a\u200bb", "a b"),
        ("", "Preset"),
        ("///", "Preset"),
        ("con", "Preset con"),
        ("COM1.txt", "Preset COM1.txt"),
        ("aux .x", "Preset aux .x"),
        ("x" * 150, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
        ("é" * 150, "é" * 100),
        ("\u3042" * 80, "\u3042" * 66),
        ("\u3042" * 66 + "xyz", "\u3042" * 66 + "xy"),
        ("\u3042" * 66 + " .xyz", "\u3042" * 66),
    ],
)
def test_a_safe_name_keeps_what_it_can(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_what_nothing_can_stay_of_is_a_preset() -> None:
    assert safe_name("?") == "Preset"
    assert safe_name("nul") == "Preset nul"


@given(some_names)
def test_any_text_becomes_a_name_and_a_name_stays(text: str) -> None:
    name = safe_name(text)
    assert is_allowed(name)
    assert safe_name(name) == name or "  " in name
    if is_allowed(text) and "  " not in text and text.split() == text.split(" "):
        assert name == text


@pytest.mark.parametrize(
    ("one", "other"),
    [("Warm", "wARM"), ("é", "e\u0301"), ("É", "e\u0301"), ("Straße", "STRASSE"), ("ß", "SS")],
)
def test_these_are_one_name_to_some_system(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_a_taken_name_gets_the_next_number() -> None:
    assert numbered("Warm", set()) == "Warm"
    assert numbered("Warm", {"cold"}) == "Warm"
    assert numbered("Warm", {"warm"}) == "Warm 2"
    assert numbered("WARM", {"warm", "warm 2"}) == "WARM 3"
    assert numbered("Warm", {"warm", "warm 3"}) == "Warm 2"


@pytest.mark.parametrize(
    ("name", "next_one"),
    [
        ("x" * 100, "x" * 98 + " 2"),
        ("x" * 97 + " yz", "x" * 97 + " 2"),
        ("x" * 97 + ".yz", "x" * 97 + " 2"),
        ("\u3042" * 66, "\u3042" * 66 + " 2"),
        ("\u3042" * 66 + "xy", "\u3042" * 66 + " 2"),
        ("\u3042" * 65 + ".éxy", "\u3042" * 65 + ".é 2"),
        ("é" * 100, "é" * 98 + " 2"),
        ("\u3042" * 65 + ". é" + "é", "\u3042" * 65 + " 2"),
    ],
)
def test_a_number_finds_room_in_the_longest_names(name: str, next_one: str) -> None:
    assert numbered(name, {name_key(name)}) == next_one


def test_an_ending_is_never_cut() -> None:
    assert with_ending("Warm", " copy") == "Warm copy"
    assert with_ending("x" * 98, " copy") == "x" * 95 + " copy"
    assert with_ending("x" * 94 + ". y", " copy") == "x" * 94 + " copy"
    assert with_ending("\u3042" * 66, " copy") == "\u3042" * 65 + " copy"


@given(some_names.map(safe_name), st.integers(0, 12))
def test_a_numbered_name_is_a_name_that_nobody_has(name: str, others: int) -> None:
    taken: set[str] = set()
    for _ in range(others + 1):
        found = numbered(name, taken)
        assert is_allowed(found)
        assert name_key(found) not in taken
        assert len(found) <= LONGEST_NAME
        taken.add(name_key(found))
