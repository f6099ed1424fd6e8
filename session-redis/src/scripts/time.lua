-- Tells whether one time, in 8 bytes, is later than another. As numbers of Lua they would not be exact.
local function is_after(one, other)
  local high, low = struct.unpack('>i4I4', one)
  local other_high, other_low = struct.unpack('>i4I4', other)
  return high > other_high or (high == other_high and low > other_low)
end
