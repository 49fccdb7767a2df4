-- KEYS session record; ARGV channel of keys.stored_channel → is there such a session?
-- Whoever listens looks at the record with each read of the events: a notice to look ends the link's streams at once.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local link = redis.call('HGET', KEYS[1], 'link')
if link then
  redis.call('DEL', link)
  redis.call('HDEL', KEYS[1], 'link')
  redis.call('PUBLISH', ARGV[1], '')
end
return 1
