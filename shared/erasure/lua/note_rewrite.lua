-- KEYS rewrites; ARGV time
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[1])
