-- KEYS: session. ARGV: prefix of indexes, placement.
-- Returns 0: there is none, 1: done, 'D' line tag H cover key: done and this entry of the index is over.
local session, value = current(KEYS[1], '')
if not session then return 0 end
redis.call('DEL', session)
if string.byte(value, 1) ~= 79 then return 1 end
local sub, key = string.sub, ARGV[2] .. string.sub(session, -32)
if ARGV[1] == '' then return 'D' .. sub(value, 26, 57) .. key end
redis.call('ZREM', ARGV[1] .. sub(value, 42, 49), sub(value, 26, 33) .. sub(value, 50, 57) .. sub(value, 34, 41) .. key)
return 1
