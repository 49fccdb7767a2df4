-- KEYS lease, epoch, handed over, hearing; ARGV holder, wanted epoch, ms, fence
-- → 0, or {whether the holder before gave it back in order, what it was hearing} when the lease is ours
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local epoch = redis.call('GET', KEYS[2]) or '0'
if tonumber(epoch) + 1 ~= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'epoch', ARGV[2], 'fence', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local orderly = (redis.call('GET', KEYS[3]) or '0') == epoch
return {orderly and 1 or 0, redis.call('GET', KEYS[4]) or ''}
