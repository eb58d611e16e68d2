/* A host that dies while 100 A flow: `deadline RUNS SEED` on simulated time.
 *
 * Each run closes the contactors for a host that then stops, stalls for a while, sends the same
 * frame for ever, or goes on with damaged frames.  Told is the worst time from the last sound
 * CONTROL to the coils off, which the rules bound: the link's time and the opening's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../core/frame.h"
#include "../core/island.h"
#include "../core/messages.h"

enum { STOPS, STALLS, STUCK, DAMAGED, WAYS };

typedef struct {
    island me;
    island_inputs in;
    island_outputs out;
    uint32_t now, beat_at, last_sound, fed_back[20];
    uint8_t sequence, permit, show;
} bench;

static uint32_t chance;

static uint32_t draw(uint32_t below) {
    chance ^= chance << 13;
    chance ^= chance >> 17;
    chance ^= chance << 5;
    return chance % below;
}

static void say(bench *at, const uint8_t *body, size_t count, bool damaged) {
    uint8_t wire[ISLAND_WIRE_MOST];
    size_t length = frame_encode(body, count, wire);
    if (damaged) {
        size_t where = draw((uint32_t)length - 1u);
        wire[where] = (uint8_t)(wire[where] ^ (1u + draw(255)));
    }
    island_receive(&at->me, wire, length);
}

static void beat(bench *at, bool damaged, bool stuck) {
    uint8_t body[18] = {TYPE_CONTROL, 0, at->sequence, 0, DRIVE_PWM, at->show};
    put16(body + 6, 500);
    body[8] = at->permit;
    body[9] = (uint8_t)(at->permit ^ 0xffu);
    body[10] = WISH_KEEP;
    put16(body + 14, 300);
    put16(body + 16, at->me.host.fold);
    at->sequence = stuck ? at->sequence : (uint8_t)(at->sequence + 1u);
    uint16_t before = at->me.counters.replayed;
    say(at, body, sizeof body, damaged);
    if (!damaged && before == at->me.counters.replayed) {
        at->last_sound = at->now;
    }
}

static void begin(bench *at, uint8_t role, uint8_t power, uint32_t start) {
    *at = (bench){.now = start};
    at->in = (island_inputs){.high_mv = 6000,
                             .low_mv = -12000,
                             .duty = 500,
                             .frequency_hz = 1000,
                             .quality = {1, 1},
                             .lock = LOCK_CLOSED,
                             .metered = true,
                             .stop_ok = true};
    at->show = SHOW_C;
    island_start(&at->me, chance, 0);
    island_step(&at->me, &at->in, at->now, &at->out);
    const uint8_t hello[16] = {TYPE_HELLO, 0, 0, 0, 1, 0, role, 0, 1, 2, 3, 4};
    say(at, hello, sizeof hello, false);
    uint8_t config[28] = {TYPE_CONFIG, 0, 0, 0, 1, role, power, 1, HAS_METERS | HAS_LOCK, 2};
    static const uint16_t VALUES[] = {300, 150, 100, 250, 1500, 5, 9700, 900};
    for (size_t one = 0; one < 8u; one++) {
        put16(config + 10 + 2u * one, VALUES[one]);
    }
    put16(config + 26, at->me.host.fold);
    say(at, config, sizeof config, false);
}

static void tick(bench *at) {
    at->now++;
    for (size_t one = 19; one > 0u; one--) {
        at->fed_back[one] = at->fed_back[one - 1u];
    }
    at->fed_back[0] = at->out.contactors;
    at->in.feedback = (uint8_t)at->fed_back[15];
    at->in.current_ma = at->in.feedback != 0u ? 100000 : 0;
    island_step(&at->me, &at->in, at->now, &at->out);
}

static bool charge(bench *at) {
    for (uint32_t ms = 0; ms < 1500u; ms++) {
        if (at->now - at->beat_at >= 50u) {
            at->beat_at = at->now;
            at->permit = ms > 300u ? 3 : 0;
            beat(at, false, false);
        }
        tick(at);
    }
    return at->out.contactors == 3u;
}

/* How long after the last sound word of the host the coils went off; UINT32_MAX: never. */
static uint32_t die(bench *at, uint32_t way) {
    uint32_t pause = way == STALLS ? 301u + draw(300) : UINT32_MAX;
    uint32_t began = at->now;
    for (uint32_t ms = 0; ms < 10000u; ms++) {
        bool due = at->now - at->beat_at >= 50u;
        bool speaks = way == STUCK || way == DAMAGED || at->now - began > pause;
        if (due && speaks) {
            uint32_t sound = at->last_sound;
            at->beat_at = at->now;
            beat(at, way == DAMAGED, way == STUCK);
            /* Words after the link's time are too late to count. */
            at->last_sound = way == STALLS ? sound : at->last_sound;
        }
        tick(at);
        if (at->out.contactors == 0u) {
            return at->now - at->last_sound;
        }
    }
    return UINT32_MAX;
}

int main(int count, char **words) {
    if (count != 3) {
        return 2;
    }
    unsigned long runs = strtoul(words[1], NULL, 10);
    chance = (uint32_t)strtoul(words[2], NULL, 10) | 1u;
    static const uint32_t LIMIT[] = {300u + 3000u + 2u, 300u + 500u + 2u, 300u + 500u + 2u};
    uint32_t worst[3] = {0};
    for (unsigned long run = 0; run < runs; run++) {
        static bench at;
        uint32_t kind = draw(3);
        begin(&at, kind == 2u ? 1 : 0, kind == 0u ? 0 : 1, chance);
        if (!charge(&at)) {
            printf("run %lu never closed: inhibit %x\n", run, (unsigned)at.me.inhibit);
            return 1;
        }
        for (uint32_t more = draw(120); more > 0u; more--) {
            if (at.now - at.beat_at >= 50u) {
                at.beat_at = at.now;
                beat(&at, false, false);
            }
            tick(&at);
        }
        uint32_t took = die(&at, draw(WAYS));
        worst[kind] = took > worst[kind] ? took : worst[kind];
        if (took > LIMIT[kind]) {
            printf("run %lu took %u ms, %u are allowed\n", run, (unsigned)took,
                   (unsigned)LIMIT[kind]);
            return 1;
        }
    }
    printf("worst of %lu runs: AC station %u of %u ms, DC station %u of %u ms, vehicle %u of %u ms\n",
           runs, (unsigned)worst[0], (unsigned)LIMIT[0], (unsigned)worst[1], (unsigned)LIMIT[1],
           (unsigned)worst[2], (unsigned)LIMIT[2]);
    return 0;
}
