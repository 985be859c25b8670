-- Compares `string` with `real`, on patterns and texts at random. Fails with the
-- first difference; returns how many calls were compared.
local cases = ...
math.randomseed(20261128)

local pieces = {
  "a", "b", "1", " ", "_", "\0", "]", "-", "^", "$", ".", ".", "%a", "%d", "%s", "%w", "%p", "%S",
  "%W", "%x", "%z", "%.", "%%", "[ab]", "[^a]", "[a-c1]", "[%a_]", "[]a]", "[^]]", "[a-]", "[%]a]",
  "[b-a]", "[", "[^", "[%", "%", "%b()", "%bab", "%baa", "%b", "%bx", "%f[%w]", "%f[^a]", "%f", "%1",
  "%2", "%0", "(", ")", "()", "(a)", "(.-)", "(%w+)", "(.)%1", "%g", "%c", "%u", "%L",
}
local repeats = { "", "", "", "", "*", "+", "-", "?", "**" }
local letters = { "a", "b", "c", "1", "2", " ", "_", "(", ")", ".", "]", "\0", "\n", "A", "\xff", "-" }
local inits = { 1, 1, 1, 0, 2, 5, -1, -3, 13, 40, -40, "2", 2.0, 1.5, "x", math.mininteger, math.maxinteger }
local replacements = {
  "", "x", "<%0>", "%1", "%2%1", "%%", "%", "%z", "%3", 7,
  function(...) return select("#", ...) .. ":" .. tostring((...)) end,
  function(a) if a == "a" then return false end return nil end,
  function() return {} end,
  function() return 1.5 end,
  { a = "A", b = false, [1] = "one", [3] = "three" },
  setmetatable({}, { __index = function(_, key) return "[" .. tostring(key) .. "]" end }),
  { a = {} },
}
local mosts = { nil, nil, nil, 0, 1, 2, -1, 100, "1", 2.5 }

local function any(list, count) return list[math.random(count or #list)] end

local function some(list, most, with)
  local parts = {}
  for at = 1, math.random(0, most) do parts[at] = any(list) .. (with and any(with) or "") end
  return table.concat(parts)
end

local function shown(results)
  local texts = {}
  for at = 1, results.n do
    local value = results[at]
    texts[at] = math.type(value) or type(value)
    texts[at] = texts[at] .. " " .. (type(value) == "string" and ("%q"):format(value) or tostring(value))
  end
  -- A message names the function, and the line, as it was called: by a field or
  -- by nothing, in this place or as the last thing.
  local text = real.gsub(table.concat(texts, ", "), "to '[%w.?]+' ", "to 'it' ")
  return (real.gsub(text, "cases%.lua:%d+: ", ""))
end

local compared = 0
local function compare(name, called, ...)
  local own = shown(table.pack(pcall(called, string, ...)))
  local wanted = shown(table.pack(pcall(called, real, ...)))
  compared = compared + 1
  if own ~= wanted then
    local arguments = shown(table.pack(...))
    error(name .. "(" .. arguments .. ")\n is  " .. own .. "\n not " .. wanted, 0)
  end
end

local function find(which, ...) return which.find(...) end
local function match(which, ...) return which.match(...) end
local function gsub(which, ...) return which.gsub(...) end
local function gmatch(which, ...)
  local all = {}
  for a, b, c in which.gmatch(...) do
    all[#all + 1] = shown(table.pack(a, b, c))
  end
  return table.concat(all, "; ")
end

for _ = 1, cases do
  local text, pattern = some(letters, 12), some(pieces, 6, repeats)
  if math.random(4) == 1 then pattern = "^" .. pattern end
  if math.random(4) == 1 then pattern = pattern .. "$" end
  compare("find", find, text, pattern, any(inits))
  compare("find", find, text, some(letters, 2), any(inits), math.random(2) == 1)
  compare("match", match, text, pattern, any(inits))
  compare("gmatch", gmatch, text, pattern, any(inits))
  compare("gsub", gsub, text, pattern, any(replacements), any(mosts, 10))
end

-- What is counted: captures, and how deep.
for _, pattern in ipairs({
  ("(a)"):rep(32), ("(a)"):rep(33), ("a?"):rep(199), ("a?"):rep(200), ("a?"):rep(201),
  ("a-"):rep(250), ("a*"):rep(250), ("()"):rep(32), ("[a]"):rep(300),
}) do
  for _, length in ipairs({ 0, 1, 40, 210, 300 }) do
    compare("find", find, ("a"):rep(length), pattern)
    -- Longer ones would be tried in all the ways there are, by Lua as well.
    if length <= 40 then compare("match", match, ("a"):rep(length), "^" .. pattern .. "$") end
  end
end
for _, arguments in ipairs({ { nil, "a" }, { "a", nil }, { {}, "a" }, { "a", {} }, { true, "a" }, { 12, 1 }, { 1e100, "e%+" } }) do
  for name, called in pairs({ find = find, match = match, gmatch = gmatch }) do
    compare(name, called, arguments[1], arguments[2])
  end
  compare("gsub", gsub, arguments[1], arguments[2], "x")
end
compare("gsub", gsub, "a", "a", nil)
compare("gsub", gsub, "a", "a", true)
compare("gsub", gsub, "abc", "%w", "%0%0", 2)
return compared
