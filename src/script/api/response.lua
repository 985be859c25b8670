-- What a script sees of an answer. Made here, because a table is far cheaper to
-- make in Lua than from outside.
local methods, gmatch = ...
local setmetatable = setmetatable
local meta = { __index = methods }

-- `head`: a line for each name, and one for its value.
return function(status, body, url, duration_ms, outcome, head, problem)
  local headers = {}
  for name, value in gmatch(head, "([^\n]*)\n([^\n]*)\n") do headers[name] = value end
  return setmetatable({
    status = status, body = body, url = url, headers = headers, duration_ms = duration_ms,
    outcome = outcome, error = problem,
  }, meta)
end
