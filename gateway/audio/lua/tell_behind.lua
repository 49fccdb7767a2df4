-- KEYS session record; ARGV status channel, samples a second of the pipeline, seconds → published when it lags more
local r = redis.call('HMGET', KEYS[1], 'received', 'sample_rate', 'classified')
if not r[1] then return end
local heard = r[3] / ARGV[2]
local lag = r[1] / r[2] - heard
if lag <= tonumber(ARGV[3]) then return end
local status = '{"state":"behind","audio_seconds":%.2f,"lag_seconds":%.2f}'
redis.call('PUBLISH', ARGV[1], string.format(status, heard, lag))
