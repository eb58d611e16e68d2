/* The safety island: what its parts share.
 *
 * One struct holds all state; one call of island_step per millisecond turns a snapshot of the
 * inputs into the outputs.  No heap, no operating system, no clock of its own: the port passes in
 * a millisecond counter that may wrap.  Bytes from the host go into island_receive, bytes for the
 * host come out of island_send.  docs/island.md tells what the host sees of it.
 */
#ifndef ISLAND_H
#define ISLAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pilot_table.h"

#define ISLAND_MAJOR 1
#define ISLAND_MINOR 1
#define ISLAND_VERSION_MAJOR 0
#define ISLAND_VERSION_MINOR 1
#define ISLAND_VERSION_PATCH 0

#define ISLAND_CONTACTORS 2u
#define ISLAND_SENSORS 2u
#define ISLAND_BODY_MOST 64u                        /* octets of a frame's body, CRC not counted */
#define ISLAND_FRAME_MOST (ISLAND_BODY_MOST + 4u)   /* with the CRC */
#define ISLAND_WIRE_MOST (ISLAND_FRAME_MOST + 2u)   /* stuffed, with the closing 00 */
#define ISLAND_EDGES 8u

/* A safety decision is one of two words that no single damaged bit turns into the other. */
#define ISLAND_ON 0xA5u
#define ISLAND_OFF 0x5Au

enum { ROLE_STATION = 0, ROLE_VEHICLE = 1 };
enum { POWER_AC = 0, POWER_DC = 1 };
enum { CONNECTOR_TYPE1 = 0, CONNECTOR_TYPE2 = 1 };
enum { STATE_INIT = 0, STATE_READY = 1, STATE_CLOSED = 2, STATE_SAFE = 3, STATE_UPDATE = 4 };
enum { DRIVE_F = 0, DRIVE_X1 = 1, DRIVE_PWM = 2, DRIVE_E = 3 };
enum { SHOW_B = 0, SHOW_C = 1, SHOW_D = 2 };
enum { LOCK_UNKNOWN = 0, LOCK_OPEN = 1, LOCK_CLOSED = 2 };
enum { MOTOR_OFF = 0, MOTOR_OPEN = 1, MOTOR_CLOSE = 2 };
enum { WISH_KEEP = 0, WISH_OPEN = 1, WISH_CLOSE = 2 };
enum { STOP_NONE = 0, STOP_NORMAL = 1, STOP_FAST = 2, STOP_EMERGENCY = 3 };
enum { SENSOR_UNUSED = 0, SENSOR_OK = 1, SENSOR_BROKEN = 2 };
enum { PLUG_NONE = 0, PLUG_IN = 1, PLUG_BUTTON = 2, PLUG_SHORT = 3 };
enum { JOB_CONTACTORS = 1, JOB_LOCK = 2 };
enum { JOB_DONE = 0, JOB_REFUSED = 1, JOB_FAILED = 2 };
enum { EDGE_PILOT = 0, EDGE_PROXIMITY = 1, EDGE_STOP = 2 };

/* What a configuration may switch on. */
enum {
    HAS_LOCK = 1u,        /* no closing unless the lock is closed */
    HAS_METERS = 2u,      /* current and voltage are measured here */
    HAS_VENTILATION = 4u, /* state D may be served */
    HAS_PROXIMITY = 8u,   /* the proximity contact is wired here */
    HAS_NEGATIVE = 16u,   /* (of a vehicle) the negative half wave is measured */
    HAS_ALL = 31u
};

