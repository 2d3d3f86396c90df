-- Copies requests to the slot that shadows and forgets what it answers: no client waits for any of it.

local MOST = 32 -- copies in flight: more are dropped, so that a slow shadow costs no memory
local PATIENCE = 10000 -- milliseconds for one copy
local counts = { copied = 0, dropped = 0, failed = 0, in_flight = 0 }

local function send(copy)
    local done, answer = pcall(function() return core.httpclient():post(copy) end)
    counts.in_flight = counts.in_flight - 1
    -- where nothing answered, the status is 0 or 503, by HAProxy's version
    if not done or answer.status == 0 or answer.status >= 500 then counts.failed = counts.failed + 1 end
end

local function shadow(txn)
    local body = txn.f:req_body()
    -- what is larger than the buffer is not here in full
    if counts.in_flight >= MOST or not body or #body < txn.f:req_body_size() then
        counts.dropped = counts.dropped + 1
        return
    end
    local server = core.backends[txn:get_var("txn.shadow")].servers["service"]
    local headers = { ["x-request-id"] = { txn:get_var("txn.id") }, ["content-length"] = { tostring(#body) } }
    for _, name in ipairs({ "content-type", "accept" }) do
        local value = txn.f:req_fhdr(name)
        if value then headers[name] = { value } end
    end
    local user = txn:get_var("txn.user")
    if user then headers["x-mainline-unit"] = { user } end
    counts.copied, counts.in_flight = counts.copied + 1, counts.in_flight + 1
    local url = "http://" .. server:get_addr() .. txn.f:path()
    core.register_task(function()
        send({ url = url, headers = headers, body = body, timeout = PATIENCE })
    end)
end

core.register_action("shadow", { "http-req" }, shadow)

core.register_cli({ "show", "shadow" }, "show shadow: copies made, dropped, failed, in flight", function(applet)
    for name, count in pairs(counts) do applet:send(name .. " " .. count .. "\n") end
end)
