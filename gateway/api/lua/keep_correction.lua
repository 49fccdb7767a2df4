-- include gateway/api/lua/profile.lua
-- KEYS PROFILES, profile; ARGV seconds until it expires, most profiles, most corrections, id, correction
-- → 1 | 0: there are too many profiles
local profiles, profile = unpack(KEYS)
local seconds, most_profiles, most_corrections, id, correction = unpack(ARGV)
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', profiles, '-inf', now)
if redis.call('EXISTS', profile) == 0 and redis.call('ZCARD', profiles) >= tonumber(most_profiles) then return 0 end
remove(profile, id)
redis.call('RPUSH', profile, correction)
redis.call('LTRIM', profile, -most_corrections, -1)
redis.call('EXPIRE', profile, seconds)
redis.call('ZADD', profiles, now + seconds, profile)
redis.call('EXPIRE', profiles, seconds)
return 1
