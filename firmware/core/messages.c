/* Messages out of the core, and the stream of octets into it. */
#include "messages.h"

#include "frame.h"

void message_config(const uint8_t *at, island_config *config) {
    config->role = at[1];
    config->power = at[2];
    config->connector = at[3];
    config->has = at[0] == 1u ? at[4] : 0xffu; /* another schema is refused as a whole */
    config->sensors = at[5];
    config->link_ms = get16(at + 6);
    config->valid_ms = get16(at + 8);
    config->closing_ms = get16(at + 10);
    config->feedback_ms = get16(at + 12);
    config->lock_ms = get16(at + 14);
    config->loop_ms = get16(at + 16);
    config->most_duty = get16(at + 18);
    config->hottest = (int16_t)get16(at + 20);
}

static void one_frame(island *me) {
    island_decoder *decoder = &me->decoder;
    size_t count = decoder->length;
    if (decoder->overrun) {
        me->counters.dropped++;
    } else if (count != 0u) {
        bool whole = frame_unstuff(decoder->octets, &count) && count > 4u;
        if (whole && frame_crc(decoder->octets, count - 4u) == get32(decoder->octets + count - 4u)) {
            host_frame(me, decoder->octets, count - 4u);
        } else {
            me->counters.crc++;
        }
    }
    decoder->length = 0;
    decoder->overrun = false;
}

void island_receive(island *me, const uint8_t *octets, size_t count) {
    island_decoder *decoder = &me->decoder;
    for (size_t at = 0; at < count; at++) {
        if (octets[at] == 0u) {
            one_frame(me);
        } else if (decoder->length < ISLAND_WIRE_MOST) {
            decoder->octets[decoder->length++] = octets[at];
        } else {
            decoder->overrun = true;
        }
    }
}

static uint8_t *begin(island *me, uint8_t type, uint8_t *body) {
    body[0] = type;
    body[1] = 0;
    body[2] = me->sequence[type]++;
    body[3] = 0;
    return body + HEAD;
}

static size_t ack(island *me, uint8_t *body) {
    uint8_t *to = begin(me, TYPE_HELLO_ACK, body);
    to[0] = ISLAND_MAJOR;
    to[1] = ISLAND_MINOR;
    to[2] = me->config.role;
    to[3] = me->reset_reason;
    to[4] = ISLAND_VERSION_MAJOR;
    to[5] = ISLAND_VERSION_MINOR;
    to[6] = ISLAND_VERSION_PATCH;
    to[7] = island_state(me);
    put32(to + 8, CAN_DRIVE_E | CAN_LOCK | CAN_METERS | CAN_LIMITS | CAN_ACTIONS);
    put32(to + 12, me->config_crc);
    put32(to + 16, me->host.host_nonce);
    put32(to + 20, me->host.island_nonce);
    me->tell_ack = false;
    return HEAD + 24u;
}

static size_t config_ack(island *me, uint8_t *body) {
    uint8_t *to = begin(me, TYPE_CONFIG_ACK, body);
    to[0] = me->config_result;
    to[1] = to[2] = to[3] = 0;
    put32(to + 4, me->config_crc);
    me->tell_config = false;
    return HEAD + 8u;
}

static int16_t shortened(int32_t value) {
    if (value > INT16_MAX) {
        return INT16_MAX;
    }
    return value < INT16_MIN ? (int16_t)INT16_MIN : (int16_t)value;
}

static uint16_t held(uint32_t value) { return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value; }

static uint16_t age(const island *me) {
    return me->host.alive ? held(me->now - me->host.heard_at) : UINT16_MAX;
}

static void put_levels(const island *me, uint8_t *to) {
    const island_inputs *in = &me->in;
    bool station = island_station(me);
    put16(to, (uint16_t)shortened(in->high_mv));
    put16(to + 2, (uint16_t)shortened(in->low_mv));
    put16(to + 4, station ? me->out.duty : in->duty);
    put16(to + 6, in->frequency_hz);
    put16(to + 8, held(in->proximity_ohm));
    put16(to + 10, (uint16_t)in->temperature[0]);
    put16(to + 12, (uint16_t)in->temperature[1]);
    put32(to + 14, (uint32_t)in->current_ma);
    put32(to + 18, (uint32_t)in->voltage_mv);
}

static size_t status(island *me, uint8_t *body) {
    uint8_t *to = begin(me, TYPE_STATUS, body);
    to[0] = island_state(me);
    to[1] = me->pilot.state;
    to[2] = island_station(me) ? me->out.drive : me->out.show;
    to[3] = me->out.contactors;
    to[4] = me->in.feedback;
    to[5] = me->in.lock;
    to[6] = me->plug;
    to[7] = (uint8_t)((me->out.stop_line ? 1u : 0u) | (me->in.metered ? 2u : 0u) |
                      (contactors_open(me) ? 4u : 0u) | (me->pilot.proved ? 8u : 0u));
    put_levels(me, to + 8);
    put32(to + 30, me->inhibit);
    put32(to + 34, me->active);
    put32(to + 38, me->latched);
    put16(to + 42, age(me));
    to[44] = me->host.sequence;
    to[45] = (uint8_t)(me->in.quality[0] | (uint8_t)(me->in.quality[1] << 4));
    put32(to + 46, me->uptime);
    me->tell_status = false;
    me->status_at = me->now;
    return HEAD + 50u;
}

