-- Hits of about 700 bytes, each with an id of its own. Arguments: a file with visitors' cookies (line n is visitor
-- n - 1); "same" (a visitor's hits come from one page) or "new" (each from a page of its own); hits a request.
local counter = 0

function init(args)
  math.randomseed(os.time())
  prefix = string.format("%08x-%04x-4%03x-8%03x-", math.random(0, 2147483647), math.random(0, 65535),
    math.random(0, 4095), math.random(0, 4095))
  cookies = {}
  if args[1] then
    for line in io.lines(args[1]) do cookies[#cookies + 1] = line end
  end
  pages = args[2] == "new" and string.format("%08x%08x", math.random(0, 2147483647), math.random(0, 2147483647)) or nil
  together = tonumber(args[3] or "1")
  -- Begins anywhere, else the same first visitors would come in each round.
  counter = math.random(0, 1000000)
  -- A choice is made once: a later time in each hit would be a new choice, and withdraw what is queued each time.
  chosen = math.floor(os.time() / 86400) * 86400000
  headers = { ["Origin"] = "https://shop.example.com", ["Content-Type"] = "text/plain",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36" }
end

local function hit(visitor, now)
  counter = counter + 1
  local page = pages and string.format("%s%016x", pages, counter) or string.format("%032x", visitor + 1)
  return string.format(
    '{"event":"page_view","id":"%s%012x","at":%d,"url":"https://shop.example.com/shoes/running/%d?utm_source=mail&utm_medium=x",'
      .. '"title":"Running shoes, page %d of the catalogue","referrer":"https://www.search.example/results?q=shoes",'
      .. '"language":"en-GB","fields":{"category":"shoes","name":"model %d","value":59.9},'
      .. '"values":{"account_id":"member-%05d","plan":"gold","section":"shoes","country":"de","variant":"b","stock":null},'
      .. '"page":"%s","consent":{"analytics":true,"marketing":false},"consent_at":%d}',
    prefix, counter, now, counter % 97, counter % 97, counter % 31, visitor, page, chosen)
end

function request()
  local now = os.time() * 1000
  local visitor = (counter + 1) % math.max(#cookies, 1)
  if #cookies > 0 then headers["Cookie"] = cookies[visitor + 1] end
  if together == 1 then return wrk.format("POST", "/collect/bench", headers, hit(visitor, now)) end
  local hits = {}
  for number = 1, together do hits[number] = hit(visitor, now) end
  return wrk.format("POST", "/collect/bench", headers, '{"hits":[' .. table.concat(hits, ",") .. "]}")
end
