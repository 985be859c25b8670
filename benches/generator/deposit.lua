-- One post and one check, as k6.js has them.
options = { scenarios = { pay = {
  executor = "constant-vus", vus = 64, duration = (env.SECONDS_EACH or "10") .. "s",
} }, thresholds = { checks = "rate==1" } }

local body = { userId = 1, amount = 10 }

function default()
  local res = http.post("/deposit", body)
  check(res, { ["is 200"] = function(r) return r.status == 200 end })
end
