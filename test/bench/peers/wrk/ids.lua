-- ids.lua HEADER KIND [MORE]: GETs with a header of 36 characters, which are others in each request (new) or not (one).
local prefix, suffix, count, isNew

function init(arguments)
  isNew = arguments[2] == "new"
  local more = arguments[3] and arguments[3] .. "\r\n" or ""
  -- Without the line end that ends the head.
  prefix = wrk.format("GET"):sub(1, -3) .. more .. arguments[1] .. ": "
  suffix = "\r\n\r\n"
  -- Rounds of one server follow each other.
  count = os.time() * 1000000
end

function request()
  if isNew then count = count + 1 end
  return prefix .. string.format("%036.0f", count) .. suffix
end
