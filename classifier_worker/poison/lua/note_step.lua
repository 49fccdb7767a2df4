-- include classifier_worker/fleet/lua/write.lua
-- KEYS lease, hearing; ARGV fence, writes, note → 1 while the lease is ours, else as not_ours
local refused = not_ours(KEYS[1], ARGV[1], ARGV[2])
if refused then return refused end
redis.call('SET', KEYS[2], ARGV[3])
count_write(KEYS[1])
return 1
