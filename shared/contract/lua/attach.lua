-- A new audio socket takes the session over, and says where its audio begins. Nothing else can leave a hole.
-- KEYS session record; ARGV token, channel of keys.socket_channel, offset of its first frame, or '' to go on
-- → {'unknown'} | {'stopped'}
--   | {'running', sample rate, samples received, 16 kHz samples classified, whole seconds since the session began,
--      which one this is of the session's sockets}
local r = redis.call('HMGET', KEYS[1], 'state', 'sample_rate', 'received', 'classified', 'started_at')
if not r[1] then return {'unknown'} end
if r[1] ~= 'running' then return {'stopped'} end
redis.call('HSET', KEYS[1], 'socket', ARGV[1], 'socket_end', ARGV[3] == '' and r[3] or ARGV[3])
local number = redis.call('HINCRBY', KEYS[1], 'sockets', 1)
local now = redis.call('TIME')
redis.call('HSETNX', KEYS[1], 'audio_ms', now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('PUBLISH', ARGV[2], number)
return {'running', r[2], r[3], r[4], now[1] - math.floor(tonumber(r[5])), number}
