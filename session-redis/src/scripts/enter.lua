-- Returns the member of an index for a session: line (8 bytes), cover (8), tag (8), key (34).
local function member(line, entry, key)
  return line .. string.sub(entry, 17, 24) .. string.sub(entry, 1, 8) .. key
end

-- Returns a time as a number. A server whose long has 4 bytes cannot read 8 at once.
local function millis(text, at)
  local high, low = struct.unpack('>i4I4', text, at)
  return high * 4294967296 + low
end

-- Enters a session in the index of its owner.
--
-- All scores are 0, so members are in the order of their lines, which a session keeps. A few members from a
-- random place on are looked at, and removed if their cover is long over. A caller whose clock is ahead must not
-- remove those of sessions that live.
local function enter(index, entered, px, now)
  local at = millis(now, 1)
  local from = '[' .. string.sub(entered, 17, 24)
  for _, old in ipairs(redis.call('ZRANGEBYLEX', index, from, '+', 'LIMIT', 0, 4)) do
    if millis(old, 9) + INDEX_GRACE < at then redis.call('ZREM', index, old) end
  end
  redis.call('ZADD', index, 0, entered)
  if px == '' then
    redis.call('PERSIST', index)
    return
  end
  local left = redis.call('PTTL', index)
  if redis.call('ZCARD', index) == 1 or (left >= 0 and left < tonumber(px)) then
    redis.call('PEXPIRE', index, px)
  end
end
