-- KEYS session record; ARGV channel of keys.stored_channel → whether the session exists
-- Listeners check the record with each read of the events: a notice to look ends the link's streams at once.
local record = KEYS[1]
if redis.call('EXISTS', record) == 0 then return 0 end
local link = redis.call('HGET', record, 'link')
if link then
  redis.call('DEL', link)
  redis.call('HDEL', record, 'link')
  redis.call('PUBLISH', ARGV[1], '')
end
return 1
