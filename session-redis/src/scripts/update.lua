-- KEYS: sessions. ARGV: prefix of indexes; for each session: now, front, back, px, expected version, H, cover,
-- px of the index, key, the line that was entered in the index already.
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

  local h, cover, key = ARGV[at + 5], ARGV[at + 6], ARGV[at + 8]
  local line = sub(old, 26, 33)
  local middle, done, is_over = line, 1, kind == 79
  if h ~= '' then
    if is_over and sub(old, 42, 49) == h and not is_after(front, 10, old, 50) then
      middle, is_over = sub(old, 26, 57), false
    else
      local tag = sub(front, 2, 9)
      if indexes ~= '' then enter(indexes .. h, line .. cover .. tag .. key, ARGV[at + 7], now)
      elseif ARGV[at + 9] ~= line then return 'R' .. line end
      middle = line .. tag .. h .. cover
    end
  end
  if is_over then
    if indexes ~= '' then call('ZREM', indexes .. sub(old, 42, 49), line .. sub(old, 50, 57) .. sub(old, 34, 41) .. key)
    else done = 'D' .. sub(old, 26, 57) end
  end
  local value, px = front .. middle .. ARGV[at + 2], ARGV[at + 3]
  if px == '' then call('SET', session, value) else call('SET', session, value, 'PX', px) end
  return done
end

return each(one, 10)
