"""Keys of servers, in the system's keyring: nowhere else on the disk.

The keyring's own package is imported when one is asked for: it looks for a service, which may take
a tenth of a second.
"""

from importlib import import_module
from types import ModuleType

from studio.translation import tr

_SERVICE = "kelvin-studio"
_LOCKED = ("KeyringLocked", "InitError")
"""What the Secret Service's is said to be where its password is not given, or not to be asked for:
the second where there is no keyring yet, and none may be made without one."""


class KeyringError(Exception):
    """This system has no keyring, or it is locked; says what to do."""


def find_key(url: str) -> str:
    """The key that was kept for a server; empty where none was.

    Args:
        url: Where it is, as `Address.shown` writes it.

    Raises:
        KeyringError: It cannot be looked for.
    """
    keyring = _keyring()
    try:
        key: str = keyring.get_password(_SERVICE, url) or ""
    except Exception as error:  # each system's keyring has its own
        raise _refused(error) from None
    return key


def key_for(url: str) -> str:
    """The same; empty where it cannot be looked for: a server that asks for one says so."""
    try:
        return find_key(url)
    except KeyringError:
        return ""


def keep_key(url: str, key: str) -> None:
    """Keep a server's key; an empty one is forgotten.

    Args:
        url: Where it is, as `Address.shown` writes it.
        key: It.

    Raises:
        KeyringError: It cannot be kept.
    """
    keyring = _keyring()
    try:
        if key:
            keyring.set_password(_SERVICE, url, key)
        elif keyring.get_password(_SERVICE, url) is not None:
            keyring.delete_password(_SERVICE, url)
    except Exception as error:  # each system's keyring has its own
        raise _refused(error) from None


def _keyring() -> ModuleType:
    try:
        return import_module("keyring")
    except Exception as error:  # what it finds on a system may fail in any way
        raise _refused(error) from None


def _refused(error: Exception) -> KeyringError:
    # Its own words may hold what was to be kept.
    kind = type(error).__name__
    why = tr("This system's keyring does not answer ({kind})", kind=kind)
    if kind == "NoKeyringError":
        why = tr("This system has no keyring that could be reached")
    elif kind in _LOCKED:
        why = tr("This system's keyring is locked, and was not opened")
    return KeyringError(
        tr(
            "{why}, so the key is not kept. It can be used all the same, and is typed again at the "
            "next start.",
            why=why,
        )
    )
