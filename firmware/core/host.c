/* The host as the island hears it: handshake, wishes, and for how long they count. */
#include "frame.h"
#include "island.h"
#include "messages.h"

static void greet(island *me, const uint8_t *at) {
    island_host *host = &me->host;
    me->tell_ack = true;
    host->host_nonce = get32(at + 4);
    if (at[0] != ISLAND_MAJOR || (me->configured && at[2] != me->config.role)) {
        return; /* answered, and nothing else is until the two fit */
    }
    if (contactors_any(me)) {
        host->lost = true; /* somebody begins anew in the middle of a charge */
    }
    uint32_t nonce = host->entropy ^ me->now;
    nonce ^= nonce << 13;
    nonce ^= nonce >> 17;
    nonce ^= nonce << 5;
    host->entropy = nonce + 0x9e3779b9u;
    host->island_nonce = nonce;
    uint32_t both = host->host_nonce ^ nonce;
    host->fold = (uint16_t)((both >> 16) ^ (both & 0xffffu));
    host->greeted = host->greeted_since_lost = true;
    host->heard = host->alive = false;
    host->permit = 0;
    for (size_t one = 0; one < ISLAND_CONTACTORS; one++) {
        me->contactor[one].armed = false;
    }
    me->limited = contactors_any(me) && me->limited; /* a new host says its own */
    if (!me->limited) {
        me->limits = (island_limits){0};
    }
    for (uint8_t fault = 0; fault < (uint8_t)FAULT_COUNT; fault++) {
        me->tell_faults |= me->occurrence[fault] != 0u ? (uint32_t)1u << fault : 0u;
    }
}

static bool from_session(island *me, uint16_t fold) {
    if (!me->host.greeted || fold != me->host.fold) {
        me->counters.nonce++;
        return false;
    }
    return true;
}

/* The number only moves on, so that neither a stuck nor a recorded sender keeps anything alive. */
static bool moves_on(island *me, uint8_t sequence) {
    uint8_t ahead = (uint8_t)(sequence - me->host.sequence);
    if (me->host.heard && (ahead == 0u || ahead > 127u)) {
        me->counters.replayed++;
        return false;
    }
    me->host.sequence = sequence;
    return true;
}

static uint8_t within(uint8_t value, uint8_t most, uint8_t otherwise) {
    return value <= most ? value : otherwise;
}

static void control(island *me, const uint8_t *at, uint8_t sequence) {
    island_host *host = &me->host;
    if (!from_session(me, get16(at + 12)) || !moves_on(me, sequence)) {
        return;
    }
    host->drive = within(at[0], DRIVE_E, DRIVE_F);
    host->show = within(at[1], SHOW_D, SHOW_B);
    host->duty = get16(at + 2);
    host->permit = at[4];
    if ((at[4] ^ at[5]) != 0xffu) {
        host->permit = 0;
        me->counters.permit++;
    }
    host->lock = within(at[6], WISH_CLOSE, WISH_KEEP);
    host->stop = within(at[7], STOP_EMERGENCY, STOP_EMERGENCY);
    host->ventilation = (at[8] & 1u) != 0u;
    host->edge_ack = at[9];
    host->valid_ms = get16(at + 10);
    if (host->valid_ms > me->config.valid_ms) {
        host->valid_ms = me->config.valid_ms;
    }
    host->heard = host->alive = true;
    host->lost = false;
    host->heard_at = me->now;
}

static void configure(island *me, const uint8_t *at) {
    if (!from_session(me, get16(at + CONFIG_LENGTH))) {
        return;
    }
    island_config wish;
    message_config(at, &wish);
    me->tell_config = true;
    bool taken = island_configure(me, &wish, frame_crc(at, CONFIG_LENGTH));
    me->config_result = taken ? (uint8_t)0u : (uint8_t)1u;
}

static void clear(island *me, const uint8_t *at) {
    if (from_session(me, get16(at + 2)) && fault_clear(me, at[0], at[1])) {
        me->tell_status = true;
    }
}

static void refuse_unless(island *me, bool taken) {
    if (!taken) {
        me->counters.refused++;
    }
}

static void limit(island *me, const uint8_t *at) {
    if (from_session(me, get16(at + 14))) {
        const island_limits wish = {.emergency_mv = (int32_t)get32(at),
                                    .error_mv = (int32_t)get32(at + 4),
                                    .trip_ma = (int32_t)get32(at + 8),
                                    .hottest = (int16_t)get16(at + 12)};
        refuse_unless(me, limits_take(me, &wish));
    }
}

static void act(island *me, const uint8_t *at) {
    if (from_session(me, get16(at + 2))) {
        refuse_unless(me, job_take(me, at[0], at[1]));
    }
}

static void update(island *me, const uint8_t *at) {
    if (from_session(me, get16(at + 4))) {
        refuse_unless(me, get32(at) == UPDATE_WORD && update_take(me));
    }
}

static size_t least(uint8_t type) {
    switch (type) {
    case TYPE_HELLO: return 12;
    case TYPE_CONFIG: return CONFIG_LENGTH + 2u;
    case TYPE_CONTROL: return 14;
    case TYPE_LIMITS: return 16;
    case TYPE_CLEAR:
    case TYPE_ACTION: return 4;
    case TYPE_UPDATE: return 6;
    default: return SIZE_MAX; /* none of ours */
    }
}

/* A longer payload comes from a later minor version; what is known of it is read. */
void host_frame(island *me, const uint8_t *body, size_t length) {
    if (length < HEAD || body[1] != 0u || length - HEAD < least(body[0])) {
        me->counters.dropped++;
        return;
    }
    const uint8_t *payload = body + HEAD;
    switch (body[0]) {
    case TYPE_HELLO: greet(me, payload); break;
    case TYPE_CONFIG: configure(me, payload); break;
    case TYPE_CONTROL: control(me, payload, body[2]); break;
    case TYPE_LIMITS: limit(me, payload); break;
    case TYPE_ACTION: act(me, payload); break;
    case TYPE_UPDATE: update(me, payload); break;
    default: clear(me, payload); break; /* by the lengths above nothing else comes here */
    }
}

void host_step(island *me) {
    island_host *host = &me->host;
    if (host->alive && island_passed(me->now, host->heard_at, me->config.link_ms)) {
        host->alive = false;
        host->lost = true;
        host->greeted_since_lost = false;
        me->counters.lost++;
    }
    int32_t age = (int32_t)(me->now - host->heard_at);
    fault_set(me, FAULT_HOST_LOST, host->lost, age, host->sequence);
}
