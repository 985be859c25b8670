local count, threw, list, enter, leave = ...
local pcall, type, error, ipairs, setmetatable = pcall, type, error, ipairs, setmetatable

local function settle(ok, names)
  if ok then return names end
  error((names:gsub("^bankrun:%d+: ", "")), 3)
end

local function check(value, checks, tags)
  local names = settle(pcall(list, value, checks, tags))
  local all = true
  for _, name in ipairs(names) do
    local test, passed = checks[name], nil
    if type(test) == "function" then
      local ok, result = pcall(test, value)
      passed = ok and result and true or false
      if ok then count(name, passed, value, tags) else threw(name, result, tags) end
    else
      passed = test and true or false
      count(name, passed, value, tags)
    end
    all = all and passed
  end
  return all
end

-- Left when it is closed, so that errors keep their way.
local scope = { __close = function(self) leave(self.depth) end }

local function group(name, body)
  if type(body) ~= "function" then
    error("group: the second argument must be a function, not a " .. type(body), 2)
  end
  local ok, depth = pcall(enter, name)
  if not ok then error((depth:gsub("^bankrun:%d+: ", "")), 2) end
  local within <close> = setmetatable({ depth = depth }, scope)
  return body()
end

return check, group
