"""Servers that hold models: which there were, what speaks at an address, and where its key goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app import settings as remembered
from studio.app.background import Background
from studio.app.model.state import ModelState
from studio.app.settings import Settings
from studio.translation import tr
from studio.visible_text import visible_name

if TYPE_CHECKING:
    from studio.engine.server.capabilities import Capabilities

_PATIENCE = 10.0
"""Seconds in which a server must say what it is."""


class Servers(QObject):
    """Opens models at servers.

    Args:
        model: What is opened.
        settings: Where the addresses are remembered.
        parent: The Qt parent, if any.
    """

    looked = Signal(str)
    """What speaks at the address that was looked at last, or why nothing does."""
    refused = Signal(str)
    """Why a key was not kept."""

    def __init__(
        self, model: ModelState, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._settings = settings
        self._background = Background("servers", self)
        self._asked = ""

    @property
    def addresses(self) -> list[str]:
        """Those that were opened, the last first."""
        return list(self._settings.get(remembered.RECENT_SERVERS))

    @staticmethod
    def why_not(text: str) -> str:
        """Why a text is no server's address; empty where it is one."""
        from studio.engine.server.asking import address_of  # with it come sockets and TLS

        try:
            address_of(text)
        except ValueError as error:
            return str(error)
        return ""

    @staticmethod
    def caution(text: str) -> str:
        """What should be known of an address before something is sent there; empty for nothing."""
        from studio.engine.server.asking import address_of

        try:
            address = address_of(text)
        except ValueError:
            return ""
        if address.scheme == "https" or address.is_near:
            return ""
        return tr(
            "Without https:// your text and the key can be read on the way to {url}. An SSH tunnel "
            "protects them as well.",
            url=address.shown,
        )

    def look(self, text: str, key: str) -> None:
        """Ask what speaks at an address; `looked` says it.

        Args:
            text: The address.
            key: What it asks for; empty for the one that was kept.
        """
        self._asked = text
        self._background.start(lambda _at: _seen(text, key), partial(self._on_seen, text))

    def open(self, text: str, key: str = "", *, keeps: bool = False) -> None:
        """Open the model at an address.

        Args:
            text: The address, which is one.
            key: What it asks for; empty for the one that was kept.
            keeps: Whether to keep it in the system's keyring.
        """
        from studio.engine.server.asking import address_of

        url = address_of(text).shown
        self._settings.remember(remembered.RECENT_SERVERS, url)
        if key and keeps:
            self._background.start(lambda _at: _kept(url, key), self._on_kept)
        self._model.open(url, key=key or None)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._background.close()

    def _on_seen(self, text: str, words: str | None) -> None:
        if text == self._asked:
            self.looked.emit(words or tr("The server could not be asked."))

    def _on_kept(self, why_not: str | None) -> None:
        if why_not:
            self.refused.emit(why_not)


def _kept(url: str, key: str) -> str:
    """Keep a key; why it could not be kept."""
    from studio.server_keys import KeyringError, keep_key

    try:
        keep_key(url, key)
    except KeyringError as error:
        return str(error)
    return ""


def _seen(text: str, key: str) -> str:
    """What speaks at an address, in words; in another thread."""
    from studio.engine.server.answers import Properties
    from studio.engine.server.asking import Asking, ServerError, address_of
    from studio.engine.server.capabilities import capabilities_of, is_llama_server
    from studio.server_keys import key_for

    asking = None
    try:
        address = address_of(text)
        asking = Asking(address, key or key_for(address.shown), _PATIENCE)
        if not is_llama_server(asking):
            return _found(capabilities_of(asking))
        found = msgspec.json.decode(asking.raw("/props"), type=Properties)
    except ServerError as error:
        return str(error)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return tr("What answers there is no server that is known here. Check host and port.")
    finally:
        if asking is not None:
            asking.close()
    return tr(
        "llama-server ({build}) with “{model}”: %n texts at a time, {context:,} tokens each.",
        "",
        found.total_slots,
        one="llama-server ({build}) with “{model}”: one text at a time, {context:,} tokens.",
        build=visible_name(found.build_info),
        model=visible_name(found.name),
        context=found.default_generation_settings.n_ctx,
    )


def _found(can: Capabilities) -> str:
    """What a server that draws by itself is."""
    (_, server), (_, model), *_ = can.rows()
    return tr(
        "{server} with “{model}”. It draws by itself: texts come as it writes them, and bars, heat "
        "and lanes are absent. Model options show what it can do.",
        server=server,
        model=model,
    )
