-- KEYS PCM stream, presence → how much both hold at one moment: a session that ends moves from one to the other
return redis.call('XLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2])
