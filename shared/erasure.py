"""Taking an erased session's audio off its partition's PCM stream, which it shares with other sessions."""

from typing import Final

from redis.asyncio import Redis

from shared import keys
from shared.lua import Script

TAKE_OFF: Final = """
-- (stream, session id, most bytes, whether to do it even if the session has no chunk there any more)
-- → chunks deleted | -1: the stream is too large for one step
-- Writes the stream anew without the session's chunks: XDEL and XTRIM only mark entries as deleted as long as their
-- block (4 kB, for frames shorter than that) holds others, so their bytes would stay in memory and in the next file.
local function take_off(stream, id, most, always)
  if redis.call('EXISTS', stream) == 0 then return 0 end
  local others, chunks, bytes, from = {}, 0, 0, '-'
  repeat
    local page = redis.call('XRANGE', stream, from, '+', 'COUNT', 100)
    for _, entry in ipairs(page) do
      local whose = false
      bytes = bytes + 1000  -- what an entry takes whatever its size
      for i = 1, #entry[2], 2 do
        bytes = bytes + #entry[2][i + 1]
        if entry[2][i] == 's' then whose = entry[2][i + 1] end
      end
      if whose == id then chunks = chunks + 1 else others[#others + 1] = entry end
      from = '(' .. entry[1]
    end
    if bytes > tonumber(most) then return -1 end
  until #page < 100
  if chunks == 0 and not always then return 0 end
  local info, last, ttl = redis.call('XINFO', 'STREAM', stream), '0-0', redis.call('PTTL', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
  redis.call('DEL', stream)
  for _, entry in ipairs(others) do redis.call('XADD', stream, entry[1], unpack(entry[2])) end
  if last ~= '0-0' and (#others == 0 or others[#others][1] ~= last) then
    -- The next chunk's id must lie beyond every id there was, or nobody would read it.
    redis.call('XADD', stream, last, 's', '')
    redis.call('XDEL', stream, last)
  end
  if ttl > 0 then redis.call('PEXPIRE', stream, ttl) end
  return chunks
end
"""
"""Lua, for the scripts that erase."""

_ERASE_AUDIO: Final = Script(
    TAKE_OFF
    + """
-- KEYS PCM stream; ARGV session id, most bytes → as take_off
return take_off(KEYS[1], ARGV[1], ARGV[2], false)
"""
)

MOST_BYTES: Final = 4_000_000
"""Of a stream that is written anew in one step: 95 s of audio in frames of 100 ms at 16 kHz. It takes Redis 10 ms,
15 ms where the frames are small."""
_PAGE: Final = 200
"""Chunks looked at in one round trip when there is more; each may be a second of audio."""


async def erase_audio(redis: Redis, partition: int, session_id: str) -> None:
    """Deletes the session's chunks. No new ones come: APPEND needs the record. Safe to call again."""
    pcm = keys.pcm(partition)
    if await _ERASE_AUDIO.run(redis, [pcm], [session_id, MOST_BYTES]) == -1:
        await _delete_in_pages(redis, pcm, session_id.encode())


async def _delete_in_pages(redis: Redis, pcm: str, session_id: bytes) -> None:
    after = "-"
    while True:
        entries: list[tuple[bytes, dict[bytes, bytes]]] = await redis.xrange(pcm, after, "+", _PAGE)
        doomed = [entry_id for entry_id, fields in entries if fields.get(b"s") == session_id]
        if doomed:
            await redis.xdel(pcm, *doomed)
        if len(entries) < _PAGE:
            return
        after = f"({entries[-1][0].decode()}"
