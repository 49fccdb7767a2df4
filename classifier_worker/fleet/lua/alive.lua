-- KEYS workers, model; ARGV worker, seconds, model card, its seconds → the live workers
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4])
return redis.call('ZRANGE', KEYS[1], 0, -1)
