"""The page's types are made from the gateway's present OpenAPI document (`npm run lint` compares the types with it)."""

from tests.openapi_document import FILE, document


def test_the_page_has_the_present_document() -> None:
    assert FILE.read_text() == document(), "run ./manage.sh python -m tests.openapi_document, and npm run openapi"
