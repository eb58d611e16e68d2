/* Stop loop, temperature and proximity contact: debounced and turned into faults. */
#include "island.h"

bool debounce(island_debounced *me, bool value, uint32_t now, uint32_t hold) {
    if (value != me->candidate) {
        me->candidate = value;
        me->since = now;
    }
    if (me->candidate != me->value && island_passed(now, me->since, hold)) {
        me->value = me->candidate;
    }
    return me->value;
}

uint8_t proximity_classify(uint8_t connector, uint32_t ohm) {
    const proximity_band *bands = PROXIMITY[connector];
    if (ohm < bands[0].low) {
        return PLUG_SHORT;
    }
    for (size_t at = 0; at < PROXIMITY_BANDS; at++) {
        if (ohm >= bands[at].low && ohm < bands[at].high) {
            return bands[at].button != 0u ? PLUG_BUTTON : PLUG_IN;
        }
    }
    return PLUG_NONE;
}

static void watch_stop(island *me) {
    bool before = me->stop.value;
    bool pressed = debounce(&me->stop, !me->in.stop_ok, me->now, RULE_INPUT_MS);
    if (pressed != before) {
        edge_add(me, EDGE_STOP, before ? 1u : 0u, pressed ? 1u : 0u, 0);
    }
    fault_set(me, FAULT_STOP_INPUT, pressed, 0, 0);
}

static void watch_temperature(island *me) {
    bool broken = false;
    int16_t warmest = INT16_MIN;
    for (size_t at = 0; at < me->config.sensors; at++) {
        if (me->in.quality[at] != (uint8_t)SENSOR_OK) {
            broken = true;
        } else if (me->in.temperature[at] > warmest) {
            warmest = me->in.temperature[at];
        }
    }
    bool hot = debounce(&me->hot, warmest > limits_hottest(me), me->now, RULE_WARM_MS);
    fault_set(me, FAULT_TEMPERATURE, hot, warmest, limits_hottest(me));
    fault_set(me, FAULT_TEMPERATURE_SENSOR, broken, me->in.quality[0], me->in.quality[1]);
}

/* A vehicle hangs on the pilot, and for so long that the other contact must have settled too. */
static bool settled(island *me) {
    uint8_t pilot = me->pilot.state;
    bool connected = pilot == (uint8_t)PILOT_B || pilot == (uint8_t)PILOT_C ||
                     pilot == (uint8_t)PILOT_D;
    if (!connected) {
        me->plugged_since = me->now;
        me->plug_settled = false;
    }
    me->plug_settled = me->plug_settled || island_passed(me->now, me->plugged_since, RULE_SETTLE_MS);
    return me->plug_settled;
}

static void watch_proximity(island *me) {
    if (!island_has(me, HAS_PROXIMITY)) {
        return;
    }
    uint8_t seen = proximity_classify(me->config.connector, me->in.proximity_ohm);
    if (seen != me->plug_candidate) {
        me->plug_candidate = seen;
        me->plug_since = me->now;
    }
    if (seen != me->plug && island_passed(me->now, me->plug_since, RULE_INPUT_MS)) {
        edge_add(me, EDGE_PROXIMITY, me->plug, seen, 0);
        me->plug = seen;
    }
    uint8_t pilot = me->pilot.state;
    int32_t ohm = me->in.proximity_ohm > 65535u ? 65535 : (int32_t)me->in.proximity_ohm;
    bool lost = settled(me) && me->plug == (uint8_t)PLUG_NONE;
    fault_set(me, FAULT_PROXIMITY_LOST, lost, ohm, pilot);
    fault_set(me, FAULT_PROXIMITY_SHORT, me->plug == (uint8_t)PLUG_SHORT, ohm, pilot);
    fault_set(me, FAULT_BUTTON, me->plug == (uint8_t)PLUG_BUTTON, ohm, pilot);
}

void inputs_step(island *me) {
    watch_stop(me);
    watch_temperature(me);
    watch_proximity(me);
    limits_step(me);
}
