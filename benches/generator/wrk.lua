-- The same deposit for wrk: wrk -s wrk.lua URL
wrk.method = "POST"
wrk.path = "/deposit"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"userId":1,"amount":10}'
