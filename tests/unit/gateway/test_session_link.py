"""A link's id is never taken for a session's, nor the other way round; its reader never learns the session's."""

import pytest

from gateway.session.reader import Reader
from gateway.session.session_keys import Place
from shared import keys
from shared.contract.session import new_session_id, partition_of
from shared.contract.session_link import new_link_id, partition_of_link


@pytest.mark.parametrize("partition", [0, 7, 99_999])
def test_each_id_names_its_partition_to_its_own_parser_only(partition: int) -> None:
    session_id, link_id = new_session_id(partition), new_link_id(partition)
    assert (partition_of(session_id), partition_of_link(session_id)) == (partition, None)
    assert (partition_of(link_id), partition_of_link(link_id)) == (None, partition)


NO_LINKS = (
    "",
    "1-r",
    "1-r" + "0" * 31,
    "1-r" + "0" * 33,
    "1-R" + "0" * 32,
    "1-r" + "A" * 32,
    "-r" + "0" * 32,
    "123456-r" + "0" * 32,
    "\u0661-r" + "0" * 32,
    "1-r" + "0" * 32 + "\n",
    "1-rr" + "0" * 31,
)


@pytest.mark.parametrize("link_id", NO_LINKS)
def test_what_is_no_link(link_id: str) -> None:
    assert partition_of_link(link_id) is None


def test_a_key_gives_its_link_back() -> None:
    link_id = new_link_id(3)
    assert keys.id_of_link(keys.link(3, link_id)) == link_id


def test_who_came_by_a_link_is_told_the_link_wherever_the_id_stood() -> None:
    session_id, link_id = new_session_id(3), new_link_id(3)
    text = f'data: {{"session_id":"{session_id}","detail":"about {session_id}"}}'.encode()
    by_link, own = Reader(Place(3, session_id), link_id), Reader(Place(3, session_id))
    assert by_link.told(text) == text.replace(session_id.encode(), link_id.encode())
    assert own.told(text) is text
    assert (by_link.shown_id, own.shown_id) == (link_id, session_id)
    assert (by_link.link, own.link) == (keys.link(3, link_id), None)
