-- KEYS: sessions. ARGV: for each session its line, or nothing.
-- Returns for each the digest of the key that it leads to, and that session's value up to the payload; or 0.
local found = {}
for i, key in ipairs(KEYS) do
  local session, value = current(key, ARGV[i])
  found[i] = 0
  local kind = session and string.byte(value, 1)
  if is_known(kind) then
    -- What follows the owner: flags, created, timeout, length of the label.
    local rest = 33
    if kind == 79 then rest = 61 + struct.unpack('>I4', value, 58) end
    local head = redis.call('GETRANGE', session, 0, rest + 20)
    local flags = string.byte(head, rest + 1) or 0
    local last = rest + 9
    if flags % 2 == 1 then last = last + 8 end
    local is_whole = #head >= last + (flags >= 2 and 4 or 0)
    if is_whole and flags >= 2 then last = last + 4 + struct.unpack('>I4', head, last + 1) end
    found[i] = string.sub(session, -32) .. (is_whole and redis.call('GETRANGE', session, 0, last - 1) or '?')
  elseif session then
    found[i] = string.sub(session, -32) .. value
  end
end
return found
