-- Sends requests from a file in turn, so that as many people as it has lines are at work at once.
-- A line: path, then name and value of each header, all parted by tabs.
local requests, count, at = {}, 0, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local fields = {}
    for field in string.gmatch(line, "[^\t]+") do
      fields[#fields + 1] = field
    end
    local headers = {}
    for i = 2, #fields, 2 do
      headers[fields[i]] = fields[i + 1]
    end
    count = count + 1
    requests[count] = wrk.format("GET", fields[1], headers)
  end
end

function request()
  at = at % count + 1
  return requests[at]
end
