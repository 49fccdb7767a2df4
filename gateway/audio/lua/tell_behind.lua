-- KEYS session record; ARGV status channel, pipeline samples per second, seconds → published if it lags by more
local channel, pipeline_rate, most = unpack(ARGV)
local received, sample_rate, classified =
  unpack(redis.call('HMGET', KEYS[1], 'received', 'sample_rate', 'classified'))
if not received then return end
local heard = classified / pipeline_rate
local lag = received / sample_rate - heard
if lag <= tonumber(most) then return end
local status = '{"state":"behind","audio_seconds":%.2f,"lag_seconds":%.2f}'
redis.call('PUBLISH', channel, string.format(status, heard, lag))
