-- include shared/erasure/lua/take_off.lua
-- KEYS those of keys.of_audio; ARGV session id, most bytes → as take_off
return take_off(KEYS, ARGV[1], ARGV[2], false)
