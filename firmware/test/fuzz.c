/* Octets by chance against the whole core: `fuzz OCTETS SEED`.
 *
 * Half of them are frames that were sound until a few octets changed, the rest is noise.  Whatever
 * comes, the contactors stay open: half of the frames bear the mark of the session, but none a
 * permission whose inverted copy agrees.  Built with the sanitizers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../core/frame.h"
#include "../core/island.h"
#include "../core/messages.h"

static uint32_t chance;

static uint32_t draw(uint32_t below) {
    chance ^= chance << 13;
    chance ^= chance >> 17;
    chance ^= chance << 5;
    return chance % below;
}

static size_t almost_sound(const island *me, uint8_t *wire) {
    static const uint8_t TYPES[] = {TYPE_HELLO, TYPE_CONFIG, TYPE_CONTROL, TYPE_CLEAR,
                                    TYPE_LIMITS, TYPE_ACTION, TYPE_UPDATE, 0x33};
    uint8_t body[ISLAND_BODY_MOST] = {0};
    size_t count = draw(ISLAND_BODY_MOST + 1u);
    for (size_t at = 0; at < count; at++) {
        body[at] = (uint8_t)draw(256);
    }
    if (count > 4u) {
        body[0] = TYPES[draw(8)];
        body[1] = draw(8) == 0u ? 1 : 0;
        body[4] = draw(4) == 0u ? body[4] : 1;
    }
    static const struct {
        uint8_t type;
        size_t mark;
    } MARKED[] = {{TYPE_CONFIG, 26}, {TYPE_CONTROL, 16}, {TYPE_CLEAR, 6},
                  {TYPE_LIMITS, 18}, {TYPE_ACTION, 6}, {TYPE_UPDATE, 8}};
    for (size_t at = 0; at < sizeof MARKED / sizeof MARKED[0]; at++) {
        bool whole = count >= MARKED[at].mark + 2u;
        if (body[0] == MARKED[at].type && whole && draw(2) == 0u) {
            put16(body + MARKED[at].mark, me->host.fold);
        }
    }
    body[9] = body[8]; /* of CONTROL: the permission and its copy, which is not inverted */
    size_t length = frame_encode(body, count, wire);
    for (uint32_t times = draw(3); times > 0u; times--) {
        wire[draw((uint32_t)length)] = (uint8_t)draw(256);
    }
    return length;
}

static size_t noise(uint8_t *wire) {
    size_t count = 1u + draw(200);
    for (size_t at = 0; at < count; at++) {
        wire[at] = (uint8_t)draw(256);
    }
    return count;
}

/* The same octets as they would come on a bus: half of them begin a message, or follow one. */
static void by_can(island *me, const uint8_t *octets, size_t count) {
    uint8_t head = 0x80u;
    for (size_t at = 0; at < count; at += 7u) {
        uint8_t frame[8] = {draw(16) == 0u ? (uint8_t)draw(256) : head};
        size_t part = count - at < 7u ? count - at : 7u;
        for (size_t one = 0; one < part; one++) {
            frame[1u + one] = octets[at + one];
        }
        island_can_receive(me, 0x180, frame, part + 1u);
        head = (uint8_t)((head + 1u) & 0x7fu);
    }
}

/* A session as it should be, so that the noise meets a core that is fully awake. */
static void wake(island *me, const island_inputs *in, island_outputs *out) {
    static const uint8_t HELLO[] = {TYPE_HELLO, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0};
    uint8_t wire[ISLAND_WIRE_MOST];
    island_receive(me, wire, frame_encode(HELLO, sizeof HELLO, wire));
    uint8_t config[28] = {TYPE_CONFIG, 0, 0, 0, 1, 0, 1, 1, 2, 2};
    static const uint16_t VALUES[] = {300, 150, 100, 250, 1500, 1000, 9700, 900};
    for (size_t at = 0; at < 8u; at++) {
        put16(config + 10 + 2u * at, VALUES[at]);
    }
    put16(config + 26, me->host.fold);
    island_receive(me, wire, frame_encode(config, sizeof config, wire));
    island_step(me, in, 1, out);
}

int main(int count, char **words) {
    if (count != 3) {
        return 2;
    }
    unsigned long most = strtoul(words[1], NULL, 10);
    chance = (uint32_t)strtoul(words[2], NULL, 10) | 1u;
    island me;
    island_inputs in = {.high_mv = 6000, .low_mv = -12000, .quality = {1, 1}, .stop_ok = true};
    island_outputs out;
    island_start(&me, chance, 0);
    wake(&me, &in, &out);
    if (!me.configured) {
        return 3;
    }
    uint32_t now = 1;
    unsigned long done = 0;
    unsigned long said = 0;
    while (done < most) {
        uint8_t wire[256];
        size_t length = draw(2) == 0u ? almost_sound(&me, wire) : noise(wire);
        if (draw(2) == 0u) {
            island_receive(&me, wire, length);
        } else {
            by_can(&me, wire, length);
        }
        done += length;
        island_step(&me, &in, now += draw(4), &out);
        while (island_send(&me, wire, sizeof wire) != 0u) {
            said++;
        }
        if (out.contactors != 0u) {
            printf("closed after %lu octets\n", done);
            return 1;
        }
    }
    printf("%lu octets, %lu frames said, crc %u, dropped %u, nonce %u, permit %u\n", done,
           said, me.counters.crc, me.counters.dropped, me.counters.nonce, me.counters.permit);
    return me.counters.permit == 0u; /* or the core was never reached */
}
