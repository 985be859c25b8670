local count, threw, list = ...
local pcall, type, error, ipairs = pcall, type, error, ipairs

local function settle(ok, names)
  if ok then return names end
  error((names:gsub("^bankrun:%d+: ", "")), 3)
end

local function check(value, checks)
  local names = settle(pcall(list, value, checks))
  local all = true
  for _, name in ipairs(names) do
    local test, passed = checks[name], nil
    if type(test) == "function" then
      local ok, result = pcall(test, value)
      passed = ok and result and true or false
      if not ok then threw(name, result) end
    else
      passed = test and true or false
    end
    count(name, passed)
    all = all and passed
  end
  return all
end

local function group(_, body)
  if type(body) ~= "function" then
    error("group: the second argument must be a function, not a " .. type(body), 2)
  end
  return body()
end

return check, group
