-- A script for bankrun, in the manner of k6.
--   bankrun --lua THIS_FILE                runs it (robust: must pass)
--   bankrun --lua THIS_FILE --mode naive   shows what happens without locking
-- -e AMOUNT=20 on the command line arrives here as env.AMOUNT.

options = {
  seed = 1,
  -- What the accounts hold at the start. They are reset to this.
  accounts = { [1] = 1000, [2] = 1000 },
  scenarios = {
    -- Ten virtual users share 100 iterations, all on account 1.
    race = { executor = "shared-iterations", vus = 10, iterations = 100, exec = "race" },
    -- Two virtual users run default() for two seconds.
    look = { executor = "constant-vus", vus = 2, duration = "2s" },
  },
  expect = { balances = { [1] = 1500 } },
  thresholds = { http_req_failed = "rate<0.01" },
}

local amount = tonumber(env.AMOUNT or 10)

-- Runs once before all others; what it returns is handed to them.
function setup()
  log.info("the race begins")
  return { account = 1 }
end

-- bank.* moves money and remembers it: the balance is judged in the end.
function race(data)
  local res = bank.deposit(data.account, amount)
  if res.status == 200 and amount > 5 then
    bank.withdraw(data.account, amount - 5)
  end
end

-- http.* sends any request; relative addresses go to the target.
function default(data)
  local res = http.get("/balance/2")
  check(res, {
    ["status is 200"] = function(r) return r.status == 200 end,
    ["nothing happened here"] = function(r) return r:json("$.balance") == 1000 end,
  })
  sleep(0.1)
end

-- Runs once after all others.
function teardown(data)
  log.info("done")
end
