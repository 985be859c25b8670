-- What matches patterns in `string`: Lua's own functions where they surely end
-- soon, and otherwise the host's, which look at the clock. `host_step` and
-- `host_limit` answer false and a message instead of failing themselves.
local weigh, affordable, host_find, host_match, host_replace, host_step, host_limit = ...

local error, pcall, type, concat, sub = error, pcall, type, table.concat, string.sub
local lua_find, lua_match, lua_gmatch, lua_gsub =
  string.find, string.match, string.gmatch, string.gsub

-- What patterns cost, as long as they are few and short.
local MOST, LONGEST = 256, 256
local powers, factors, known = {}, {}, 0

local function weighed(pattern)
  local power, factor = weigh(pattern)
  if #pattern <= LONGEST then
    if known >= MOST then powers, factors, known = {}, {}, 0 end
    powers[pattern], factors[pattern], known = power, factor, known + 1
  end
  return power, factor
end

-- Whether Lua's own matcher is the one to call: also for what it will refuse.
local function is_cheap(text, pattern, plain)
  if type(text) ~= "string" or type(pattern) ~= "string" then return true end
  if plain then return (#text + 1) * (#pattern + 1) <= affordable end
  local power, factor = powers[pattern], factors[pattern]
  if not power then power, factor = weighed(pattern) end
  return (#text + 1) ^ power * factor <= affordable
end

local function as_text(value)
  return type(value) == "number" and value .. "" or value
end

-- An error of Lua's own functions, at the line of the script. Nothing that is
-- called like this calls the script back.
local function settle(ok, ...)
  if ok then return ... end
  error((...), 2)
end

function string.find(text, pattern, init, plain)
  text, pattern = as_text(text), as_text(pattern)
  if is_cheap(text, pattern, plain) then
    return settle(pcall(lua_find, text, pattern, init, plain))
  end
  return host_find(text, pattern, init, plain)
end

function string.match(text, pattern, init)
  text, pattern = as_text(text), as_text(pattern)
  if is_cheap(text, pattern) then return settle(pcall(lua_match, text, pattern, init)) end
  return host_match(text, pattern, init)
end

function string.gmatch(text, pattern, init)
  text, pattern = as_text(text), as_text(pattern)
  if is_cheap(text, pattern) then return settle(pcall(lua_gmatch, text, pattern, init)) end
  local ok, at = host_limit("gmatch", 3, init, 1)
  if not ok then error(at, 2) end
  if at < 0 then at = at < -#text and 1 or #text + at + 1 end
  if at == 0 then at = 1 end
  local last = 0
  local function matched(ok, start, behind, ...)
    if not ok then error(start, 2) end
    if not start then
      at = #text + 2
      return nil
    end
    at, last = behind, behind
    return ...
  end
  return function()
    if at > #text + 1 then return nil end
    return matched(host_step(text, pattern, at, last, "gmatch"))
  end
end

-- With what a function or a table says.
local function replace(text, pattern, with, most)
  local is_function = type(with) == "function"
  local pieces, copied, at, last, count, changed = {}, 1, 1, 0, 0, false
  local is_anchored = sub(pattern, 1, 1) == "^"
  local function put(ok, start, behind, ...)
    if not ok then error(start, 3) end
    if not start then return false end
    local new
    if is_function then new = with(...) else new = with[(...)] end
    if new then
      if type(new) ~= "string" and type(new) ~= "number" then
        error("invalid replacement value (a " .. type(new) .. ")", 3)
      end
      pieces[#pieces + 1] = sub(text, copied, start - 1)
      pieces[#pieces + 1] = new
      copied, changed = behind, true
    end
    at, last, count = behind, behind, count + 1
    return true
  end
  local how = is_function and "gsub" or "index"
  while count < most and put(host_step(text, pattern, at, last, how)) and not is_anchored do end
  if not changed then return text, count end
  pieces[#pieces + 1] = sub(text, copied)
  return concat(pieces), count
end

function string.gsub(text, pattern, with, most)
  text, pattern = as_text(text), as_text(pattern)
  local kind, are_texts = type(with), type(text) == "string" and type(pattern) == "string"
  local calls_back = kind == "function" or kind == "table"
  local is_known = kind == "string" or kind == "number" or calls_back
  if not are_texts or not is_known or not calls_back and is_cheap(text, pattern) then
    return settle(pcall(lua_gsub, text, pattern, with, most))
  end
  local ok
  ok, most = host_limit("gsub", 4, most, #text + 1)
  if not ok then error(most, 2) end
  if calls_back then return replace(text, pattern, with, most) end
  return host_replace(text, pattern, as_text(with), most)
end

-- A loop of C that no text is long enough to end: nothing, again and again.
local lua_rep = string.rep
function string.rep(text, count, between)
  if text == "" and type(count) == "number" and (between == nil or between == "") then
    count = 0
  end
  return settle(pcall(lua_rep, text, count, between))
end
