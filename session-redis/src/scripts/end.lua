-- KEYS: sessions. ARGV: index or nothing, H, owner, the line that is kept or nothing; for each session: line,
-- placement. Returns the members of the index whose sessions it has ended, and 0 for each session that is in
-- another format, or was cut short.
local call, sub = redis.call, string.sub
local index, h, owner, kept, ended = ARGV[1], ARGV[2], ARGV[3], ARGV[4], {}
for i, key in ipairs(KEYS) do
  local line = ARGV[3 + i * 2]
  local session, value = current(key, line)
  local kind = session and string.byte(value, 1)
  local is_candidate = kind == 79 and line ~= kept and sub(value, 42, 49) == h
    and struct.unpack('>I4', value, 58) == #owner
  local found = is_candidate and call('GETRANGE', session, 61, 60 + #owner)
  if session and not is_known(kind) or found and #found < #owner then ended[#ended + 1] = 0 end
  if found == owner then
    call('DEL', session)
    local member = line .. sub(value, 50, 57) .. sub(value, 34, 41) .. ARGV[4 + i * 2] .. sub(session, -32)
    if index ~= '' then call('ZREM', index, member) end
    ended[#ended + 1] = member
  end
end
return ended