/* Why contactors are not closed. */
enum {
    WHY_STATE = 1u << 0,    /* no configuration, no handshake, or safe state */
    WHY_PILOT = 1u << 1,    /* the pilot is not in C (or D) for long enough */
    WHY_PWM = 1u << 2,      /* the oscillator is off or out of range */
    WHY_DIODE = 1u << 3,    /* the diode is not proved in this plug-in */
    WHY_LOCK = 1u << 4,     /* the lock is not closed */
    WHY_HOST = 1u << 5,     /* the host is silent */
    WHY_PERMIT = 1u << 6,   /* the host does not permit it */
    WHY_ARMED = 1u << 7,    /* the permission was never seen withdrawn */
    WHY_FAULT = 1u << 8,    /* a fault is there or latched */
    WHY_PLUG = 1u << 9,     /* no plug by the proximity contact */
    WHY_OPENING = 1u << 10, /* an opening is under way */
    WHY_UNLOCK = 1u << 11   /* (of the lock) it may not open now */
};

typedef struct {
    uint8_t role, power, connector, has, sensors;
    uint16_t link_ms;     /* the host is lost after so long */
    uint16_t valid_ms;    /* a permission lasts so long */
    uint16_t closing_ms;  /* C stands still for so long before anything closes */
    uint16_t feedback_ms; /* contactors answer within */
    uint16_t lock_ms;     /* the lock moves within */
    uint16_t loop_ms;     /* two steps are never further apart */
    uint16_t most_duty;   /* 0.01 % */
    int16_t hottest;      /* 0.1 C */
} island_config;

typedef struct {
    int32_t high_mv, low_mv; /* the two half waves; the same when steady */
    uint16_t duty;           /* measured, 0.01 %; 10000 when steady */
    uint16_t frequency_hz;
    uint32_t proximity_ohm;
    int32_t current_ma, voltage_mv;
    int16_t temperature[ISLAND_SENSORS]; /* 0.1 C */
    uint8_t quality[ISLAND_SENSORS];
    uint8_t lock;
    uint8_t feedback; /* a bit for each closed contactor */
    bool metered;     /* current and voltage are fresh */
    bool stop_ok;     /* the stop loop is closed */
} island_inputs;

typedef struct {
    uint8_t contactors; /* a bit for each coil */
    uint8_t drive;      /* the station's pilot */
    uint16_t duty;      /* 0.01 % */
    uint8_t show;       /* the vehicle's resistors */
    uint8_t motor;      /* the lock's */
    bool stop_line;     /* the power supply must stop */
    bool update;        /* the boot loader may take over */
} island_outputs;

typedef struct {
    uint8_t state, candidate;
    uint8_t action; /* what the last transition asked for */
    bool proved, shorted, doubted, missing_pwm, ours;
    uint32_t since, candidate_since, doubted_since, missing_since, steady_since;
    bool steady;
} island_pilot;

typedef struct {
    bool value, candidate;
    uint32_t since;
} island_debounced;

typedef struct {
    uint8_t coil; /* ISLAND_ON or ISLAND_OFF */
    bool armed, confirmed, differs;
    uint32_t differs_since, switched;
} island_contactor;

typedef struct {
    bool greeted, heard, alive, lost, greeted_since_lost;
    uint32_t host_nonce, island_nonce, entropy;
    uint32_t heard_at;
    uint16_t fold;
    uint8_t sequence; /* of the last CONTROL */
    /* What it last wished. */
    uint8_t drive, show, permit, lock, stop, edge_ack;
    uint16_t duty, valid_ms;
    bool ventilation;
} island_host;

typedef struct {
    uint8_t kind, before, after, number, sent;
    uint32_t at, lasted, sent_at;
} island_edge;

typedef struct {
    uint16_t crc, dropped, nonce, replayed, permit, lost, cycles, under_load, worst_loop, edges,
        refused;
} island_counters;

typedef struct {
    uint8_t octets[ISLAND_WIRE_MOST];
    uint16_t length;
    bool overrun;
} island_decoder;

typedef struct {
    int32_t emergency_mv, error_mv, trip_ma; /* 0: none */
    int16_t hottest;                         /* 0.1 C */
} island_limits;

typedef struct {
    uint8_t what, number, result;
    bool running, back;
    uint32_t since;
} island_job;

typedef struct {
    uint8_t in[ISLAND_BODY_MOST + 5u], out[ISLAND_BODY_MOST + 5u];
    uint8_t length, next;           /* coming in: octets so far, the frame that must follow */
    uint8_t left, sent, counter;    /* going out */
} island_can;

