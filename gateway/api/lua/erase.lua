-- include shared/erasure/lua/take_off.lua
-- KEYS presence, those of the partition's audio (keys.of_audio), tombstone, the partition's pinned sessions, the
-- session's keys, the record first
-- ARGV session id, most bytes, seconds that the tombstone stays, channel, message
-- → -2: neither session nor tombstone | as take_off
local presence, stream, copy, erasing, tombstone, pinned, record = unpack(KEYS)
local session_id, most, seconds, channel, message = unpack(ARGV)
local audio = {stream, copy, erasing}
if redis.call('EXISTS', record) == 0 then
  if redis.call('EXISTS', tombstone) == 0 then return -2 end
  if redis.call('HEXISTS', erasing, session_id) == 0 then return 0 end
  return take_off(audio, session_id, most, true)
end
local link = redis.call('HGET', record, 'link')
if link then redis.call('DEL', link) end
for i = 7, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('ZREM', presence, session_id)
redis.call('ZREM', pinned, session_id)
redis.call('SET', tombstone, '', 'EX', seconds)
redis.call('PUBLISH', channel, message)
return take_off(audio, session_id, most, true)
