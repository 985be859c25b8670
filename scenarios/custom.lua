-- A bankrun script. Run it with
--
--     bankrun --lua scenarios/custom.lua
--
-- It is built as a k6 script is: `options` says how many virtual users run what,
-- `setup` runs once before, `default` again and again in every virtual user, and
-- `teardown` once after. What runs outside of them runs once for each virtual
-- user, to prepare; nothing can be sent there.
--
-- What k6 does not have is `bank`. Its operations are written down, and in the
-- end every account is judged: it has to hold exactly the money that was moved.

options = {
  -- What the accounts hold at the start.
  accounts = { ["1"] = 1000, ["2"] = 1000 },
  scenarios = {
    -- Ten virtual users share 300 iterations, all on account 1: they race.
    counter = { executor = "shared-iterations", vus = 10, iterations = 300 },
    -- Two more keep an eye on account 2, with a function of their own.
    browser = { executor = "constant-vus", vus = 2, duration = "1s", exec = "browse" },
  },
  expect = { balances = { ["1"] = 1000 + 200 * 10 - 100 * 5 } },
}

-- `-e PAUSE=0.01` on the command line sets it; k6 has it as `__ENV.PAUSE`.
local pause = tonumber(env.PAUSE or "0.002")

-- What setup returns is handed to every virtual user, as a copy.
function setup()
  local health = http.get("/health")
  log.info("the service answers with status " .. health.status)
  return { account = 1, deposit = 10, withdraw = 5 }
end

-- `exec.scenario.iteration` counts over all virtual users of the scenario, from
-- 0: each third iteration takes money out, the others pay in.
function default(data)
  local result
  if exec.scenario.iteration % 3 == 2 then
    result = bank.withdraw(data.account, data.withdraw)
  else
    result = bank.deposit(data.account, data.deposit)
  end

  -- As in k6, a check that fails is counted, and the run goes on.
  check(result, {
    ["the service acknowledged"] = function(r) return r.ok end,
    ["the balance is not negative"] = function(r) return r.balance == nil or r.balance >= 0 end,
  })

  sleep(random.int(0, 2) * pause) -- seconds, as in k6
end

-- Plain HTTP is there as well. It is counted, and not judged.
function browse()
  local response = http.get("/balance/2", { headers = { Accept = "application/json" } })
  check(response, {
    ["account 2 can be read"] = function(r) return r.status == 200 end,
    ["account 2 is left alone"] = function(r) return r:json("balance") == 1000 end,
  })
  sleep(0.05)
end

function teardown(data)
  local result = bank.balance(data.account)
  log.info("in the end account " .. data.account .. " holds " .. tostring(result.balance))
end
