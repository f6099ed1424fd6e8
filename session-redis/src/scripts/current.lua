-- Returns the key of the session that a key leads to, with the first 61 bytes of its value, or nil. If `line` is
-- not empty, it must be the session's, unless the value is in a format that is not known.
local function is_known(kind) return kind == 83 or kind == 79 end

-- What is no text, or too short, is no record.
local function head(session)
  local value = redis.pcall('GETRANGE', session, 0, 60)
  if type(value) == 'table' then
    if string.find(value.err, 'WRONGTYPE', 1, true) then return '?' end
    error(value.err)
  end
  local kind = string.byte(value, 1)
  local shortest = kind == 79 and 61 or kind == 83 and 42 or kind == 77 and 17 or 0
  return #value < shortest and '?' or value
end

local function current(session, line)
  local value = head(session)
  local kind = string.byte(value, 1)
  if kind == nil then return nil end
  if kind == 77 then
    local base, marked = string.sub(session, 1, -33), string.sub(value, 10, 17)
    if line ~= '' and line ~= marked then return nil end
    local digest = redis.call('GET', base .. marked)
    if not digest then return nil end
    session, line = base .. digest, marked
    value = head(session)
    kind = string.byte(value, 1)
    if kind == nil or kind == 77 then return nil end
  end
  if is_known(kind) and line ~= '' and string.sub(value, 26, 33) ~= line then return nil end
  return session, value
end