typedef struct {
    island_config config;
    island_inputs in; /* of the last step */
    island_outputs out;
    bool configured, begun;
    uint32_t config_crc, now, uptime;
    uint8_t reset_reason;

    island_pilot pilot;
    island_debounced stop, hot, over[3];
    island_limits limits;
    bool limited, updating;
    island_job job;
    island_can can;
    uint8_t plug, plug_candidate;
    uint32_t plug_since, plugged_since;
    bool plug_settled;

    uint32_t active, latched, mirror; /* faults: now, held, and held again, inverted */
    uint8_t occurrence[FAULT_COUNT];
    int32_t detail[FAULT_COUNT][2];

    island_contactor contactor[ISLAND_CONTACTORS];
    uint8_t trip; /* the opening under way, OPEN_COUNT if none */
    uint32_t trip_since, inhibit;
    uint8_t lock_motor;
    bool lock_tired, lock_gone;
    uint32_t lock_since, lock_gone_since;

    island_host host;
    island_counters counters;
    island_decoder decoder;

    /* What waits to be told. */
    bool tell_ack, tell_config, tell_status, tell_job, tell_update;
    uint8_t config_result;
    uint32_t tell_faults, told, status_at, counters_at;
    uint8_t sequence[256]; /* the next for each type */
    island_edge edge[ISLAND_EDGES];
    uint8_t edges, edge_number;
} island;

/* What a port calls. */
void island_start(island *me, uint32_t entropy, uint8_t reset_reason);
void island_step(island *me, const island_inputs *in, uint32_t now, island_outputs *out);
void island_receive(island *me, const uint8_t *octets, size_t count);
size_t island_send(island *me, uint8_t *wire, size_t room); /* one frame, or 0 */
/* In place of the two above on a CAN bus: one frame in, one frame of at most `room` octets out. */
void island_can_receive(island *me, uint16_t id, const uint8_t *octets, size_t count);
size_t island_can_send(island *me, uint16_t id, uint8_t *octets, size_t room);

/* What the parts call of each other. */
static inline bool island_passed(uint32_t now, uint32_t since, uint32_t ms) {
    return (uint32_t)(now - since) >= ms;
}
static inline bool island_has(const island *me, uint8_t what) {
    return (me->config.has & what) != 0u;
}
static inline bool island_station(const island *me) {
    return me->config.role == (uint8_t)ROLE_STATION;
}
uint8_t island_state(const island *me);
bool island_configure(island *me, const island_config *wish, uint32_t crc);

uint8_t pilot_classify(int32_t mv, uint8_t was);
void pilot_step(island *me);
uint8_t proximity_classify(uint8_t connector, uint32_t ohm);
void inputs_step(island *me);
bool debounce(island_debounced *me, bool value, uint32_t now, uint32_t hold);

void fault_set(island *me, uint8_t fault, bool there, int32_t first, int32_t second);
bool fault_clear(island *me, uint8_t fault, uint8_t occurrence);
void faults_unplugged(island *me);
uint32_t faults_held(const island *me);
uint8_t faults_opening(const island *me);

bool contactors_open(const island *me);
bool contactors_any(const island *me);
bool contactors_current_below(const island *me, int32_t ma);
void contactors_step(island *me);
void contactors_watch(island *me);
void lock_step(island *me);
void lock_watch(island *me);

bool limits_take(island *me, const island_limits *wish);
int16_t limits_hottest(const island *me);
void limits_step(island *me);
bool job_take(island *me, uint8_t what, uint8_t number);
void job_step(island *me);
uint8_t job_lock(const island *me, uint8_t wish);
bool update_take(island *me);
size_t message_next(island *me, uint8_t *body);

void host_step(island *me);
void host_frame(island *me, const uint8_t *body, size_t length);
void edge_add(island *me, uint8_t kind, uint8_t before, uint8_t after, uint32_t lasted);

#endif
