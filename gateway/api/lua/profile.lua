-- (list of corrections, id): removes the correction with this id.
local function remove(list, id)
  for _, data in ipairs(redis.call('LRANGE', list, 0, -1)) do
    if cjson.decode(data)['id'] == id then redis.call('LREM', list, 0, data) end
  end
end
