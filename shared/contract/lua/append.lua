-- One frame of the socket that owns the session. Whatever is sent again, in whichever order, is stored once.
-- KEYS session record, PCM stream, its flow; ARGV token, session id, offset, offset after it, PCM, which one the socket
--   is of the session's
-- → {'unknown'} | {'stopped'} | {'superseded'} | {'ahead'}: the frame before it is not there
--   | {'rewound'}: Redis has lost that this socket took the session over
--   | {'ok', 16 kHz samples classified so far, bytes on the stream, samples received}
local r = redis.call('HMGET', KEYS[1], 'state', 'socket', 'received', 'classified', 'socket_end', 'sockets')
if not r[1] then return {'unknown'} end
if r[1] ~= 'running' then return {'stopped'} end
if r[2] ~= ARGV[1] then
  return {tonumber(r[6] or 0) < tonumber(ARGV[6] or 0) and 'rewound' or 'superseded'}
end
local offset, stop, pcm, received, reached = ARGV[3], ARGV[4], ARGV[5], r[3], r[5]
if tonumber(offset) > tonumber(reached) then return {'ahead'} end
if tonumber(stop) > tonumber(received) then
  local known = received - offset
  if known > 0 then offset, pcm = received, string.sub(pcm, 2 * known + 1) end
  -- Each chunk counts for 100 bytes more than its PCM, about what its entry costs.
  local size = #pcm + 100
  local total = redis.call('HINCRBY', KEYS[3], 'in', size)
  redis.call('XADD', KEYS[2], '*', 's', ARGV[2], 'o', offset, 'b', total - size, 'd', pcm)
  local ttl = redis.call('TTL', KEYS[1])
  if ttl > 0 then redis.call('EXPIRE', KEYS[3], ttl) end
  received = stop
end
if tonumber(stop) > tonumber(reached) then reached = stop end
-- Also when nothing is new: WAIT waits for what its own connection wrote.
redis.call('HSET', KEYS[1], 'received', received, 'socket_end', reached)
local flow = redis.call('HMGET', KEYS[3], 'in', 'out')
return {'ok', r[4], (flow[1] or 0) - (flow[2] or 0), received}
