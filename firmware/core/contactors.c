/* Contactors: when they may close, how they open, and whether they did. */
#include "island.h"

bool contactors_any(const island *me) {
    for (size_t at = 0; at < ISLAND_CONTACTORS; at++) {
        if (me->contactor[at].coil != ISLAND_OFF) {
            return true;
        }
    }
    return false;
}

/* Proved by the feedback, not by what was ordered. */
bool contactors_open(const island *me) {
    for (size_t at = 0; at < ISLAND_CONTACTORS; at++) {
        const island_contactor *one = &me->contactor[at];
        if (one->coil != ISLAND_OFF || !one->confirmed || one->differs) {
            return false;
        }
    }
    return true;
}

bool contactors_current_below(const island *me, int32_t ma) {
    bool known = island_has(me, HAS_METERS) && me->in.metered;
    return known && me->in.current_ma < ma && me->in.current_ma > -ma;
}

static void switch_coil(island *me, island_contactor *one, uint8_t coil) {
    if (coil == ISLAND_ON) {
        me->counters.cycles++;
    } else if (!contactors_current_below(me, 1000)) {
        me->counters.under_load++;
    }
    one->coil = coil;
    one->switched = me->now;
    one->confirmed = one->differs = false;
}

static bool oscillates(const island *me) {
    if (island_station(me)) {
        return me->out.drive == (uint8_t)DRIVE_PWM;
    }
    return !me->pilot.missing_pwm;
}

static uint32_t inhibits(const island *me) {
    const island_pilot *pilot = &me->pilot;
    uint32_t why = 0;
    bool ready = pilot->action == (uint8_t)ACTION_CLOSE &&
                 island_passed(me->now, pilot->since, me->config.closing_ms);
    why |= me->configured && me->host.greeted ? 0u : (uint32_t)WHY_STATE;
    why |= ready ? 0u : (uint32_t)WHY_PILOT;
    why |= oscillates(me) ? 0u : (uint32_t)WHY_PWM;
    why |= !island_station(me) || pilot->proved ? 0u : (uint32_t)WHY_DIODE;
    why |= !island_has(me, HAS_LOCK) || me->in.lock == (uint8_t)LOCK_CLOSED ? 0u : (uint32_t)WHY_LOCK;
    bool fresh = me->host.alive && !island_passed(me->now, me->host.heard_at, me->host.valid_ms);
    why |= fresh ? 0u : (uint32_t)WHY_HOST;
    why |= faults_held(me) == 0u ? 0u : (uint32_t)WHY_FAULT;
    why |= !island_has(me, HAS_PROXIMITY) || me->plug == (uint8_t)PLUG_IN ? 0u : (uint32_t)WHY_PLUG;
    bool free = me->trip == (uint8_t)OPEN_COUNT && me->host.stop == (uint8_t)STOP_NONE;
    why |= free ? 0u : (uint32_t)WHY_OPENING;
    return why;
}

static bool permitted(const island *me, size_t at) {
    return me->host.alive && (((uint32_t)me->host.permit >> at) & 1u) != 0u;
}

static bool may_close(const island *me, size_t at, uint32_t why) {
    if (why != 0u || !permitted(me, at) || !me->contactor[at].armed) {
        return false;
    }
    if (at == 0u) {
        return true;
    }
    const island_contactor *first = &me->contactor[at - 1u];
    bool settled = first->coil != ISLAND_ON || island_passed(me->now, first->switched, RULE_ORDER_MS);
    return settled;
}

/* The oscillator off while closed: the vehicle has its time to leave C, and no more. */
static bool steady_too_long(island *me) {
    bool steady = contactors_any(me) && !oscillates(me);
    if (steady && !me->pilot.steady) {
        me->pilot.steady_since = me->now;
    }
    me->pilot.steady = steady;
    return steady && island_passed(me->now, me->pilot.steady_since, RULE_STEADY_MS);
}

static uint8_t wished(const island *me) {
    static const uint8_t STOPS[] = {OPEN_COUNT, OPEN_SOON, OPEN_BRIEF, OPEN_NOW};
    return STOPS[me->host.stop];
}

static uint8_t faster(uint8_t one, uint8_t other) { return one < other ? one : other; }

static uint8_t demanded(island *me) {
    uint8_t how = faster(faults_opening(me), wished(me));
    uint8_t action = me->pilot.action;
    if (action >= ACTION_OPEN && action < ACTION_FAULT) {
        how = faster(how, (uint8_t)(action - ACTION_OPEN));
    } else if (action != (uint8_t)ACTION_CLOSE) {
        how = OPEN_NOW;
    }
    return steady_too_long(me) ? (uint8_t)OPEN_NOW : how;
}

