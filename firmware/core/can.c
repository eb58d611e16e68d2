/* The same messages over CAN: `length, body, CRC-32`, cut into frames of 8 to 64 octets.
 *
 * The first octet of each frame bears 80 for the first of a message and counts frames below it.
 * The CRC runs over the identifier too, so that a message is nobody else's.  What stands behind
 * the CRC fills a CAN-FD frame up.
 */
#include "frame.h"
#include "island.h"

enum { FIRST = 0x80u, COUNT = 0x7fu, AROUND = 5u /* length and CRC */ };

static uint32_t crc_of(uint16_t id, const uint8_t *octets, size_t count) {
    uint8_t whole[2u + 1u + ISLAND_BODY_MOST];
    put16(whole, id);
    for (size_t at = 0; at < count; at++) {
        whole[2u + at] = octets[at];
    }
    return frame_crc(whole, count + 2u);
}

static bool expected(island_can *can, uint8_t head) {
    bool first = (head & FIRST) != 0u;
    bool next = first || (can->length != 0u && (head & COUNT) == can->next);
    if (first || !next) {
        can->length = 0;
    }
    can->next = (uint8_t)((head + 1u) & COUNT);
    return next;
}

static void judge(island *me, uint16_t id) {
    const uint8_t *whole = me->can.in;
    size_t body = whole[0];
    if (crc_of(id, whole, body + 1u) == get32(whole + 1u + body)) {
        host_frame(me, whole + 1, body);
    } else {
        me->counters.crc++;
    }
    me->can.length = 0;
}

void island_can_receive(island *me, uint16_t id, const uint8_t *octets, size_t count) {
    island_can *can = &me->can;
    if (count < 2u || !expected(can, octets[0])) {
        me->counters.dropped++;
        return;
    }
    for (size_t at = 1; at < count && can->length < sizeof can->in; at++) {
        can->in[can->length++] = octets[at];
    }
    if (can->in[0] > ISLAND_BODY_MOST) {
        me->counters.dropped++;
        can->length = 0;
    } else if (can->length >= can->in[0] + AROUND) {
        judge(me, id);
    }
}

/* The next length that a CAN-FD frame can have. */
static size_t stretched(size_t count) {
    static const uint8_t LENGTHS[] = {12, 16, 20, 24, 32, 48, 64};
    size_t at = 0;
    while (LENGTHS[at] < count) {
        at++;
    }
    return count <= 8u ? count : LENGTHS[at];
}

size_t island_can_send(island *me, uint16_t id, uint8_t *octets, size_t room) {
    island_can *can = &me->can;
    uint8_t head = can->counter;
    if (room < 8u || room > 64u) {
        return 0;
    }
    if (can->sent >= can->left) {
        uint8_t body[ISLAND_BODY_MOST];
        size_t count = message_next(me, body);
        if (count == 0u) {
            return 0;
        }
        can->out[0] = (uint8_t)count;
        for (size_t at = 0; at < count; at++) {
            can->out[1u + at] = body[at];
        }
        put32(can->out + 1u + count, crc_of(id, can->out, count + 1u));
        can->left = (uint8_t)(count + AROUND);
        can->sent = 0;
        head |= FIRST;
    }
    can->counter = (uint8_t)((can->counter + 1u) & COUNT);
    octets[0] = head;
    size_t at = 1;
    while (at < room && can->sent < can->left) {
        octets[at++] = can->out[can->sent++];
    }
    size_t length = stretched(at);
    while (at < length) {
        octets[at++] = 0;
    }
    return length;
}
