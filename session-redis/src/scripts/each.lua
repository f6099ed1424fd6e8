-- Runs a function for each session with the place of its first argument, and returns the outcomes. One session
-- with an error must not hide the outcomes of the others, so errors are texts.
local function each(one, arguments)
  local outcomes = {}
  for i = 1, #KEYS do
    local is_ok, outcome = pcall(one, KEYS[i], 2 + (i - 1) * arguments)
    if not is_ok then outcome = 'E' .. (type(outcome) == 'table' and outcome.err or tostring(outcome)) end
    outcomes[i] = outcome
  end
  return outcomes
end
