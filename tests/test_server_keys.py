"""Keys of servers in a keyring: kept, found, forgotten, and refused where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from studio.server_keys import KeyringError, find_key, keep_key, key_for

keyring: Any = pytest.importorskip("keyring")  # ships no types where it is not installed

URL, KEY = "http://cellar:8080", "open-sesame"


@pytest.fixture(autouse=True)
def own_keyring() -> Iterator[dict[tuple[str, str], str]]:
    """The package's own way, with a keyring in memory in the place of the system's."""
    kept: dict[tuple[str, str], str] = {}

    class InMemory(keyring.backend.KeyringBackend):  # type: ignore[misc]  # its type is not known
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    yield kept
    keyring.set_keyring(before)


def test_a_key_is_kept_by_its_address(own_keyring: dict[tuple[str, str], str]) -> None:
    assert find_key(URL) == ""
    keep_key(URL, KEY)
    assert own_keyring == {("kelvin-studio", URL): KEY}
    assert find_key(URL) == KEY
    assert find_key("http://elsewhere:8080") == ""
    keep_key(URL, "")
    keep_key(URL, "")
    assert own_keyring == {}


def test_without_a_keyring_it_is_said_and_the_key_is_not() -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())
    with pytest.raises(KeyringError, match="not kept") as refused:
        keep_key(URL, KEY)
    assert KEY not in str(refused.value)
    assert key_for(URL) == ""
