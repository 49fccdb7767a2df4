-- One frame of the socket that owns the session. Whatever is sent again, in any order, is stored only once.
-- KEYS session record, PCM stream, its flow; ARGV token, session id, offset, offset after it, PCM, number of the socket
--   among the session's
-- → {'unknown'} | {'stopped'} | {'superseded'} | {'ahead'}: the frame before it is not there
--   | {'rewound'}: Redis has lost that this socket took the session over
--   | {'ok', 16 kHz samples classified so far, bytes on the stream, samples received}
local record, stream, flow = unpack(KEYS)
local token, session_id, offset, stop, pcm, number = unpack(ARGV)
local state, socket, received, classified, reached, sockets =
  unpack(redis.call('HMGET', record, 'state', 'socket', 'received', 'classified', 'socket_end', 'sockets'))
if not state then return {'unknown'} end
if state ~= 'running' then return {'stopped'} end
if socket ~= token then
  return {tonumber(sockets or 0) < tonumber(number or 0) and 'rewound' or 'superseded'}
end
if tonumber(offset) > tonumber(reached) then return {'ahead'} end
if tonumber(stop) > tonumber(received) then
  local known = received - offset
  if known > 0 then offset, pcm = received, string.sub(pcm, 2 * known + 1) end
  -- Each chunk counts for 100 bytes more than its PCM, about what its entry costs.
  local size = #pcm + 100
  local total = redis.call('HINCRBY', flow, 'in', size)
  redis.call('XADD', stream, '*', 's', session_id, 'o', offset, 'b', total - size, 'd', pcm)
  local ttl = redis.call('TTL', record)
  if ttl > 0 then redis.call('EXPIRE', flow, ttl) end
  received = stop
end
if tonumber(stop) > tonumber(reached) then reached = stop end
-- Also when nothing is new: WAIT waits for what its own connection wrote.
redis.call('HSET', record, 'received', received, 'socket_end', reached)
local bytes_in, bytes_out = unpack(redis.call('HMGET', flow, 'in', 'out'))
return {'ok', classified, (bytes_in or 0) - (bytes_out or 0), received}
