"""A small collector of batches: `POST /batch`, or MQTT, into a spool folder. It keeps nothing of who sent them.

A batch is decoded before it is taken, and then kept as it came under its id: the same batch once more is acknowledged
and changes nothing, another one of the same id is refused. What is acknowledged is on disk. Addresses of those who send
are neither written nor logged.
"""

import asyncio
import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.core.errors import InputError, UnreachableError
from edge.upstream import batch as batches
from edge.upstream.batch import BatchError
from edge.upstream.vocabulary import Vocabulary
from tools.learn.ingest import SUFFIX
from tools.learn.needs import need

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

TOPIC = "edge/upstream/batch"
BODY_SECONDS = 10.0
"""Within which a batch has to be here; who sends slower is let go."""
CONNECTIONS = 256
"""At a time; more are told to come again."""
SPOOL_FILES = 200_000
"""Batches that may wait; beyond it none is taken until they are ingested."""


class FullError(InputError):
    """There is no room for more batches: `collect.full`."""


class Spool:
    """The folder that batches wait in, and counts of what came.

    Raises InputError `collect.spool` where it cannot be made.
    """

    def __init__(self, folder: Path, vocabulary: Vocabulary, *, most: int = SPOOL_FILES) -> None:
        self.folder = folder
        self._vocabulary = vocabulary
        self._most = most
        self.taken, self.repeated, self.refused = 0, 0, 0
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError("collect.spool", f"the folder {folder} cannot be made ({error.strerror})") from error
        self._count = len(list(folder.glob(f"*{SUFFIX}")))

    def take(self, data: bytes, key: str | None = None) -> str:
        """Keep a batch; its id. On disk when this returns.

        key: that the sender gave it, where it did. Raises BatchError (`batch.key`: that is not its id; `batch.other`:
        there is another one of its id), FullError.
        """
        try:
            return self._take(data, key)
        except BatchError:
            self.refused += 1
            raise

    def _take(self, data: bytes, key: str | None) -> str:
        batch = batches.decode(data, vocabulary=self._vocabulary)
        if not re.fullmatch("[0-9a-f]{32}", batch.id):
            raise BatchError("batch.field", "the batch has no id of 32 hexadecimal digits")
        if key not in (None, batch.id):
            raise BatchError("batch.key", "the header Idempotency-Key is not the id of the batch")
        path = self.folder / f"{batch.id}{SUFFIX}"
        if path.exists():
            return self._same(path, data, batch.id)
        if self._count >= self._most:
            self._count = len(list(self.folder.glob(f"*{SUFFIX}")))
            if self._count >= self._most:
                raise FullError("collect.full", "there is no room for more batches; send it again later")
        handle, aside = tempfile.mkstemp(prefix=".", suffix=".new", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # A link, unlike a rename, never takes the place of what another request has put there meanwhile.
            os.link(aside, path)
        except FileExistsError:
            return self._same(path, data, batch.id)
        except OSError as error:
            raise FullError(
                "collect.full", f"the batch cannot be kept ({error.strerror}); send it again later"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
        self._count += 1
        self.taken += 1
        entry = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
        return batch.id

    def _same(self, path: Path, data: bytes, batch_id: str) -> str:
        if path.read_bytes() != data:
            raise BatchError("batch.other", "another batch of this id was taken before; this one is not")
        self.repeated += 1
        return batch_id


def application(spool: Spool) -> "Starlette":
    """The collector as an ASGI application. Raises MissingError without the extra `collector`."""
    need("starlette", "collector")
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    def refused(status: int, error: str, code: str) -> JSONResponse:
        return JSONResponse({"error": error, "code": code}, status_code=status)

    async def post(request: "Request") -> "Response":
        if request.headers.get("content-type", "").partition(";")[0].strip() != batches.CONTENT_TYPE:
            return refused(415, f"a batch is sent as {batches.CONTENT_TYPE}", "collect.type")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                data = await _body(request)
        except TimeoutError:
            return refused(408, "the batch took too long to arrive; send it again", "collect.slow")
        if data is None:
            return refused(413, "the batch is larger than any hub sends", "batch.too_large")
        try:
            batch_id = await run_in_threadpool(spool.take, data, request.headers.get("idempotency-key"))
        except BatchError as error:
            status = {"batch.too_large": 413, "batch.other": 409}.get(error.code, 400)
            return refused(status, str(error), error.code)
        except FullError as error:
            return refused(507, str(error), error.code)
        return JSONResponse({"id": batch_id})

    return Starlette(routes=[Route("/batch", post, methods=["POST"])])


async def _body(request: "Request") -> bytes | None:
    """The bytes that were sent; None where they are too many, which are not read."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > batches.MAX_COMPRESSED:
        return None
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > batches.MAX_COMPRESSED:
            return None
    return bytes(data)


def serve(
    spool: Spool,
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    seconds: float | None = None,
    made: Callable[[Any], object] = lambda _: None,
    ready: Callable[[], object] = lambda: None,
) -> None:
    """Collect over HTTP until interrupted, with a certificate over HTTPS.

    seconds: end after so many. made: is given the server, before it runs. ready: told once batches can come.

    Raises MissingError without the extra `collector`, UnreachableError `collect.port` where the port cannot be had,
    InputError `collect.certificate`.
    """
    uvicorn = need("uvicorn", "collector")
    config = uvicorn.Config(
        application(spool),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=5,
        server_header=False,
        lifespan="off",
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    server = uvicorn.Server(config)
    made(server)
    timer = threading.Timer(seconds or 0.0, lambda: setattr(server, "should_exit", True))
    timer.daemon = True

    async def run() -> None:
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            ready()
            if seconds is not None:
                timer.start()
        await serving

    try:
        with contextlib.suppress(KeyboardInterrupt):  # what it ends by
            asyncio.run(run())
    except SystemExit as error:
        raise UnreachableError(
            "collect.port", f"{host}:{port} cannot be listened on; name another with --port, or end what has it"
        ) from error
    except OSError as error:
        raise InputError(
            "collect.certificate", f"the certificate or its key cannot be read ({error.strerror or error})"
        ) from error
    finally:
        timer.cancel()


class MqttCollector:
    """Batches from a broker: each is acknowledged once it is on disk, so none is lost with the process.

    What is no batch is acknowledged too, and counted: it would come for ever.
    """

    def __init__(
        self,
        spool: Spool,
        *,
        topic: str = TOPIC,
        client_id: str = "edge-collector",
        username: str | None = None,
        password: str | None = None,
        ca: Path | None = None,
    ) -> None:
        paho = need("paho.mqtt.client", "collector")
        self.subscribed = False
        self._spool, self._topic = spool, topic
        # The session outlives the connection: what is sent while the collector is away waits at the broker.
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        if username is not None:
            self._client.username_pw_set(username, password)
        if ca is not None:
            self._client.tls_set(str(ca))
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = self._now_subscribed
        self._client.on_message = self._message

    def _now_subscribed(self, *_: Any) -> None:
        self.subscribed = True

    def _message(self, client: Any, _: Any, message: Any) -> None:
        try:
            self._spool.take(message.payload)
        except FullError:
            return  # not acknowledged: the broker keeps it
        except BatchError:
            pass  # the spool counts it
        client.ack(message.mid, message.qos)

    def connect(self, host: str, port: int) -> None:
        """Begin to collect, in a thread of its own. Raises UnreachableError `collect.broker`."""
        try:
            self._client.connect(host, port)
        except OSError as error:
            raise UnreachableError("collect.broker", f"there is no broker at {host}:{port} ({error})") from error
        self._client.loop_start()

    def close(self) -> None:
        """End it; what comes later waits at the broker."""
        self._client.disconnect()
        self._client.loop_stop()
