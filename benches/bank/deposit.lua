-- Deposits of 1 to accounts 1 to N, drawn at random: wrk ... -s deposit.lua URL -- N
local requests = {}

function init(args)
  math.randomseed(os.time())
  local headers = { ["content-type"] = "application/json" }
  for id = 1, tonumber(args[1]) do
    requests[id] = wrk.format("POST", "/deposit", headers, '{"userId":' .. id .. ',"amount":1}')
  end
end

function request()
  return requests[math.random(#requests)]
end
