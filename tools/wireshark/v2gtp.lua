-- V2GTP, SDP and V2G messages for Wireshark and tshark: frames reassembled from TCP and from
-- decrypted TLS, and what is in them, if our decoder's table of the capture is there:
--
--   v2g wireshark open run.pcapng
--   v2g wireshark table run.pcapng -o run.lua
--   tshark -X lua_script:v2gtp.lua -X lua_script1:run.lua -r run.pcapng -Y v2gtp
--
-- The table is by the octets of a message; without it EXI stays octets.

local function table_of_messages(given)
    local beside = debug.getinfo(1, "S").source:match("^@(.*)%.lua$")
    local path = given or os.getenv("V2GTP_TABLE") or (beside and beside .. ".table.lua")
    local there = path and io.open(path, "r")
    if not there then
        return {}
    end
    there:close()
    return dofile(path)
end

local messages = table_of_messages(...)

local types = {
    [0x8001] = "EXI (SupportedAppProtocol, DIN, -2)",
    [0x8002] = "-20 common messages",
    [0x8003] = "-20 AC",
    [0x8004] = "-20 DC",
    [0x8005] = "-20 ACDP",
    [0x8006] = "-20 WPT",
    [0x8010] = "-20 AC-DER (IEC)",
    [0x8011] = "-20 AC-DER (SAE)",
    [0x8101] = "-20 schedule renegotiation",
    [0x8102] = "-20 metering confirmation",
    [0x8103] = "-20 ACDP system status",
    [0x8104] = "-20 parking status",
    [0x9000] = "SDP request",
    [0x9001] = "SDP response",
    [0x9002] = "SDP request wireless",
    [0x9003] = "SDP response wireless",
}
local securities = { [0x00] = "TLS", [0x10] = "no transport security" }
local transports = { [0x00] = "TCP", [0x10] = "UDP (reserved)" }

local v2gtp = Proto("v2gtp", "V2G Transfer Protocol")
local f = {
    version = ProtoField.uint8("v2gtp.version", "Version", base.HEX),
    inverse = ProtoField.uint8("v2gtp.inverse", "Inverse version", base.HEX),
    type = ProtoField.uint16("v2gtp.type", "Payload type", base.HEX, types),
    length = ProtoField.uint32("v2gtp.length", "Payload length", base.DEC),
    payload = ProtoField.bytes("v2gtp.payload", "Payload"),
    address = ProtoField.ipv6("v2gtp.sdp.address", "Station's address"),
    port = ProtoField.uint16("v2gtp.sdp.port", "Station's port", base.DEC),
    security = ProtoField.uint8("v2gtp.sdp.security", "Security", base.HEX, securities),
    transport = ProtoField.uint8("v2gtp.sdp.transport", "Transport", base.HEX, transports),
}
f.message = ProtoField.string("v2gtp.message", "Message")
f.schema = ProtoField.string("v2gtp.schema", "Protocol")
f.code = ProtoField.string("v2gtp.code", "Response code")
f.value = ProtoField.string("v2gtp.value", "Value")
f.wrong = ProtoField.string("v2gtp.wrong", "Broke a rule")

-- A field of its own for every value in the table: v2gtp.v.EVSEPresentVoltage, for filters,
-- columns and I/O graphs.
local own = {}
local function name_of(value)
    return (value.path:match("([^/]*)$"):gsub("[^%w_].*", ""))
end
for _, message in pairs(messages) do
    for _, value in ipairs(message.values) do
        local name = name_of(value)
        if value.number and name ~= "" and not own[name] then
            own[name] = ProtoField.double("v2gtp.v." .. name, name)
            table.insert(v2gtp.fields, own[name])
        end
    end
end

for _, field in pairs(f) do
    table.insert(v2gtp.fields, field)
end
local e_header = ProtoExpert.new(
    "v2gtp.header.invalid", "Header is not acceptable", expert.group.PROTOCOL, expert.severity.WARN)
v2gtp.experts = { e_header }

local HEADER = 8
local LONGEST = 0x100000

local function frame_length(buffer, offset)
    return HEADER + buffer(offset + 4, 4):uint()
end

local function can_be_followed(buffer, offset)
    return buffer(offset, 2):uint() == 0x01FE and frame_length(buffer, offset) <= LONGEST
