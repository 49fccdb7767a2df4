-- include classifier_worker/fleet/lua/write.lua
-- KEYS lease, cursor, PCM stream, presence, PCM flow, copy of the PCM stream; then a row per session: record, events,
--   corrections, checkpoint
-- ARGV fence, writes, cursor or '' while further pieces follow, running expiry, ended expiry, most events, sessions
--   channel, chunks set aside; then a row per session: id, tone channel, facts channel, words channel, stored channel,
--   samples classified, checkpoint, ended '1' or '', numbers of its first and last event; then a row per event: id, kind, data
-- → as not_ours, else per session: samples received (at its rate), or −1 if it was erased
local lease, cursor, pcm, presence, flow, copy = unpack(KEYS, 1, 6)
local fence, writes, reached, running_expiry, ended_expiry, most_events, sessions_channel, set_aside = unpack(ARGV, 1, 8)
local sessions = (#KEYS - 6) / 4
local before_events = 8 + 10 * sessions
local refused = not_ours(lease, fence, writes)
if refused then return refused end
-- First, because it needs no memory: then the rest runs even when memory is full, without the write of `when_full`.
redis.call('XTRIM', pcm, 'MINID', reached == '' and '0-0' or reached)
count_write(lease)

local function store(events, first, last, channels, stored_channel)
  local newest = false
  for number = first, last do
    local id, kind, data = unpack(ARGV, before_events + 3 * number - 2, before_events + 3 * number)
    -- An id that is already stored is refused by XADD: stored once, sent once.
    local added = redis.pcall('XADD', events, id, 'event', kind, 'data', data)
    if type(added) == 'string' then
      newest = added
      if channels[kind] then redis.call('PUBLISH', channels[kind], data) end
    elseif not string.find(added.err, 'equal or smaller', 1, true) then
      return added
    end
  end
  if newest then redis.call('PUBLISH', stored_channel, newest) end
end

local function bound(record, events)
  local excess = redis.call('XLEN', events) - tonumber(most_events)
  if excess <= 0 then return end
  local cut = redis.call('XRANGE', events, '-', '+', 'COUNT', excess)
  redis.call('HSET', record, 'events_after', cut[#cut][1])
  redis.call('XTRIM', events, 'MAXLEN', most_events)
end

local function finish(id, record, events, corrections, checkpoint)
  local now = redis.call('TIME')
  redis.call('HSET', record, 'state', 'stopped', 'ended_at', now[1] .. '.' .. string.format('%06d', now[2]))
  redis.call('DEL', checkpoint)
  redis.call('ZREM', presence, id)
  local pinned, link = unpack(redis.call('HMGET', record, 'pinned', 'link'))
  for _, key in ipairs({record, events, corrections, link or nil}) do
    if pinned == '1' then redis.call('PERSIST', key) else redis.call('EXPIRE', key, ended_expiry) end
  end
  redis.call('PUBLISH', sessions_channel, '{"type":"ended","session_id":"' .. id .. '","at":' .. now[1] .. '}')
end

local function note_flow()
  local now = redis.call('TIME')
  local committed = now[1] * 1000 + math.floor(now[2] / 1000)
  local oldest = redis.call('XRANGE', pcm, '-', '+', 'COUNT', 1)[1]
  if not oldest then
    redis.call('HSET', flow, 'committed', committed, 'out', redis.call('HGET', flow, 'in') or 0)
    return
  end
  local fields, out = oldest[2], {}
  for i = 1, #fields, 2 do
    if fields[i] == 'b' and tonumber(fields[i + 1]) then out = {'out', fields[i + 1]} end
  end
  redis.call('HSET', flow, 'committed', committed, unpack(out))
end

local received = {}
for number = 1, sessions do
  local record, events, corrections, checkpoint = unpack(KEYS, 4 * number + 3, 4 * number + 6)
  local id, tone_channel, facts_channel, words_channel, stored_channel, classified, state, ended, first, last =
    unpack(ARGV, 10 * number - 1, 10 * number + 8)
  local known, pinned = unpack(redis.call('HMGET', record, 'received', 'pinned'))
  if known then
    local channels = {
      ['tone-event'] = tone_channel,
      ['facts-event'] = facts_channel,
      ['transcript-event'] = words_channel,
    }
    local failed = store(events, tonumber(first), tonumber(last), channels, stored_channel)
    if failed then return failed end
    bound(record, events)
    redis.call('HSET', record, 'classified', classified)
    if ended == '1' then
      finish(id, record, events, corrections, checkpoint)
    else
      redis.call('SET', checkpoint, state, 'EX', running_expiry)
      if pinned ~= '1' then redis.call('EXPIRE', events, running_expiry) end
    end
  end
  received[number] = tonumber(known or '-1')
end
for entry_id in string.gmatch(set_aside, '%S+') do
  redis.call('XDEL', pcm, entry_id)
  redis.call('XDEL', copy, entry_id)
end
if reached ~= '' then redis.call('SET', cursor, reached, 'EX', running_expiry) end
redis.call('EXPIRE', pcm, running_expiry)
redis.call('EXPIRE', flow, running_expiry)
note_flow()
return received
