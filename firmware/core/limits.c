/* Limits of voltage, current and heat: the host may narrow them while energy flows, never widen. */
#include "island.h"

/* 0 is no limit. */
static bool narrower(int32_t wish, int32_t now) {
    return now == 0 || (wish != 0 && wish <= now);
}

static bool sound(const island *me, const island_limits *wish) {
    return wish->emergency_mv >= 0 && wish->error_mv >= 0 && wish->trip_ma >= 0 &&
           wish->hottest >= -400 && wish->hottest <= me->config.hottest;
}

/* Taken as a whole or not at all. */
bool limits_take(island *me, const island_limits *wish) {
    const island_limits *now = &me->limits;
    bool within = narrower(wish->emergency_mv, now->emergency_mv) &&
                  narrower(wish->error_mv, now->error_mv) &&
                  narrower(wish->trip_ma, now->trip_ma) && wish->hottest <= limits_hottest(me);
    if (!me->configured || !sound(me, wish) || (contactors_any(me) && !within)) {
        return false;
    }
    me->limits = *wish;
    me->limited = true;
    return true;
}

int16_t limits_hottest(const island *me) {
    return me->limited ? me->limits.hottest : me->config.hottest;
}

static void watch(island *me, uint8_t fault, int32_t value, int32_t limit, uint32_t hold) {
    bool known = island_has(me, HAS_METERS) && me->in.metered && limit != 0;
    bool above = known && (value > limit || value < -limit);
    island_debounced *one = &me->over[fault - (uint8_t)FAULT_OVERVOLTAGE];
    fault_set(me, fault, debounce(one, above, me->now, hold), value, limit);
}

void limits_step(island *me) {
    const island_limits *now = &me->limits;
    watch(me, FAULT_OVERVOLTAGE, me->in.voltage_mv, now->emergency_mv, RULE_OVERVOLTAGE_MS);
    watch(me, FAULT_VOLTAGE_HIGH, me->in.voltage_mv, now->error_mv, RULE_VOLTAGE_HIGH_MS);
    watch(me, FAULT_OVERCURRENT, me->in.current_ma, now->trip_ma, RULE_OVERCURRENT_MS);
}
