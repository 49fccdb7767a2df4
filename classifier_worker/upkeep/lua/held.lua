-- KEYS PCM stream, presence → how much is in either, at one moment: a session that ends goes from one to the other
return redis.call('XLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2])
