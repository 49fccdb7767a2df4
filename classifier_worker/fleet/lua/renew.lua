-- KEYS lease; ARGV fence, ms → 1 while the lease is ours
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
