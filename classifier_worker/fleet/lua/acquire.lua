-- KEYS lease, epoch, handed over, hearing; ARGV holder, wanted epoch, ms, fence
-- → 0, or, if the lease is ours, {whether its last holder gave it back in an orderly way, note of the step under way}
local lease, epoch, handed_over, hearing = unpack(KEYS)
local holder, wanted, ms, fence = unpack(ARGV)
if redis.call('EXISTS', lease) == 1 then return 0 end
local last = redis.call('GET', epoch) or '0'
if tonumber(last) + 1 ~= tonumber(wanted) then return 0 end
redis.call('SET', epoch, wanted)
redis.call('HSET', lease, 'holder', holder, 'epoch', wanted, 'fence', fence)
redis.call('PEXPIRE', lease, ms)
local orderly = (redis.call('GET', handed_over) or '0') == last
return {orderly and 1 or 0, redis.call('GET', hearing) or ''}
