"""Words and their language at the start of a session: what is asked for, what the server can, and what it says."""

import json
from collections.abc import Iterator

import pytest
from redis.asyncio import Redis

from gateway.session.session_keys import place_of
from shared import keys
from shared.settings import Settings
from tests.integration.conftest import test_settings
from tests.integration.live_gateway import LiveGateway


@pytest.fixture
def settings(redis_url: str, request: pytest.FixtureRequest) -> Settings:
    return test_settings(redis_url, words=getattr(request, "param", "base"))


@pytest.fixture
def gateway(settings: Settings) -> Iterator[LiveGateway]:
    with LiveGateway(settings) as live:
        yield live


async def started(gateway: LiveGateway, **wish: object) -> tuple[bool, str, list[str]]:
    """Start a session, check that it is shown as it was started, and return words, language and warnings."""
    async with gateway.http() as client:
        answer = (await client.post("/session/start", json=wish)).raise_for_status().json()
        session_id = answer["session_id"]
        link_id = (await client.post(f"/session/{session_id}/link")).json()["link_id"]
        for view in [(await client.get(f"/session/{known}")).json() for known in (session_id, link_id)]:
            assert (view["words"], view["language"]) == (answer["words"], answer["language"])
    return answer["words"], answer["language"], answer.get("warnings", [])


@pytest.mark.parametrize(
    ("wish", "words", "language"),
    [
        ({}, True, ""),
        ({"words": None, "language": None}, True, ""),
        ({"words": True, "language": ""}, True, ""),
        ({"language": "de"}, True, "de"),
        ({"words": True, "language": " DE "}, True, "de"),
        ({"words": True, "facts": True}, True, ""),
        ({"words": False}, False, ""),
        ({"words": False, "language": "de"}, False, ""),
    ],
)
async def test_words_are_on_unless_they_are_declined(
    gateway: LiveGateway, wish: dict[str, object], words: bool, language: str
) -> None:
    assert await started(gateway, **wish) == (words, language, [])


async def test_the_record_says_it_to_the_worker(gateway: LiveGateway, redis: Redis) -> None:
    place = place_of(await gateway.start_session(language="fr"))
    assert await redis.hmget(place.record, ["words", "language"]) == [b"1", b"fr"]  # type: ignore[misc]


@pytest.mark.parametrize("settings", ["off"], indirect=True)
@pytest.mark.parametrize(("wish", "warned"), [({}, False), ({"words": False}, False), ({"words": True}, True)])
async def test_a_server_without_words_says_so_to_those_who_ask(
    gateway: LiveGateway, wish: dict[str, object], warned: bool
) -> None:
    words, language, warnings = await started(gateway, **wish)
    assert (words, language) == (False, "")
    assert len(warnings) == warned
    assert all("LINNET_WORDS" in warning and warning.count(". ") == 0 for warning in warnings)


@pytest.mark.parametrize("settings", ["tiny.en"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "language", "warned"), [("de", "en", True), ("en", "en", False), ("", "", False), (None, "", False)]
)
async def test_a_server_that_knows_english_only_writes_english(
    gateway: LiveGateway, asked: str | None, language: str, warned: bool
) -> None:
    words, found, warnings = await started(gateway, language=asked)
    assert (words, found, len(warnings)) == (True, language, warned)
    assert all("English" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"words": "perhaps"}, "words"),
        ({"words": []}, "words"),
        ({"language": 7}, "language"),
        ({"language": "xx"}, "language"),
        ({"language": "german"}, "language"),
        ({"language": "de-AT"}, "language"),
    ],
)
async def test_what_is_no_language_gets_422(gateway: LiveGateway, wish: dict[str, object], named: str) -> None:
    async with gateway.http() as client:
        response = await client.post("/session/start", json=wish)
    assert response.status_code == 422
    assert response.json()["detail"].startswith(f"{named}: ")
    assert "Value error" not in response.text
    assert str(wish[named]) not in response.json()["detail"] or wish[named] == 7


async def test_a_code_that_is_no_language_is_told_what_to_send(gateway: LiveGateway) -> None:
    async with gateway.http() as client:
        detail = (await client.post("/session/start", json={"language": "xx"})).json()["detail"]
    assert detail == (
        "language: Send the two-letter code of a language, such as en, de or fr, or leave it out to have the language "
        "of each utterance recognised."
    )


@pytest.mark.parametrize(
    ("settings", "words"), [("off", None), ("tiny.en", "tiny.en"), ("base", "base")], indirect=["settings"]
)
async def test_model_says_what_writes_the_words(gateway: LiveGateway, redis: Redis, words: str | None) -> None:
    await redis.set(keys.MODEL, '{"name":"open","figures":{"a":0.1}}')
    async with gateway.http() as client:
        assert (await client.get("/model")).json() == {"name": "open", "figures": {"a": 0.1}, "words": words}
        await redis.set(keys.MODEL, json.dumps({"name": "open", "words": "a worker's own"}))
        assert (await client.get("/model")).json()["words"] == "a worker's own"
