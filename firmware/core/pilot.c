/* The control pilot: from two half waves to a state, by the rules of the table. */
#include "island.h"

uint8_t pilot_classify(int32_t mv, uint8_t was) {
    size_t at = 0;
    while (at + 1u < PILOT_LEVEL_COUNT && mv <= PILOT_LEVELS[at].above) {
        at++;
    }
    const pilot_level *row = &PILOT_LEVELS[at];
    return ((row->was >> was) & 1u) != 0u ? row->then : row->otherwise;
}

static uint8_t reading(const island *me) {
    if (island_station(me) && me->out.drive == (uint8_t)DRIVE_F) {
        return PILOT_F; /* what we drive ourselves is not measured */
    }
    if (island_station(me) && me->out.drive == (uint8_t)DRIVE_E) {
        return PILOT_E;
    }
    uint8_t seen = pilot_classify(me->in.high_mv, me->pilot.state);
    bool unplugged = island_has(me, HAS_PROXIMITY) && me->plug == (uint8_t)PLUG_NONE;
    if (!island_station(me) && unplugged && seen == (uint8_t)PILOT_E) {
        return PILOT_A; /* a vehicle's open inlet carries no voltage */
    }
    return seen;
}

static bool driven(const island *me, uint8_t state) {
    return island_station(me) && ((state == (uint8_t)PILOT_F && me->out.drive == (uint8_t)DRIVE_F) ||
                                  (state == (uint8_t)PILOT_E && me->out.drive == (uint8_t)DRIVE_E));
}

static void enter(island *me, uint8_t state) {
    island_pilot *pilot = &me->pilot;
    const pilot_row *row = &PILOT_ROWS[pilot->state][state];
    edge_add(me, EDGE_PILOT, pilot->state, state, me->now - pilot->since);
    pilot->action = driven(me, state) ? (uint8_t)ACTION_KEEP : row->action[me->config.role];
    pilot->state = state;
    pilot->since = me->now;
}

static void follow(island *me) {
    island_pilot *pilot = &me->pilot;
    bool ours = driven(me, pilot->state);
    if (pilot->ours && !ours) { /* what was not measured is no ground to judge by */
        pilot->state = PILOT_UNKNOWN;
        pilot->candidate = PILOT_UNKNOWN;
        pilot->since = me->now;
    }
    uint8_t seen = reading(me);
    if (seen != pilot->candidate) {
        pilot->candidate = seen;
        pilot->candidate_since = me->now;
    }
    if (seen != pilot->state &&
        island_passed(me->now, pilot->candidate_since, PILOT_ROWS[pilot->state][seen].hold)) {
        enter(me, seen);
    }
    pilot->ours = driven(me, pilot->state);
}

static bool loaded(uint8_t state) {
    return state == (uint8_t)PILOT_B || state == (uint8_t)PILOT_C || state == (uint8_t)PILOT_D;
}

/* A station knows its own oscillator; a vehicle measures one, if it measures that half at all. */
static bool both_halves(const island *me) {
    if (island_station(me)) {
        return me->out.drive == (uint8_t)DRIVE_PWM;
    }
    return island_has(me, HAS_NEGATIVE) && !me->pilot.missing_pwm && me->in.duty < 10000u;
}

/* Only an oscillating pilot with a vehicle on it shows the diode. */
static void judge_diode(island *me) {
    island_pilot *pilot = &me->pilot;
    if (pilot->state == (uint8_t)PILOT_A) {
        pilot->proved = pilot->shorted = false;
    }
    bool shows = both_halves(me) && loaded(pilot->state);
    if (shows && me->in.low_mv <= RULE_DIODE_PROVED_MV) {
        pilot->proved = true;
    }
    bool doubt = shows && me->in.low_mv > RULE_DIODE_SHORT_MV;
    if (doubt && !pilot->doubted) {
        pilot->doubted_since = me->now;
    }
    pilot->doubted = doubt;
    if (doubt && island_passed(me->now, pilot->doubted_since, RULE_DIODE_MS)) {
        pilot->shorted = true;
        pilot->proved = false;
    }
    fault_set(me, FAULT_DIODE_SHORT, pilot->shorted, me->in.high_mv, me->in.low_mv);
}

/* The vehicle measures the oscillator, the station knows its own. */
static void watch_oscillator(island *me) {
    island_pilot *pilot = &me->pilot;
    const island_inputs *in = &me->in;
    bool there = in->duty >= 300u && in->duty <= 9700u && in->frequency_hz >= 950u &&
                 in->frequency_hz <= 1050u;
    if (there) {
        pilot->missing_since = me->now;
    }
    pilot->missing_pwm = island_passed(me->now, pilot->missing_since, RULE_PWM_LOST_MS);
    if (pilot->missing_pwm) { /* so that the counter's wrap brings nothing back */
        pilot->missing_since = me->now - RULE_PWM_LOST_MS;
    }
    bool needed = contactors_any(me) && pilot->missing_pwm;
    fault_set(me, FAULT_PWM_LOST, needed, in->duty, in->frequency_hz);
}

static void tell_faults(island *me) {
    const island_pilot *pilot = &me->pilot;
    bool ventilated = island_has(me, HAS_VENTILATION) && me->host.ventilation;
    bool missing = island_station(me) && pilot->state == (uint8_t)PILOT_D && !ventilated;
    fault_set(me, FAULT_VENTILATION_MISSING, missing, me->in.high_mv, me->in.low_mv);
    static const uint8_t TOLD[] = {FAULT_PILOT_FAULT, FAULT_PILOT_SHORT, FAULT_STATION_FAULT};
    for (size_t at = 0; at < sizeof TOLD; at++) {
        bool there = pilot->action == ACTION_FAULT + TOLD[at];
        fault_set(me, TOLD[at], there, me->in.high_mv, me->in.low_mv);
    }
}

void pilot_step(island *me) {
    follow(me);
    if (!island_station(me)) {
        watch_oscillator(me);
    }
    judge_diode(me);
    tell_faults(me);
    if (me->pilot.state == (uint8_t)PILOT_A) {
        faults_unplugged(me);
    }
}
