-- KEYS lease; ARGV fence, ms → 1 while the lease is ours
local fence, ms = unpack(ARGV)
if redis.call('HGET', KEYS[1], 'fence') ~= fence then return 0 end
return redis.call('PEXPIRE', KEYS[1], ms)
