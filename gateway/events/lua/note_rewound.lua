-- KEYS session record; ARGV two ids
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'rewound', ARGV[1]) end
