local count, threw, list, enter, leave = ...
local pcall, type, error, next, ipairs = pcall, type, error, next, ipairs
local setmetatable, sort = setmetatable, table.sort

local function settle(ok, names)
  if ok then return names end
  error((names:gsub("^bankrun:%d+: ", "")), 4)
end

-- Once a check was allowed, all are.
local allowed = false

-- The names in `checks`, sorted: they count in the same order every time.
local function names_of(value, checks, tags)
  if allowed and type(checks) == "table" and (tags == nil or type(tags) == "table") then
    local names, good = {}, true
    for name in next, checks do
      names[#names + 1] = name
      good = good and type(name) == "string"
    end
    if good then
      if #names > 1 then sort(names) end
      return names
    end
  end
  -- This says what is wrong.
  local names = settle(pcall(list, value, checks, tags))
  allowed = true
  return names
end

local function check(value, checks, tags)
  local all = true
  for _, name in ipairs(names_of(value, checks, tags)) do
    local test, passed = checks[name], nil
    if type(test) == "function" then
      local ok, result = pcall(test, value)
      passed = ok and result and true or false
      if not ok then
        threw(name, result, tags)
      elseif passed then
        count(name, true, nil, tags)
      else
        count(name, false, value, tags)
      end
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
