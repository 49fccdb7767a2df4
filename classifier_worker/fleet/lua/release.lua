-- KEYS lease, handed over; ARGV fence, epoch if orderly, else ''
local lease, handed_over = unpack(KEYS)
local fence, epoch = unpack(ARGV)
if redis.call('HGET', lease, 'fence') ~= fence then return 0 end
redis.call('DEL', lease)
if epoch ~= '' then redis.call('SET', handed_over, epoch) end
return 1
