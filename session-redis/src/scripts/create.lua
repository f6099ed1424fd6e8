-- KEYS: session. ARGV: prefix of indexes, now, value, px, H, member, px of the index.
-- Returns 1: done, 2: taken, 'ECORRUPT': a value of another format.
local value = ARGV[3]
local old = redis.call('GETRANGE', KEYS[1], '0', '16')
if old ~= '' then
  local kind = string.byte(old, 1)
  if kind ~= 83 and kind ~= 79 and kind ~= 77 then return 'ECORRUPT' end
  if kind ~= 77 and string.sub(old, 2, 9) == string.sub(value, 2, 9) then return 1 end
  local at = kind == 77 and 2 or 10
  if is_after(old, at, ARGV[2], 1) then return 2 end
end
if ARGV[1] ~= '' and ARGV[5] ~= '' then enter(ARGV[1] .. ARGV[5], ARGV[6], ARGV[7], ARGV[2]) end
if ARGV[4] == '' then redis.call('SET', KEYS[1], value) else redis.call('SET', KEYS[1], value, 'PX', ARGV[4]) end
return 1
