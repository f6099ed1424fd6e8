-- KEYS: sessions. ARGV: prefix of indexes; for each session: now, expiry, px, cover, px of the index, key,
-- what was entered in the index already: line tag H.
-- Returns for each 0: gone, 1: done, 'D' line tag H cover: done and this entry of the index is over,
-- 'R' line tag H: enter this in the index first, 'E' text: an error.
local call, sub, byte = redis.call, string.sub, string.byte
local indexes = ARGV[1]

local function one(session, at)
  local now, asked = ARGV[at], ARGV[at + 1]
  local old = call('GETRANGE', session, '0', '56')
  local kind = byte(old, 1)
  if kind == nil or kind == 77 then return 0 end
  if kind ~= 83 and kind ~= 79 then return 'ECORRUPT' end
  local expires, used, done = sub(old, 10, 17), sub(old, 18, 25), 1
  if not is_after(expires, 1, now, 1) then return 0 end

  local is_longer = is_after(asked, 1, expires, 1)
  if is_longer then
    expires = asked
    if kind == 79 and is_after(asked, 1, old, 50) then
      local line, tag, h, cover, key = sub(old, 26, 33), sub(old, 34, 41), sub(old, 42, 49), ARGV[at + 3], ARGV[at + 5]
      if indexes ~= '' then
        enter(indexes .. h, line .. cover .. tag .. key, ARGV[at + 4], now)
        call('ZREM', indexes .. h, line .. sub(old, 50, 57) .. tag .. key)
      elseif ARGV[at + 6] ~= line .. tag .. h then return 'R' .. line .. tag .. h
      else done = 'D' .. sub(old, 26, 57) end
      call('SETRANGE', session, '49', cover)
    end
  end
  if is_after(now, 1, used, 1) then used = now end
  call('SETRANGE', session, '9', expires .. used)
  if is_longer then
    if ARGV[at + 2] == '' then call('PERSIST', session) else call('PEXPIRE', session, ARGV[at + 2]) end
  end
  return done
end

return each(one, 7)
