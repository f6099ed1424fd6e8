-- KEYS: sessions. ARGV: prefix of indexes; for each session: now, front, back, px, expected version, entry (tag
-- H cover) or nothing, px of the index, key, the line that was entered in the index already.
-- Returns for each 0: gone, 1: done, 'D' line tag H cover: done and this entry of the index is over,
-- 'R' line: enter this line in the index first, 'E' text: an error, or the record of another version.
local call, sub, byte = redis.call, string.sub, string.byte
local indexes = ARGV[1]

local function one(session, at)
  local now, front = ARGV[at], ARGV[at + 1]
  local old = call('GETRANGE', session, '0', '56')
  local kind = byte(old, 1)
  if kind == nil or kind == 77 then return 0 end
  if kind ~= 83 and kind ~= 79 then return 'ECORRUPT' end
  if not is_after(old, 10, now, 1) then return 0 end
  local version = sub(old, 2, 9)
  if version == sub(front, 2, 9) then return 1 end
  if version ~= ARGV[at + 4] then return call('GET', session) end

  local entry, key = ARGV[at + 5], ARGV[at + 7]
  local line = sub(old, 26, 33)
  local middle, done, is_over = line, 1, kind == 79
  if entry ~= '' then
    if is_over and sub(old, 42, 49) == sub(entry, 9, 16) and not is_after(front, 10, old, 50) then
      middle, is_over = sub(old, 26, 57), false
    else
      if indexes ~= '' then enter(indexes .. sub(entry, 9, 16), member(line, entry, key), ARGV[at + 6], now)
      elseif ARGV[at + 8] ~= line then return 'R' .. line end
      middle = line .. entry
    end
  end
  if is_over then
    if indexes ~= '' then call('ZREM', indexes .. sub(old, 42, 49), member(line, sub(old, 34, 57), key))
    else done = 'D' .. sub(old, 26, 57) end
  end
  local value, px = front .. middle .. ARGV[at + 2], ARGV[at + 3]
  if px == '' then call('SET', session, value) else call('SET', session, value, 'PX', px) end
  return done
end

return each(one, 9)
