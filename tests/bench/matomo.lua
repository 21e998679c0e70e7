-- Hits of about 600 bytes as a server sends them to Matomo, each another request of one of 1,000 visitors. Arguments: the
-- token; hits a request.
local counter = 0

function init(args)
  math.randomseed(os.time())
  token = args[1]
  together = tonumber(args[2] or "1")
  counter = math.random(0, 1000000)
end

local function hit()
  counter = counter + 1
  local visitor = counter % 1000
  return string.format(
    "?idsite=1&rec=1&apiv=1&r=%06d&send_image=0&_id=%016x&pv_id=%06x&uid=member-%05d&consent=1&cdt=%d&h=12&m=30&s=15"
      .. "&url=https%%3A%%2F%%2Fshop.example.com%%2Fshoes%%2Frunning%%2F%d%%3Futm_source%%3Dmail%%26utm_medium%%3Dx"
      .. "&urlref=https%%3A%%2F%%2Fwww.search.example%%2Fresults%%3Fq%%3Dshoes&action_name=Running%%20shoes%%2C%%20page%%20%d"
      .. "&cip=203.0.113.%d&ua=Mozilla%%2F5.0%%20(X11%%3B%%20Linux%%20x86_64)%%20Chrome%%2F156.0.0.0&lang=en-GB&res=1920x1080"
      .. "&dimension1=gold&dimension2=shoes&dimension3=de&dimension4=b&pf_net=12&pf_srv=80&cookie=1&pdf=1",
    math.random(0, 999999), visitor, counter % 16777216, visitor, os.time(), counter % 97, counter % 97, visitor % 250)
end

function request()
  if together == 1 then return wrk.format("GET", "/matomo.php" .. hit() .. "&token_auth=" .. token) end
  local hits = {}
  for number = 1, together do hits[number] = '"' .. hit() .. '"' end
  local body = '{"token_auth":"' .. token .. '","requests":[' .. table.concat(hits, ",") .. "]}"
  return wrk.format("POST", "/matomo.php", { ["Content-Type"] = "application/json" }, body)
end
