"""An MQTT broker inside this process, for the simulated home."""

import asyncio
import logging
import threading
from contextlib import suppress

from edge.core.errors import MissingError, UnreachableError

_PATIENCE_S = 10.0
_FAREWELL_S = 2.0


class EmbeddedBroker:
    """amqtt on a free port of the loopback interface, in a thread with a loop of its own."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._port = 0

    def start(self) -> int:
        """Start it and return its port."""
        try:
            import amqtt.broker  # noqa: F401 - 0.2 s and more, in vain unless the demo runs
        except ImportError as error:
            raise MissingError(
                "simulated.no_broker",
                "the simulated home needs the extra `demo`: make install EXTRAS=demo",
            ) from error
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # they log every client's comings and goings
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="simulated-broker", daemon=True)
        self._thread.start()
        if not self._started.wait(_PATIENCE_S):
            raise UnreachableError("simulated.unreachable", "the embedded broker does not start")
        return self._port

    def stop(self) -> None:
        """Stop it and wait for its thread."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)
        self._loop = self._stopping = self._thread = None
        self._started.clear()

    async def _serve(self) -> None:
        from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
        from amqtt.broker import Broker

        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        broker = Broker(
            {
                # The broker's own listeners do not tell which free port they found.
                "listeners": {"default": {"type": "external"}},
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
            }
        )
        await broker.start()

        open_now: set[asyncio.StreamWriter] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            open_now.add(writer)
            try:
                await broker.external_connected(StreamReaderAdapter(reader), StreamWriterAdapter(writer), "default")
            finally:
                open_now.discard(writer)
                writer.close()  # a client that left in the midst of its greeting is not closed by the broker

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        with suppress(TimeoutError):  # it waits without end for a client that is just greeting it
            await asyncio.wait_for(broker.shutdown(), _FAREWELL_S)
        for writer in tuple(open_now):
            writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes their sockets in its next round, and there must be one
