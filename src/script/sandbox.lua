-- Runs before the script in each state. `live()` fails when the script is to
-- end, `ended()` says so; `pending` is what a coroutine yields while the host
-- waits for an answer.
local live, ended, pending = ...

local error, select, type, rawget, getmetatable = error, select, type, rawget, getmetatable

-- Text only: bytecode can break the interpreter.
local raw_load = load
function load(chunk, name, _, ...)
  return raw_load(chunk, name, "t", ...)
end

-- When the hook ends a script, the handler would run inside of the hook, where
-- no other hook looks in.
local raw_xpcall = xpcall
function xpcall(body, handler, ...)
  return raw_xpcall(body, function(problem)
    if ended() then return problem end
    return handler(problem)
  end, ...)
end

-- Finalizers run where no limit of time holds.
local raw_setmetatable = setmetatable
function setmetatable(object, meta)
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
    error("__gc is not available in scripts", 2)
  end
  return raw_setmetatable(object, meta)
end
getmetatable("").__metatable = false

local raw_collect = collectgarbage
function collectgarbage(what)
  what = what or "collect"
  if what ~= "collect" and what ~= "count" then
    error("collectgarbage knows \"collect\" and \"count\" in scripts", 2)
  end
  return raw_collect(what)
end

-- One call of C that would run for hours.
local raw_move = table.move
function table.move(from, first, last, to, into)
  if type(first) == "number" and type(last) == "number" and last - first > 1e8 then
    error("table.move: too many elements to move", 2)
  end
  return raw_move(from, first, last, to, into or from)
end

-- The same with a length that a metamethod makes up.
local MOST = 1e7
local function check_length(list, name)
  if type(list) == "table" and getmetatable(list) and #list > MOST then
    error("table." .. name .. ": the table says that it is too long", 3)
  end
end

local insert, remove, sort = table.insert, table.remove, table.sort
function table.insert(list, ...)
  check_length(list, "insert")
  return insert(list, ...)
end
function table.remove(list, ...)
  check_length(list, "remove")
  return remove(list, ...)
end
function table.sort(list, ...)
  check_length(list, "sort")
  return sort(list, ...)
end

-- A function of the host answers with true and its results, or with false and
-- a message, which becomes an error at the line that called it.
local function settle(ok, ...)
  if ok then return ... end
  error((...), 2)
end

local function made(make, first, ...)
  if first then return make(first, ...) end
  error((...), 2)
end

-- `make`: makes the result of the results, which come without the true.
local function guarded(native, make)
  if make then
    return function(...)
      return made(make, native(...))
    end
  end
  return function(...)
    return settle(native(...))
  end
end

-- Coroutines. Whatever makes the host wait inside one has to reach the host
-- through all that resumed it: it comes without the mark of a script's yield.
local resume, yield, status = coroutine.resume, coroutine.yield, coroutine.status
local create, close = coroutine.create, coroutine.close
local mark = {}

local function carry_on(co, ok, ...)
  live()
  if not ok or status(co) ~= "suspended" then return ok, ... end
  local first = ...
  if first == mark then return true, select(2, ...) end
  return carry_on(co, resume(co, yield(first == pending and pending or nil)))
end

local function unwrap(co, ok, ...)
  if ok then return ... end
  if status(co) ~= "dead" then error((...), 0) end
  close(co)
  error((...), 0)
end

-- Called when the host has made its functions: those yield without the mark.
local function seal()
  function coroutine.yield(...)
    return yield(mark, ...)
  end
  function coroutine.resume(co, ...)
    return carry_on(co, resume(co, ...))
  end
  function coroutine.wrap(body)
    local co = create(body)
    return function(...)
      return unwrap(co, carry_on(co, resume(co, ...)))
    end
  end
end

return guarded, seal
