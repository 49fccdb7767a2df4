"""Redis behind TLS and on a socket file: what the URL says is done."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared.store.links import AWAY
from shared.store.open import open_links
from testkit.redis_server import RedisServer
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway, answer


async def audio_is_taken(redis_url: str) -> None:
    gateway = LiveGateway(test_settings(redis_url))
    await asyncio.to_thread(gateway.__enter__)  # what stands before Redis may run in this very loop
    try:
        session_id = await gateway.start_session()
        async with gateway.audio(session_id) as link:
            await link.send(bytes(3200))
            assert (await answer(link)) == {"ok": True, "bytes": 3200}
        async with gateway.events(session_id):
            pass
    finally:
        await asyncio.to_thread(gateway.stop)


async def test_a_socket_file(tmp_path: Path) -> None:
    with RedisServer("--unixsocket", str(tmp_path / "r.sock")):
        await audio_is_taken(f"unix://{tmp_path}/r.sock")


@asynccontextmanager
async def behind_tls(port: int, certificate: Path, key: Path) -> AsyncIterator[int]:
    """A TLS port that passes everything on to `port`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_redis = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, to_redis[1]), copy(to_redis[0], writer), return_exceptions=True)

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which makes the certificate, is not installed")
async def test_tls_with_an_authority_of_ones_own(tmp_path: Path) -> None:
    certificate, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=linnet-tests", "-days", "2"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    with RedisServer() as server:
        async with behind_tls(server.port, certificate, key) as port:
            await audio_is_taken(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}")
            nobody_known = f"rediss://127.0.0.1:{port}/0"
            another_name = f"rediss://localhost:{port}/0?ssl_ca_certs={certificate}"
            for url in (nobody_known, another_name):
                async with open_links(test_settings(url)) as links:
                    with pytest.raises(AWAY, match="certificate"):
                        await links.ready()
            async with open_links(test_settings(f"{another_name}&ssl_check_hostname=no")) as links:
                await links.ready()
