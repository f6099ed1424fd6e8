-- Enters a session in the index of its owner.
--
-- A member is line (8 bytes), cover (8), tag (8), key (34). All scores are 0, so members are in the order of
-- their lines, which a session keeps. A few members from a random place on are looked at, and removed if their
-- cover is over.
local function enter(index, member, px, now)
  local at = struct.unpack('>i8', now)
  local from = '[' .. string.sub(member, 17, 24)
  for _, old in ipairs(redis.call('ZRANGEBYLEX', index, from, '+', 'LIMIT', 0, 4)) do
    if struct.unpack('>i8', old, 9) + GRACE < at then redis.call('ZREM', index, old) end
  end
  redis.call('ZADD', index, 0, member)
  if px == '' then
    redis.call('PERSIST', index)
    return
  end
  local left = redis.call('PTTL', index)
  if redis.call('ZCARD', index) == 1 or (left >= 0 and left < tonumber(px)) then
    redis.call('PEXPIRE', index, px)
  end
end
