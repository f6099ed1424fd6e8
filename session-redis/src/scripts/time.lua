-- Tells whether the time at a place of a text, in 8 bytes, is later than one of another text. As numbers of Lua
-- they would not be exact.
local function is_after(one, at, other, other_at)
  local high, low = struct.unpack('>i4I4', one, at)
  local other_high, other_low = struct.unpack('>i4I4', other, other_at)
  return high > other_high or (high == other_high and low > other_low)
end
