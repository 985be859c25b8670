-- What a script sees of an answer. Made here, because a table is far cheaper to
-- make in Lua than from outside, and so is one string than many values.
local methods, unpack = ...
local setmetatable = setmetatable
local meta = { __index = methods }

-- `told`: what `told` in response.rs packs.
return function(told, body)
  local status, duration_ms, outcome, url, problem, at = unpack("<I2ds1s4s4", told)
  local headers, name, value = {}, nil, nil
  while at <= #told do
    name, value, at = unpack("<s4s4", told, at)
    headers[name] = value
  end
  return setmetatable({
    status = status, body = body, url = url, headers = headers, duration_ms = duration_ms,
    outcome = outcome, error = problem ~= "" and problem or nil,
  }, meta)
end
