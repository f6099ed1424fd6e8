-- KEYS: old session, new session. ARGV: prefix of indexes, now, front, back, px, expected version, entry (tag H
-- cover) or nothing, px of the index, new key, the line that was entered already, until (8 bytes), px of the
-- marker, old key.
-- Returns 0: gone, 1: done, 2: the new key is taken, or as update.lua.
local call, sub, byte = redis.call, string.sub, string.byte
local indexes, now, front, entry = ARGV[1], ARGV[2], ARGV[3], ARGV[7]
-- All reads come before the first write: in a cluster a read of a key that has moved fails.
local new = call('GETRANGE', KEYS[2], '0', '8')
local old = call('GETRANGE', KEYS[1], '0', '56')
local kind, new_kind = byte(old, 1), byte(new, 1)
if (new_kind == 83 or new_kind == 79) and sub(new, 2, 9) == sub(front, 2, 9) then return 1 end
if kind == nil or kind == 77 then return 0 end
if kind ~= 83 and kind ~= 79 then return 'ECORRUPT' end
if not is_after(old, 10, now, 1) then return 0 end
if sub(old, 2, 9) ~= ARGV[6] then return call('GET', KEYS[1]) end
if new_kind ~= nil then return 2 end
local line = sub(old, 26, 33)
local line_key = sub(KEYS[1], 1, -33) .. line
call('EXISTS', line_key)

local done = 1
if entry ~= '' then
  if indexes ~= '' then enter(indexes .. sub(entry, 9, 16), member(line, entry, ARGV[9]), ARGV[8], now)
  elseif ARGV[10] ~= line then return 'R' .. line end
end
if kind == 79 then
  if indexes ~= '' then call('ZREM', indexes .. sub(old, 42, 49), member(line, sub(old, 34, 57), ARGV[13]))
  else done = 'D' .. sub(old, 26, 57) end
end
local value = front .. line .. entry .. ARGV[4]
if ARGV[5] == '' then call('SET', KEYS[2], value) else call('SET', KEYS[2], value, 'PX', ARGV[5]) end
call('SET', KEYS[1], 'M' .. ARGV[11] .. line, 'PX', ARGV[12])
call('SET', line_key, sub(KEYS[2], -32), 'PX', ARGV[12])
return done
