from pathlib import Path

from studio.app.presets.library_entries import (
    NONE_YET,
    Entry,
    Heading,
    Hint,
    Kind,
    ListContext,
    Mark,
    Row,
    library_rows,
    matches,
)
from studio.presets import (
    Listing,
    Preset,
    PresetDocument,
    Problem,
    StoredPreset,
    built_in_presets,
)

MINE = Preset(name="Mine", description="Of the sea", notes="Found in May", task="creative_writing")
NEWER = Preset(name="Newer", format_version=9)
BROKEN = Problem(Path("/p/bad.json"), "“bad.json”: temp: found -1; allowed is a number from 0.")


def stored(preset: Preset) -> StoredPreset:
    return StoredPreset(PresetDocument(preset), Path(f"/p/{preset.name}.json"))


LISTING = Listing((stored(MINE), stored(NEWER)), (BROKEN,))
ALL = [*built_in_presets(), MINE, NEWER]


def sections(rows: list[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if isinstance(row, Heading):
            found[row.title] = []
        else:
            found[list(found)[-1]].append(row.title if isinstance(row, Entry) else row.text)
    return found


def entry(rows: list[Row], title: str) -> Entry:
    return next(row for row in rows if isinstance(row, Entry) and row.title == title)


def test_each_preset_stands_once_and_a_broken_file_hides_none() -> None:
    found = sections(
        library_rows(ALL, LISTING, ListContext(favourites=("Greedy", "Mine", "Nobody")))
    )
    assert found == {
        "Favourites": ["Greedy", "Mine"],
        "Yours": ["Newer"],
        "Built in": [
            "Code",
            "Creative writing",
            "Customer support",
            "Data augmentation",
            "Neutral",
        ],
        "Could not be read": ["bad.json"],
    }


def test_what_is_true_of_a_preset_is_marked() -> None:
    context = ListContext(in_use="Mine", is_turned=True, default="Code", of_model="Mine")
    rows = library_rows(ALL, LISTING, context)
    assert entry(rows, "Mine").marks == (Mark.IN_USE, Mark.TURNED, Mark.OF_MODEL)
    assert entry(rows, "Code").marks == (Mark.DEFAULT,)
    assert entry(rows, "Newer").marks == (Mark.READ_ONLY,)
    assert "read only, a newer version wrote it" in entry(rows, "Newer").words
    assert "default for this model" in entry(rows, "Mine").words
    assert entry(rows, "bad.json").line == "temp: found -1; allowed is a number from 0."


def test_without_a_description_it_says_what_it_sets() -> None:
    rows = library_rows(ALL, LISTING, ListContext())
    assert entry(rows, "Newer").line == "T 1   no filter, no penalty"
    assert entry(rows, "Mine").line == "Of the sea"


def test_one_in_use_whose_file_is_gone_stays() -> None:
    gone = Preset(name="Gone")
    found = entry(library_rows([*ALL, gone], LISTING, ListContext(in_use="Gone")), "Gone")
    assert (found.kind, found.marks) == (Kind.UNSAVED, (Mark.IN_USE, Mark.UNSAVED))


def test_where_none_is_ones_own_it_says_what_to_do() -> None:
    rows = library_rows(built_in_presets(), Listing(), ListContext())
    assert rows[:2] == [Heading("Yours"), Hint(NONE_YET)]
    # A favourite of one's own is one of one's own.
    with_star = library_rows([MINE], Listing((stored(MINE),)), ListContext(favourites=("Mine",)))
    assert sections(with_star) == {"Favourites": ["Mine"]}


def test_search_looks_into_name_description_task_and_notes() -> None:
    for query in ("min", "SEA", "creative", "may found", "mine sea writing", "  "):
        assert matches(MINE, query), query
    for query in ("seas", "mine code", "temperature"):
        assert not matches(MINE, query), query
    found = sections(library_rows(ALL, LISTING, ListContext(), "greedy"))
    assert "Greedy" in found["Built in"]
    assert "Yours" not in found
    assert sections(library_rows(ALL, LISTING, ListContext(), "bad.json")) == {
        "Could not be read": ["bad.json"]
    }
    assert library_rows(ALL, LISTING, ListContext(), "nothing has this") == []
