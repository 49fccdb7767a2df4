-- KEYS PARTITIONS; ARGV partitions
local now = redis.call('TIME')
for _, partition in ipairs(ARGV) do redis.call('ZADD', KEYS[1], now[1] + now[2] / 1000000, partition) end
