-- post.lua BYTES: POSTs so many bytes of text.
wrk.method = "POST"
wrk.headers["Content-Type"] = "text/plain"

function init(arguments)
  wrk.body = string.rep("x", tonumber(arguments[1]))
  message = wrk.format()
end

function request()
  return message
end
