"""The page's port: files, their headers and encodings, and which calls of the API are answered there."""

import gzip
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from gateway.app import create_app
from gateway.edge.page import API, PagePort
from gateway.edge.security_headers import SecurityHeaders
from shared.settings import Settings

SCRIPT = b"export const tone = 'warm'\n" * 100
INDEX = b"<!doctype html><title>Linnet</title>"
PAGE_PORT, API_PORT = 8521, 8522


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A built page, with a file beside its folder that nobody may read."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(INDEX)
    (folder / "index.html.br").write_bytes(b"brotli of the index")
    (folder / "audio-processor.js").write_bytes(SCRIPT)
    (folder / "sample.flac").write_bytes(bytes(range(200)))
    (folder / "manifest.webmanifest").write_bytes(b"{}")
    (folder / "assets" / "page-Ab12.js").write_bytes(SCRIPT)
    (folder / "assets" / "page-Ab12.js.br").write_bytes(b"brotli of the script")
    (folder / "assets" / "page-Ab12.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (tmp_path / "secret.txt").write_text("a secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


def client(folder: Path, port: int = PAGE_PORT) -> httpx.AsyncClient:
    """A client of a page in front of an API that answers every call with "called"."""
    app = SecurityHeaders(PagePort(PlainTextResponse("called"), folder, PAGE_PORT))
    url = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=url, headers={"Accept-Encoding": "identity"})


async def get(folder: Path, path: str, **headers: str) -> httpx.Response:
    async with client(folder) as page:
        return await page.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def raw(folder: Path, path: str, accepted: str) -> tuple[str | None, bytes]:
    """The answer's coding, and its body as sent."""
    async with client(folder) as page, page.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        assert answer.status_code == 200
        return answer.headers.get("content-encoding"), b"".join([piece async for piece in answer.aiter_raw()])


async def test_the_index_is_checked_again_at_each_visit(dist: Path) -> None:
    for path in ("/", "/index.html", "/?source=installed"):
        answer = await get(dist, path)
        assert (answer.status_code, answer.content) == (200, INDEX)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        again = await get(dist, path, If_None_Match=answer.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == "no-cache"


async def test_only_files_with_a_hash_in_their_name_are_kept_for_good(dist: Path) -> None:
    kept = await get(dist, "/assets/page-Ab12.js")
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-type"] == "text/javascript; charset=utf-8"
    for path in ("/audio-processor.js", "/sample.flac", "/assets/../index.html"):
        assert (await get(dist, path)).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "kind"), [("/sample.flac", "audio/flac"), ("/manifest.webmanifest", "application/manifest+json")]
)
async def test_files_have_their_type(dist: Path, path: str, kind: str) -> None:
    assert (await get(dist, path)).headers["content-type"] == kind


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5, br;q=0", "gzip"),
        ("br;q=0.000, gzip; q=0.0", None),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
        ("*;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
        ("brotli, xgzip", None),
        (",;,;;q=", None),
    ],
)
async def test_the_smallest_accepted_encoding_is_sent(dist: Path, accepted: str, coding: str | None) -> None:
    stored = {"br": b"brotli of the script", "gzip": gzip.compress(SCRIPT, mtime=0), None: SCRIPT}
    assert await raw(dist, "/assets/page-Ab12.js", accepted) == (coding, stored[coding])


async def test_what_has_no_compressed_copy_is_sent_as_it_is(dist: Path) -> None:
    assert await raw(dist, "/", "gzip") == (None, INDEX)
    assert await raw(dist, "/", "gzip, br") == ("br", b"brotli of the index")
    assert await raw(dist, "/audio-processor.js", "gzip, br") == (None, SCRIPT)


async def test_each_encoding_has_an_etag_of_its_own_and_caches_are_told(dist: Path) -> None:
    answers = []
    async with client(dist) as page:
        for accepted in ("br", "gzip", "identity"):
            answer = await page.head("/assets/page-Ab12.js", headers={"Accept-Encoding": accepted})
            assert answer.headers["vary"] == "Accept-Encoding"
            assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
            answers.append(answer.headers["etag"])
    assert len(set(answers)) == 3


async def test_the_compressed_copies_have_no_address(dist: Path) -> None:
    for path in ("/assets/page-Ab12.js.br", "/assets/page-Ab12.js.gz", "/index.html.br"):
        assert (await get(dist, path)).status_code == 404


async def test_head_tells_what_get_would_send(dist: Path) -> None:
    async with client(dist) as page:
        for path in ("/", "/assets/page-Ab12.js", "/none"):
            head, got = await page.head(path), await page.get(path)
            assert head.status_code == got.status_code
            assert head.headers == got.headers
            assert head.content == b""


async def test_a_part_of_a_file_can_be_asked_for(dist: Path) -> None:
    part = await get(dist, "/sample.flac", Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/200"
    assert (await get(dist, "/sample.flac", Range="bytes=500-")).status_code == 416


async def test_the_page_may_load_only_its_own_origin_and_record(dist: Path) -> None:
    for path in ("/", "/assets/page-Ab12.js", "/audio-processor.js"):
        headers = (await get(dist, path)).headers
        assert headers["content-security-policy"] == (
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["permissions-policy"] == "microphone=(self)"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/none", "/assets/page-old.js", "/assets", "/assets/", "/some/where", "/metrics", "/sessions", "/%00"]
)
async def test_an_unknown_address_is_a_sentence_and_never_the_page(dist: Path, path: str) -> None:
    answer = await get(dist, path, Accept="text/html")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.json()["detail"].startswith("There is nothing at this address.")


@pytest.mark.parametrize(
    "path",
    [
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2f%2e%2e%2fetc/passwd",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/..%5csecret.txt",
        "/assets/..%00/secret.txt",
        "/link.txt",
        "/" + "a" * 5000,
    ],
)
async def test_nothing_outside_the_folder_is_sent(dist: Path, path: str) -> None:
    assert (await get(dist, path)).status_code == 404


async def test_files_are_only_read(dist: Path) -> None:
    async with client(dist) as page:
        for method in ("POST", "PUT", "DELETE"):
            answer = await page.request(method, "/index.html")
            assert answer.status_code == 405
            assert answer.headers["allow"] == "GET, HEAD"


async def test_the_pages_port_answers_calls_too(dist: Path) -> None:
    async with client(dist) as page:
        for path in ("/session/start", "/session/1-a/export?format=csv", "/health", "/model"):
            assert (await page.get(path)).text == (await page.post(path)).text == "called"


async def test_the_apis_own_port_serves_no_page(dist: Path) -> None:
    async with client(dist, API_PORT) as api:
        for path in ("/", "/index.html", "/assets/page-Ab12.js", "/metrics", "/health"):
            assert (await api.get(path)).text == "called"


def test_the_pages_port_answers_every_call_but_that_for_metrics() -> None:
    paths = create_app(Settings(_env_file=None)).openapi()["paths"]
    assert {path.split("/")[1] for path in paths} | {"openapi.json"} == API | {"metrics"}


async def test_a_new_build_is_served_at_once(dist: Path) -> None:
    async with client(dist) as page:
        assert (await page.get("/assets/page-Cd34.js")).status_code == 404
        (dist / "assets" / "page-Cd34.js").write_bytes(b"new")
        assert (await page.get("/assets/page-Cd34.js")).content == b"new"
