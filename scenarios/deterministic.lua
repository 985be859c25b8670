-- The deterministic three-user set as a script: scenarios/deterministic.yaml in Lua.
--
--     bankrun --lua scenarios/deterministic.lua
--
-- Ten virtual users race on each account. How often which amount is moved is
-- exact, and the order depends on the seed alone.

local users = {
  ["user-1"] = { account = 1, { 100, 10 }, { 100, -5 } },
  ["user-2"] = { account = 2, { 50, 20 }, { 50, -15 } },
  ["user-3"] = { account = 3, { 200, 1 }, { 100, -2 } },
}

options = {
  name = "deterministic three-user set",
  seed = 1,
  accounts = { ["1"] = 1000, ["2"] = 1000, ["3"] = 1000 },
  scenarios = {
    ["user-1"] = { executor = "shared-iterations", vus = 10, iterations = 200 },
    ["user-2"] = { executor = "shared-iterations", vus = 10, iterations = 100 },
    ["user-3"] = { executor = "shared-iterations", vus = 10, iterations = 300 },
  },
  expect = { balances = { ["1"] = 1500, ["2"] = 1250, ["3"] = 1000 } },
}

-- Random numbers drawn here, outside of all functions, are the same in every
-- virtual user, so that all of them agree on the order.
for _, name in ipairs({ "user-1", "user-2", "user-3" }) do
  local user = users[name]
  user.order = {}
  for _, part in ipairs(user) do
    for _ = 1, part[1] do
      table.insert(user.order, part[2])
    end
  end
  random.shuffle(user.order)
end

function default()
  local user = users[exec.scenario.name]
  local amount = user.order[exec.scenario.iteration + 1]
  if amount > 0 then
    bank.deposit(user.account, amount)
  else
    bank.withdraw(user.account, -amount)
  end
end
