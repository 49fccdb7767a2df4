-- include gateway/api/lua/profile.lua
-- KEYS PROFILES, profile; ARGV seconds until it expires, most profiles, most corrections, id, correction
-- → 1 | 0: there are too many profiles
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
remove(KEYS[2], ARGV[4])
redis.call('RPUSH', KEYS[2], ARGV[5])
redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
redis.call('EXPIRE', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[1], now + ARGV[1], KEYS[2])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
