-- A new audio socket takes the session over, and says where its audio begins. Nothing else can leave a hole.
-- KEYS session record; ARGV token, channel of keys.socket_channel, offset of its first frame, or '' to continue
-- → {'unknown'} | {'stopped'}
--   | {'running', sample rate, samples received, 16 kHz samples classified, whole seconds since the session began,
--      number of this socket among the session's}
local record = KEYS[1]
local token, channel, offset = unpack(ARGV)
local state, sample_rate, received, classified, started_at =
  unpack(redis.call('HMGET', record, 'state', 'sample_rate', 'received', 'classified', 'started_at'))
if not state then return {'unknown'} end
if state ~= 'running' then return {'stopped'} end
redis.call('HSET', record, 'socket', token, 'socket_end', offset == '' and received or offset)
local number = redis.call('HINCRBY', record, 'sockets', 1)
local now = redis.call('TIME')
redis.call('HSETNX', record, 'audio_ms', now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('PUBLISH', channel, number)
return {'running', sample_rate, received, classified, now[1] - math.floor(tonumber(started_at)), number}
