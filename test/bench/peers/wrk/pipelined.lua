-- pipelined.lua DEPTH: sends so many requests at once on each connection (wrk counts the answers).
function init(arguments)
  local depth = tonumber(arguments[1])
  local one = wrk.format("GET")
  batch = string.rep(one, depth)
end

function request()
  return batch
end
