/* The island as a process of the host, in place of the microcontroller.
 *
 *     island [--port N | --terminal] [--bench N] [--realtime]
 *
 * The host's line is TCP on ::1 or a pseudo terminal; over the bench's port the simulated plug is
 * set, one `name value` per line, and `get` answers with one line of what is.  Everything that
 * happens to the contactors is told on standard output with the island's own clock.
 */
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../core/island.h"
#include "line.h"
#include "plug.h"

typedef struct {
    island me;
    island_inputs in;
    island_outputs out;
    plug_model plug;
    line host, bench;
    char words[256];
    size_t filled;
    uint32_t now, gap;
    uint32_t held;
    uint8_t coils, drive;
    bool alive;
} process;

static volatile sig_atomic_t ending;

static void end(int signal) {
    (void)signal;
    ending = 1;
}

static uint32_t clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

/* `age`: ms since the last sound CONTROL; `gap`: the longest step since contactors closed. */
static void tell(process *at, const char *what) {
    printf("EVENT t=%" PRIu32 " %s coils=%u feedback=%u pilot=%u drive=%u held=%" PRIu32
           " age=%" PRIu32 " gap=%" PRIu32 "\n",
           at->now, what, at->out.contactors, at->in.feedback, at->me.pilot.state, at->out.drive,
           at->me.active | at->me.latched, at->now - at->me.host.heard_at, at->gap);
    fflush(stdout);
}

static void watch(process *at) {
    uint32_t held = at->me.active | at->me.latched;
    if (at->out.contactors != at->coils) {
        bool opened = (at->coils & ~(uint32_t)at->out.contactors) != 0u;
        at->coils = at->out.contactors;
        tell(at, opened ? "opened" : "closed");
        at->gap = at->out.contactors == 0u || opened ? 0u : at->gap;
    }
    if (held != at->held) {
        at->held = held;
        tell(at, "fault");
    }
    if (at->me.host.alive != at->alive) {
        at->alive = at->me.host.alive;
        tell(at, at->alive ? "host" : "silence");
    }
}

static void answer(process *at) {
    char said[400];
    int count = snprintf(said, sizeof said,
                         "state=%u pilot=%u coils=%u feedback=%u drive=%u duty=%u show=%u motor=%u "
                         "lock=%u stop_line=%u held=%" PRIu32 " inhibit=%" PRIu32 " t=%" PRIu32 "\n",
                         island_state(&at->me), at->me.pilot.state, at->out.contactors,
                         at->in.feedback, at->out.drive, at->out.duty, at->out.show, at->out.motor,
                         at->in.lock, at->out.stop_line, at->me.active | at->me.latched,
                         at->me.inhibit, at->now);
    line_write(&at->bench, (const uint8_t *)said, (size_t)count);
}

static void obey(process *at, char *words) {
    char *value = strchr(words, ' ');
    if (strcmp(words, "get") == 0) {
        answer(at);
        return;
    }
    bool known = value != NULL;
    if (known) {
        *value = '\0';
        known = plug_set(&at->plug, words, (int32_t)strtol(value + 1, NULL, 10));
    }
    const char *said = known ? "ok\n" : "what?\n";
    line_write(&at->bench, (const uint8_t *)said, strlen(said));
}

static void hear_bench(process *at) {
    uint8_t octets[256];
    ssize_t count = line_read(&at->bench, octets, sizeof octets);
    for (ssize_t one = 0; one < count; one++) {
        if (octets[one] == '\n') {
            at->words[at->filled] = '\0';
            at->filled = 0;
            obey(at, at->words);
        } else if (at->filled < sizeof at->words - 1u) {
            at->words[at->filled++] = (char)octets[one];
        }
    }
}

static void hear_host(process *at) {
    uint8_t octets[512];
    ssize_t count = line_read(&at->host, octets, sizeof octets);
    if (count > 0) {
        island_receive(&at->me, octets, (size_t)count);
    }
}

static void step(process *at) {
    uint32_t now = clock_ms();
    uint32_t passed = now - at->now;
    if (passed == 0u) {
        return;
    }
    at->now = now;
    at->gap = passed > at->gap && at->coils != 0u ? passed : at->gap;
    plug_measure(&at->plug, at->me.config.role, &at->out, passed, &at->in);
    island_step(&at->me, &at->in, now, &at->out);
    watch(at);
}

static void talk(process *at) {
    uint8_t wire[ISLAND_WIRE_MOST];
    size_t count;
    while ((count = island_send(&at->me, wire, sizeof wire)) != 0u) {
        line_write(&at->host, wire, count);
    }
}

static void run(process *at) {
    while (!ending) {
        struct pollfd waits[] = {{.fd = at->host.client, .events = POLLIN},
                                 {.fd = at->bench.client, .events = POLLIN},
                                 {.fd = at->host.listener, .events = POLLIN},
                                 {.fd = at->bench.listener, .events = POLLIN}};
        (void)poll(waits, sizeof waits / sizeof waits[0], 1);
        /* The clock first: what is heard is as old as the step before, never younger. */
        step(at);
        hear_host(at);
        hear_bench(at);
        talk(at);
        ending = ending || at->out.update; /* there is no boot loader: whoever starts us is one */
        line_accept(&at->host); /* after reading, so that who hung up makes room */
        line_accept(&at->bench);
    }
}

static int refuse(const char *why) {
    fprintf(stderr, "island: %s\n", why);
    return 2;
}

int main(int count, char **words) {
    static process at;
    long port = 0;
    long bench = 0;
    bool terminal = false;
    for (int one = 1; one < count; one++) {
        if (strcmp(words[one], "--port") == 0 && one + 1 < count) {
            port = strtol(words[++one], NULL, 10);
        } else if (strcmp(words[one], "--bench") == 0 && one + 1 < count) {
            bench = strtol(words[++one], NULL, 10);
        } else if (strcmp(words[one], "--terminal") == 0) {
            terminal = true;
        } else if (strcmp(words[one], "--realtime") == 0) {
            struct sched_param first = {.sched_priority = 50};
            if (sched_setscheduler(0, SCHED_FIFO, &first) != 0) {
                return refuse("no real-time priority for us; run it as root or leave --realtime out");
            }
        } else {
            return refuse("usage: island [--port N | --terminal] [--bench N] [--realtime]");
        }
    }
    const char *name = terminal ? line_terminal(&at.host) : "";
    int listens = terminal ? 0 : line_listen(&at.host, (uint16_t)port);
    int benches = line_listen(&at.bench, (uint16_t)bench);
    if (name == NULL || listens < 0 || benches < 0) {
        return refuse("cannot open the line; is the port in use?");
    }
    struct sigaction stop = {.sa_handler = end};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    if (terminal) {
        printf("ISLAND terminal=%s bench=%d\n", name, benches);
    } else {
        printf("ISLAND port=%d bench=%d\n", listens, benches);
    }
    fflush(stdout);
    at.now = clock_ms();
    plug_start(&at.plug);
    struct timespec seed;
    clock_gettime(CLOCK_REALTIME, &seed);
    island_start(&at.me, (uint32_t)seed.tv_nsec ^ (uint32_t)seed.tv_sec, 1);
    run(&at);
    return 0;
}
