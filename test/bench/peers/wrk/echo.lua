-- echo.lua: POSTs 100 bytes of JSON.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"id":12345,"name":"' .. string.rep("x", 68) .. '","ok":true}'
assert(#wrk.body == 100)
