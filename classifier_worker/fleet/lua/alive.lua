-- KEYS workers, model; ARGV worker, seconds, model card, seconds that it is kept → the live workers
local workers, model = unpack(KEYS)
local worker, seconds, card, card_seconds = unpack(ARGV)
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
redis.call('ZREMRANGEBYSCORE', workers, '-inf', now)
redis.call('ZADD', workers, now + seconds, worker)
redis.call('SET', model, card, 'EX', card_seconds)
return redis.call('ZRANGE', workers, 0, -1)
