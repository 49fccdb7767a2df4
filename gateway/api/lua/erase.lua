-- include shared/erasure/lua/take_off.lua
-- KEYS presence, those of the partition's audio (keys.of_audio), tombstone, the partition's pinned sessions, the
-- session's keys, the record first
-- ARGV session id, most bytes, seconds that the tombstone stays, channel, message
-- → -2: neither session nor tombstone | as take_off
local audio = {KEYS[2], KEYS[3], KEYS[4]}
if redis.call('EXISTS', KEYS[7]) == 0 then
  if redis.call('EXISTS', KEYS[5]) == 0 then return -2 end
  if redis.call('HEXISTS', KEYS[4], ARGV[1]) == 0 then return 0 end
  return take_off(audio, ARGV[1], ARGV[2], true)
end
local link = redis.call('HGET', KEYS[7], 'link')
if link then redis.call('DEL', link) end
for i = 7, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[6], ARGV[1])
redis.call('SET', KEYS[5], '', 'EX', ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return take_off(audio, ARGV[1], ARGV[2], true)
