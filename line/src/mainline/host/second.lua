-- Tells the judge of users: how many asked either side, and what production answers where the canary failed or refused.
-- It is asked once the client has its answer; no client waits for any of it.

local MOST = 32 -- questions in flight: what is over is left
local PATIENCE = 10000 -- milliseconds for one
local life = os.time() .. "-" .. tostring({}):match("%w+$")
local unit, route, seen, users, both, left, nameless, in_flight = nil, nil, nil, {}, {}, 0, 0, 0

-- another canary: all begins anew
local function begin(now)
    unit, route, users, both, left, nameless = now, nil, {}, { errors = {}, refusals = {} }, 0, 0
end

local function mark(side, bucket)
    if seen[side][bucket] then return end
    seen[side][bucket] = true
    seen[side].users = seen[side].users + 1
end

local function asked(txn)
    local now, line, bucket = txn:get_var("txn.unit"), txn:get_var("txn.route"), txn:get_var("txn.bucket")
    if now ~= unit then begin(now) end
    if line ~= route then route, seen = line, { canary = { users = 0 }, production = { users = 0 } } end
    local canary = txn:get_var("txn.slot") == txn:get_var("txn.canary")
    if txn:get_var("txn.nameless") then nameless = nameless + 1 end
    mark(canary and "canary" or "production", bucket)
    if not canary or txn:get_var("txn.asks") ~= "true" then return end
    local headers = { ["x-mainline-second"] = { "1" } }
    for _, name in ipairs({ "content-type", "accept" }) do
        local value = txn.f:req_fhdr(name)
        if value then headers[name] = { value } end
    end
    local body = txn.f:req_body()
    if body and #body < txn.f:req_body_size() then body = nil end -- larger than the buffer: it is not here in full
    txn:set_priv({ unit = now, bucket = bucket, path = txn.f:path(), headers = headers, body = body })
end

-- One question more of a user is answered; of those before his first second opinion nothing is kept.
local function count(about, opinion, signal)
    if about.unit ~= unit then return end
    local user = users[about.bucket]
    if user then user.n = user.n + 1 end
    if opinion == "left" then left = left + 1 end
    if opinion == "alone" and user then -- who is not there, was forgotten with another canary that came between
        user.d = user.d + 1
        if signal == "errors" then user.f = user.f + 1 end
    end
    if opinion == "both" then both[signal][about.bucket] = (both[signal][about.bucket] or 0) + 1 end
end

local function ask(question, about, signal)
    local done, answer = pcall(function() return core.httpclient():post(question) end)
    in_flight = in_flight - 1
    -- where nothing answered, the status is 0 or 503, by HAProxy's version
    if not done or answer.status == 0 or answer.status == 503 then return count(about, "left") end
    count(about, answer.status < 400 and "alone" or "both", signal)
end

local function answered(txn)
    local about = txn:get_priv()
    if not about or about.unit ~= unit or txn:get_var("txn.served") ~= txn:get_var("txn.canary") then return end
    local status = txn.f:status()
    if status < 400 then return count(about) end
    if in_flight >= MOST or not about.body then return count(about, "left") end
    users[about.bucket] = users[about.bucket] or { n = 0, d = 0, f = 0 }
    local server = core.backends[txn:get_var("txn.production")].servers["service"]
    about.headers["content-length"] = { tostring(#about.body) }
    local url = "http://" .. server:get_addr() .. about.path
    local question = { url = url, headers = about.headers, body = about.body, timeout = PATIENCE }
    in_flight = in_flight + 1
    core.register_task(function() ask(question, about, status >= 500 and "errors" or "refusals") end)
end

core.register_action("asked", { "http-req" }, asked)
core.register_action("answered", { "http-res" }, answered)

core.register_cli({ "show", "second" }, "show second: users of either side, second opinions by bucket", function(applet)
    local lines = { "life " .. life, "left " .. left, "nameless " .. nameless }
    if unit then lines[#lines + 1] = "unit " .. unit end
    if seen then lines[#lines + 1] = string.format("seen %d %d", seen.canary.users, seen.production.users) end
    for bucket, user in pairs(users) do
        if user.d > 0 then lines[#lines + 1] = string.format("alone %d %d %d", bucket, user.d, user.n) end
        if user.f > 0 then lines[#lines + 1] = string.format("failed %d %d", bucket, user.f) end
    end
    for signal, buckets in pairs(both) do
        for bucket, n in pairs(buckets) do lines[#lines + 1] = string.format("both %d %d %s", bucket, n, signal) end
    end
    applet:send(table.concat(lines, "\n") .. "\n")
end)