end

local function sdp(kind, payload, tree)
    if kind == 0x9000 or kind == 0x9002 then
        tree:add(f.security, payload(0, 1))
        tree:add(f.transport, payload(1, 1))
    elseif payload:len() >= 20 then
        tree:add(f.address, payload(0, 16))
        tree:add(f.port, payload(16, 2))
        tree:add(f.security, payload(18, 1))
        tree:add(f.transport, payload(19, 1))
    end
end

local function contents(payload, pinfo, tree)
    local message = messages[payload:bytes():tohex(true)]
    if not message then
        return false
    end
    tree:add(f.message, payload, message.name)
    tree:add(f.schema, payload, message.schema)
    for _, finding in ipairs(message.wrong) do
        -- The same octets may be right at another time.
        if math.abs(pinfo.abs_ts - finding.at) < 0.001 then
            tree:add(f.wrong, payload, finding.text)
        end
    end
    for _, value in ipairs(message.values) do
        local name = name_of(value)
        if name == "ResponseCode" then
            tree:add(f.code, payload, value.text)
        end
        if value.number and own[name] then
            tree:add(own[name], payload, value.number, nil, value.path .. ": " .. value.text)
        else
            tree:add(f.value, payload, value.path .. "=" .. value.text)
        end
    end
    pinfo.cols.info:append(" " .. message.name .. "  " .. message.brief)
    return true
end

local function frame(buffer, pinfo, root)
    local kind = buffer(2, 2):uint()
    local length = buffer(4, 4):uint()
    local tree = root:add(v2gtp, buffer(0, math.min(buffer:len(), HEADER + length)))
    tree:add(f.version, buffer(0, 1))
    tree:add(f.inverse, buffer(1, 1))
    tree:add(f.type, buffer(2, 2))
    tree:add(f.length, buffer(4, 4))
    if buffer(0, 2):uint() ~= 0x01FE then
        tree:add_proto_expert_info(e_header)
    end
    pinfo.cols.protocol = "V2GTP"
    local here = math.min(length, buffer:len() - HEADER)
    if here <= 0 or not contents(buffer(HEADER, here), pinfo, tree) then
        pinfo.cols.info:append(
            string.format(" [%s, %d octets]", types[kind] or "unknown", length))
    end
    if here > 0 then
        local payload = buffer(HEADER, here)
        if kind >= 0x9000 and kind <= 0x9003 and here >= 2 then
            sdp(kind, payload, tree)
        end
        tree:add(f.payload, payload)
    end
    return buffer:len()
end

-- One or more frames, the last perhaps to be continued in the next segment.
local function frames(buffer, pinfo, tree)
    local offset, size = 0, buffer:len()
    while offset < size do
        local missing = HEADER - (size - offset)
        if missing <= 0 and can_be_followed(buffer, offset) then
            missing = frame_length(buffer, offset) - (size - offset)
        end
        if missing > 0 and pinfo.can_desegment > 0 then
            pinfo.desegment_offset = offset
            pinfo.desegment_len = missing
            return size
        elseif size - offset < HEADER then
            return offset
        end
        local length = math.min(frame_length(buffer, offset), size - offset)
        frame(buffer(offset, length):tvb(), pinfo, tree)
        offset = offset + length
    end
    return size
end

v2gtp.dissector = frames

local function looks_like_v2gtp(buffer)
    return buffer:len() >= HEADER
        and buffer(0, 2):uint() == 0x01FE
        and types[buffer(2, 2):uint()] ~= nil
end

local function over_tcp(buffer, pinfo, tree)
    if not looks_like_v2gtp(buffer) then
        return false
    end
    pinfo.conversation = v2gtp
    frames(buffer, pinfo, tree) -- called directly: through Wireshark it could not reassemble
    return true
end

local function over_tls(buffer, pinfo, tree)
    if not looks_like_v2gtp(buffer) then
        return false
    end
    frames(buffer, pinfo, tree) -- called directly: through Wireshark it could not reassemble
    return true
end

DissectorTable.get("udp.port"):add(15118, v2gtp)
v2gtp:register_heuristic("tcp", over_tcp)
v2gtp:register_heuristic("tls", over_tls)
