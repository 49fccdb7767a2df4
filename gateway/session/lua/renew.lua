-- KEYS presence, PCM stream, session record, the session's other keys; ARGV session id, idle_ttl, running_expiry
local presence, stream, record = unpack(KEYS)
local session_id, idle_ttl, running_expiry = unpack(ARGV)
local state, pinned, ended_at, link = unpack(redis.call('HMGET', record, 'state', 'pinned', 'ended_at', 'link'))
if not state then return end
if state == 'running' then
  local now = redis.call('TIME')
  redis.call('ZADD', presence, now[1] + now[2] / 1000000 + idle_ttl, session_id)
end
redis.call('EXPIRE', presence, running_expiry)
redis.call('EXPIRE', stream, running_expiry)
if ended_at or pinned == '1' then return end
for i = 3, #KEYS do redis.call('EXPIRE', KEYS[i], running_expiry) end
if link then redis.call('EXPIRE', link, running_expiry) end
