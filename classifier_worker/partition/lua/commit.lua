-- include classifier_worker/fleet/lua/write.lua
-- KEYS lease, cursor, PCM stream, presence, PCM flow, copy of the PCM stream; then per session record, events,
--   corrections, checkpoint
-- ARGV fence, cursor or '' while further pieces follow, running expiry, ended expiry, most events, sessions channel,
--   chunks set aside, writes; then per session id, tone channel, facts channel, stored channel, samples classified,
--   checkpoint, ended '1' or '', number of events, and per event id, kind, data
-- → as not_ours, else per session: samples received (at its rate), or −1 when it was erased
local refused = not_ours(KEYS[1], ARGV[1], ARGV[8])
if refused then return refused end
redis.call('XTRIM', KEYS[3], 'MINID', ARGV[2] == '' and '0-0' or ARGV[2])
count_write(KEYS[1])
local a = 9

local function store(events, channels, stored_channel, count)
  local newest = false
  for _ = 1, count do
    -- An id that is already stored is refused by XADD: stored once, sent once.
    local added = redis.pcall('XADD', events, ARGV[a], 'event', ARGV[a + 1], 'data', ARGV[a + 2])
    if type(added) == 'string' then
      newest = added
      local channel = channels[ARGV[a + 1]]
      if channel then redis.call('PUBLISH', channel, ARGV[a + 2]) end
    elseif not string.find(added.err, 'equal or smaller', 1, true) then
      return added
    end
    a = a + 3
  end
  if newest then redis.call('PUBLISH', stored_channel, newest) end
end

local function bound(record, events)
  local excess = redis.call('XLEN', events) - tonumber(ARGV[5])
  if excess <= 0 then return end
  local cut = redis.call('XRANGE', events, '-', '+', 'COUNT', excess)
  redis.call('HSET', record, 'events_after', cut[#cut][1])
  redis.call('XTRIM', events, 'MAXLEN', ARGV[5])
end

local function finish(first, id)
  local now = redis.call('TIME')
  redis.call('HSET', KEYS[first], 'state', 'stopped', 'ended_at', now[1] .. '.' .. string.format('%06d', now[2]))
  redis.call('DEL', KEYS[first + 3])
  redis.call('ZREM', KEYS[4], id)
  local record = redis.call('HMGET', KEYS[first], 'pinned', 'link')
  local kept = {KEYS[first], KEYS[first + 1], KEYS[first + 2], record[2] or nil}
  for _, key in ipairs(kept) do
    if record[1] == '1' then redis.call('PERSIST', key) else redis.call('EXPIRE', key, ARGV[4]) end
  end
  redis.call('PUBLISH', ARGV[6], '{"type":"ended","session_id":"' .. id .. '","at":' .. now[1] .. '}')
end

local function note_flow()
  local now = redis.call('TIME')
  redis.call('HSET', KEYS[5], 'committed', now[1] * 1000 + math.floor(now[2] / 1000))
  local oldest = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
  if not oldest then
    redis.call('HSET', KEYS[5], 'out', redis.call('HGET', KEYS[5], 'in') or 0)
    return
  end
  local fields = oldest[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'b' and tonumber(fields[i + 1]) then redis.call('HSET', KEYS[5], 'out', fields[i + 1]) end
  end
end

local received = {}
for first = 7, #KEYS, 4 do
  local id, stored_channel = ARGV[a], ARGV[a + 3]
  local channels = {['tone-event'] = ARGV[a + 1], ['facts-event'] = ARGV[a + 2]}
  local classified, checkpoint, ended, count = ARGV[a + 4], ARGV[a + 5], ARGV[a + 6], tonumber(ARGV[a + 7])
  a = a + 8
  local record = redis.call('HMGET', KEYS[first], 'received', 'pinned')
  local known = record[1]
  if known then
    local failed = store(KEYS[first + 1], channels, stored_channel, count)
    if failed then return failed end
    bound(KEYS[first], KEYS[first + 1])
    redis.call('HSET', KEYS[first], 'classified', classified)
    if ended == '1' then
      finish(first, id)
    else
      redis.call('SET', KEYS[first + 3], checkpoint, 'EX', ARGV[3])
      if record[2] ~= '1' then redis.call('EXPIRE', KEYS[first + 1], ARGV[3]) end
    end
  else
    a = a + 3 * count
  end
  received[#received + 1] = tonumber(known or '-1')
end
for entry_id in string.gmatch(ARGV[7], '%S+') do
  redis.call('XDEL', KEYS[3], entry_id)
  redis.call('XDEL', KEYS[6], entry_id)
end
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3]) end
redis.call('EXPIRE', KEYS[3], ARGV[3])
redis.call('EXPIRE', KEYS[5], ARGV[3])
note_flow()
return received
