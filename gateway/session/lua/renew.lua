-- KEYS presence, PCM stream, session record, the session's other keys; ARGV session id, idle_ttl, running_expiry
local r = redis.call('HMGET', KEYS[3], 'state', 'pinned', 'ended_at', 'link')
if not r[1] then return end
if r[1] == 'running' then
  local now = redis.call('TIME')
  redis.call('ZADD', KEYS[1], now[1] + now[2] / 1000000 + ARGV[2], ARGV[1])
end
for i = 1, 2 do redis.call('EXPIRE', KEYS[i], ARGV[3]) end
if r[3] or r[2] == '1' then return end
for i = 3, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[3]) end
if r[4] then redis.call('EXPIRE', r[4], ARGV[3]) end
