-- For the scripts by which a holder writes.
-- Redis keeps its log in order: if it comes back without its newest writes, the count shows that before anything is
-- written on top of what a worker remembers and Redis does not.

-- (lease, fence, how often its holder has written) → nil while the lease is ours, else the answer to return:
-- 0 if it is not, -1 if Redis has lost some of what its holder wrote
local function not_ours(lease, fence, writes)
  local held_by, written = unpack(redis.call('HMGET', lease, 'fence', 'writes'))
  if held_by ~= fence then return 0 end
  if tonumber(written or 0) ~= tonumber(writes) then return -1 end
end

local function count_write(lease) redis.call('HINCRBY', lease, 'writes', 1) end
