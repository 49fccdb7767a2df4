-- Puts the end marker behind the audio, once.
-- KEYS session record, PCM stream, presence; ARGV session id, reason → state before: false | 'running' | 'stopped'
local record, stream, presence = unpack(KEYS)
local session_id, reason = unpack(ARGV)
redis.call('ZREM', presence, session_id)
local state = redis.call('HGET', record, 'state')
if state == 'running' then
  redis.call('HSET', record, 'state', 'stopped')
  redis.call('XADD', stream, '*', 's', session_id, 'e', reason)
end
return state
