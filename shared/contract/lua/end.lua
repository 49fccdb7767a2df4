-- Puts the end marker behind the audio, once.
-- KEYS session record, PCM stream, presence; ARGV session id, reason → state before: false | 'running' | 'stopped'
redis.call('ZREM', KEYS[3], ARGV[1])
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'running' then
  redis.call('HSET', KEYS[1], 'state', 'stopped')
  redis.call('XADD', KEYS[2], '*', 's', ARGV[1], 'e', ARGV[2])
end
return state