/* An opening once begun is never taken back, it only becomes faster. */
static void trip(island *me) {
    uint8_t how = demanded(me);
    if (!contactors_any(me)) {
        me->trip = OPEN_COUNT;
        return;
    }
    if (how < me->trip) {
        me->trip_since = me->trip == (uint8_t)OPEN_COUNT ? me->now : me->trip_since;
        me->trip = how;
    }
}

static bool due(const island *me, uint8_t how, uint32_t since) {
    return island_passed(me->now, since, OPENINGS[how].within) ||
           contactors_current_below(me, OPENINGS[how].current);
}

static void drive_one(island *me, size_t at, uint32_t why) {
    island_contactor *one = &me->contactor[at];
    bool tripped = me->trip != (uint8_t)OPEN_COUNT;
    if (tripped || (permitted(me, at) && (why & (uint32_t)WHY_FAULT) != 0u)) {
        one->armed = false; /* a permission that outlives a fault closes nothing */
    } else if (!permitted(me, at)) {
        one->armed = me->host.alive;
    }
    if (one->coil == ISLAND_OFF) {
        if (may_close(me, at, why)) {
            switch_coil(me, one, ISLAND_ON);
        }
        return;
    }
    /* A permission withdrawn for one contactor alone opens that one: the welding test. */
    bool withdrawn = !permitted(me, at);
    if ((tripped && due(me, me->trip, me->trip_since)) || (withdrawn && !tripped)) {
        switch_coil(me, one, ISLAND_OFF);
    }
}

static bool sane(const island *me) {
    for (size_t at = 0; at < ISLAND_CONTACTORS; at++) {
        uint8_t coil = me->contactor[at].coil;
        if (coil != ISLAND_ON && coil != ISLAND_OFF) {
            return false;
        }
    }
    return me->mirror == ~me->latched;
}

static void check_memory(island *me) {
    if (sane(me)) {
        return;
    }
    fault_set(me, FAULT_MEMORY, true, me->contactor[0].coil, me->contactor[1].coil);
    me->mirror = ~me->latched; /* the damage is told once; only a restart ends it */
    for (size_t at = 0; at < ISLAND_CONTACTORS; at++) {
        switch_coil(me, &me->contactor[at], ISLAND_OFF);
    }
}

void contactors_step(island *me) {
    check_memory(me);
    trip(me);
    uint32_t why = inhibits(me);
    uint8_t coils = 0;
    for (size_t at = 0; at < ISLAND_CONTACTORS; at++) {
        drive_one(me, at, why);
        if (me->contactor[at].coil == ISLAND_ON) {
            coils = (uint8_t)(coils | (1u << at));
        }
    }
    bool armed = me->contactor[0].armed || me->contactor[1].armed;
    why |= me->host.alive && me->host.permit != 0u ? 0u : (uint32_t)WHY_PERMIT;
    why |= armed ? 0u : (uint32_t)WHY_ARMED;
    me->inhibit = (me->inhibit & (uint32_t)WHY_UNLOCK) | why;
    me->out.contactors = coils;
    me->out.stop_line = me->trip != (uint8_t)OPEN_COUNT || faults_held(me) != 0u;
}

static uint8_t deviation(const island_contactor *one) {
    if (one->confirmed) {
        return FAULT_CONTACTOR_MOVED;
    }
    return one->coil == ISLAND_ON ? FAULT_CONTACTOR_STUCK : FAULT_CONTACTOR_WELDED;
}

void contactors_watch(island *me) {
    uint32_t there = 0;
    for (size_t at = 0; at < ISLAND_CONTACTORS; at++) {
        island_contactor *one = &me->contactor[at];
        bool closed = (((uint32_t)me->in.feedback >> at) & 1u) != 0u;
        if (closed == (one->coil == ISLAND_ON)) {
            one->confirmed = true;
            one->differs = false;
            continue;
        }
        if (!one->differs) {
            one->differs = true;
            one->differs_since = me->now;
        }
        uint32_t limit = one->confirmed ? RULE_INPUT_MS : me->config.feedback_ms;
        if (island_passed(me->now, one->differs_since, limit)) {
            one->differs_since = me->now - limit;
            there |= (uint32_t)1u << deviation(one);
        }
    }
    static const uint8_t TOLD[] = {FAULT_CONTACTOR_STUCK, FAULT_CONTACTOR_WELDED,
                                   FAULT_CONTACTOR_MOVED};
    for (size_t at = 0; at < sizeof TOLD; at++) {
        bool now = ((there >> TOLD[at]) & 1u) != 0u;
        fault_set(me, TOLD[at], now, me->out.contactors, me->in.feedback);
    }
}
