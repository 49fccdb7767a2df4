-- include gateway/api/lua/profile.lua
-- KEYS profile; ARGV id
remove(KEYS[1], ARGV[1])
return 1
