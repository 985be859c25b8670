-- What runs an iteration: tells the script where it is, and calls its function,
-- which may be another one each time.
local globals, vu, scenario = ...
local rawget, rawset, type = rawget, rawset, type

return function(name)
  -- `own`: among those of the virtual user; `number`: as the engine counts.
  return function(own, number, data)
    rawset(vu, "iteration", own)
    rawset(globals, "__ITER", own)
    rawset(scenario, "iteration", number)
    local body = rawget(globals, name)
    if type(body) == "function" then return body(data) end
  end
end
