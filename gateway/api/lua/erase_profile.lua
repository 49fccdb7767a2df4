-- KEYS PROFILES, profile → whether there was one
redis.call('ZREM', KEYS[1], KEYS[2])
return redis.call('DEL', KEYS[2])
