from studio.app.presets.favourites import PresetFavourites
from studio.app.settings import FAVOURITES
from tests.helpers.preset_desk import Desk


def remembered(desk: Desk) -> tuple[str, ...]:
    return PresetFavourites(desk.settings, desk.presets).names


def test_a_star_is_remembered_and_taken_off(desk: Desk) -> None:
    assert not desk.favourites.has("Mine")
    desk.favourites.set("Mine", True)
    desk.favourites.set("Code", True)
    desk.favourites.set("Code", True)
    assert remembered(desk) == ("Mine", "Code")
    desk.favourites.set("Mine", False)
    assert remembered(desk) == ("Code",)
    desk.favourites.set("Code", False)
    assert remembered(desk) == ()


def test_a_star_follows_a_new_name(desk: Desk) -> None:
    for name in ("Mine", "Other"):
        desk.favourites.set(name, True)
    desk.presets.rename("Mine", "Own")
    assert remembered(desk) == ("Own", "Other")
    assert not desk.presets.rename("Own", "Code")  # refused: the name is taken
    assert remembered(desk) == ("Own", "Other")


def test_a_star_goes_with_what_is_deleted_and_comes_back_with_it(desk: Desk) -> None:
    desk.favourites.set("Mine", True)
    deleted = [desk.presets.delete(name) for name in ("Mine", "Other")]
    assert remembered(desk) == ()
    for one in deleted:
        assert one
        desk.presets.restore(one)
    assert remembered(desk) == ("Mine",)


def test_a_file_that_is_gone_for_a_moment_keeps_its_star(desk: Desk) -> None:
    desk.favourites.set("Mine", True)
    path = desk.folder.path / "Mine.json"
    data = path.read_bytes()
    path.unlink()
    desk.presets.read()
    path.write_bytes(data)
    desk.presets.read()
    assert remembered(desk) == ("Mine",)


def test_what_is_damaged_is_no_obstacle(desk: Desk) -> None:
    desk.settings.set(FAVOURITES, ["Nobody", "Mine", "Mine"])
    favourites = PresetFavourites(desk.settings, desk.presets)
    assert favourites.names == ("Nobody", "Mine")
