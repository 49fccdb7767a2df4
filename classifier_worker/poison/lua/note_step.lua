-- include classifier_worker/fleet/lua/write.lua
-- KEYS lease, hearing; ARGV fence, writes, note → 1 while the lease is ours, else as not_ours
local lease, hearing = unpack(KEYS)
local fence, writes, note = unpack(ARGV)
local refused = not_ours(lease, fence, writes)
if refused then return refused end
redis.call('SET', hearing, note)
count_write(lease)
return 1
