-- One hit of about 700 bytes, with an id of its own and one of 1,000 visitors' cookies; wrk's threads differ by seed.
local counter = 0
local thread = 0

function setup(t)
  t:set("number", thread)
  thread = thread + 1
end

function init(args)
  math.randomseed(os.time() + number * 7919)
  prefix = string.format("%08x-%04x-4%03x-8%03x-", math.random(0, 2147483647), math.random(0, 65535),
    math.random(0, 4095), math.random(0, 4095))
  cookies = {}
  if args[1] then
    for line in io.lines(args[1]) do cookies[#cookies + 1] = line end
  end
  headers = { ["Origin"] = "https://shop.example.com", ["Content-Type"] = "text/plain",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36" }
end

function request()
  counter = counter + 1
  local visitor = counter % 1000
  if #cookies > 0 then headers["Cookie"] = cookies[visitor % #cookies + 1] end
  local now = os.time() * 1000
  local body = string.format(
    '{"event":"page_view","id":"%s%012x","at":%d,"url":"https://shop.example.com/shoes/running/%d?utm_source=mail&utm_medium=x",'
      .. '"title":"Running shoes, page %d of the catalogue","referrer":"https://www.search.example/results?q=shoes",'
      .. '"language":"en-GB","fields":{"category":"shoes","name":"model %d","value":59.9},'
      .. '"values":{"account_id":"member-%05d","plan":"gold","section":"shoes","country":"de","variant":"b","stock":null},'
      .. '"page":"%032x","consent":{"analytics":true,"marketing":false},"consent_at":%d}',
    prefix, counter, now, counter % 97, counter % 97, counter % 31, visitor, visitor + 1, 1700000000000 + visitor)
  return wrk.format("POST", "/collect/bench", headers, body)
end