static size_t fault(island *me, uint8_t *body) {
    uint8_t code = 0;
    while ((me->tell_faults & ((uint32_t)1u << code)) == 0u) {
        code++;
    }
    uint8_t *to = begin(me, TYPE_FAULT, body);
    uint8_t active = (uint8_t)((me->active >> code) & 1u);
    uint8_t latched = (uint8_t)((me->latched >> code) & 1u);
    to[0] = code;
    to[1] = (uint8_t)(active | (uint8_t)(latched << 1));
    to[2] = me->occurrence[code];
    to[3] = 0;
    put32(to + 4, (uint32_t)me->detail[code][0]);
    put32(to + 8, (uint32_t)me->detail[code][1]);
    put32(to + 12, me->uptime);
    me->tell_faults &= ~((uint32_t)1u << code);
    return HEAD + 16u;
}

static size_t counters(island *me, uint8_t *body) {
    const island_counters *from = &me->counters;
    const uint16_t values[] = {from->crc,  from->dropped, from->nonce,      from->replayed,
                               from->permit, from->lost,  from->cycles,     from->under_load,
                               from->worst_loop, from->edges, from->refused};
    uint8_t *to = begin(me, TYPE_COUNTERS, body);
    for (size_t at = 0; at < sizeof values / sizeof values[0]; at++) {
        put16(to + 2u * at, values[at]);
    }
    me->counters_at = me->now;
    return HEAD + 22u;
}

/* Told three times or until acknowledged, whichever comes first. */
static void forget_edges(island *me) {
    while (me->edges != 0u) {
        const island_edge *first = &me->edge[0];
        bool seen = me->host.heard && (uint8_t)(me->host.edge_ack - first->number) < 128u;
        if (!(first->sent != 0u && seen) && first->sent < 3u) {
            return;
        }
        me->edges--;
        for (size_t at = 0; at < me->edges; at++) {
            me->edge[at] = me->edge[at + 1u];
        }
    }
}

static size_t edge(island *me, uint8_t *body) {
    forget_edges(me);
    for (size_t at = 0; at < me->edges; at++) {
        island_edge *one = &me->edge[at];
        if (one->sent == 0u || (one->sent < 3u && island_passed(me->now, one->sent_at, 50))) {
            uint8_t *to = begin(me, TYPE_EDGE, body);
            to[0] = one->kind;
            to[1] = one->before;
            to[2] = one->after;
            to[3] = one->number;
            put32(to + 4, one->at);
            put32(to + 8, one->lasted);
            one->sent++;
            one->sent_at = me->now;
            return HEAD + 12u;
        }
    }
    return 0;
}

void edge_add(island *me, uint8_t kind, uint8_t before, uint8_t after, uint32_t lasted) {
    if (me->edges == ISLAND_EDGES) {
        me->counters.edges++;
        me->edges--; /* the oldest goes */
        for (size_t at = 0; at < me->edges; at++) {
            me->edge[at] = me->edge[at + 1u];
        }
    }
    island_edge *one = &me->edge[me->edges++];
    one->kind = kind;
    one->before = before;
    one->after = after;
    one->number = ++me->edge_number;
    one->sent = 0;
    one->at = me->uptime;
    one->lasted = lasted;
}

static size_t result(island *me, uint8_t *body) {
    uint8_t *to = begin(me, TYPE_RESULT, body);
    to[0] = me->job.what;
    to[1] = me->job.number;
    to[2] = me->job.result;
    to[3] = 0;
    me->tell_job = false;
    return HEAD + 4u;
}

static size_t update_ack(island *me, uint8_t *body) {
    uint8_t *to = begin(me, TYPE_UPDATE_ACK, body);
    to[0] = me->updating ? (uint8_t)0u : (uint8_t)1u;
    to[1] = to[2] = to[3] = 0;
    me->tell_update = false;
    return HEAD + 4u;
}

size_t message_next(island *me, uint8_t *body) {
    if (me->tell_update) {
        return update_ack(me, body);
    }
    if (me->updating) {
        return 0; /* whoever comes now speaks to the boot loader */
    }
    if (me->tell_ack) {
        return ack(me, body);
    }
    if (!me->host.greeted) {
        return 0;
    }
    if (me->tell_config) {
        return config_ack(me, body);
    }
    if (me->tell_job) {
        return result(me, body);
    }
    if (me->tell_status || island_passed(me->now, me->status_at, 50)) {
        return status(me, body);
    }
    if (me->tell_faults != 0u) {
        return fault(me, body);
    }
    if (island_passed(me->now, me->counters_at, 1000)) {
        return counters(me, body);
    }
    return edge(me, body);
}

size_t island_send(island *me, uint8_t *wire, size_t room) {
    uint8_t body[ISLAND_BODY_MOST];
    if (room < ISLAND_WIRE_MOST) {
        return 0;
    }
    size_t count = message_next(me, body);
    return count == 0u ? 0u : frame_encode(body, count, wire);
}
