-- KEYS rewrites; ARGV time
redis.call('ZREM', KEYS[1], '')  -- nothing, but a script that has written may go on when memory is full
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[1])
