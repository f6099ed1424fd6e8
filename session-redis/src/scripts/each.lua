-- Runs a function for each session with the place of its first argument, and returns the outcomes. One session
-- with an error must not hide the outcomes of the others, so errors are texts. A replica, and a primary that has
-- lost its replicas, refuse all of them, and nothing was done.
local function each(one, arguments)
  local outcomes = {}
  for i = 1, #KEYS do
    local is_ok, outcome = pcall(one, KEYS[i], 2 + (i - 1) * arguments)
    if not is_ok then
      local text = type(outcome) == 'table' and outcome.err or tostring(outcome)
      for _, word in ipairs({'READONLY', 'NOREPLICAS'}) do
        if string.find(text, word, 1, true) then return redis.error_reply(word .. ' ' .. text) end
      end
      outcome = 'E' .. text
    end
    outcomes[i] = outcome
  end
  return outcomes
end
