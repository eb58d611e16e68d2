/* One step: inputs and the host's wishes into outputs, always in the same order. */
#include "island.h"

/* Everything off, as a restart leaves it: pilot F, resistor B, lock as it is. */
static void rest(island *me) {
    me->out = (island_outputs){.drive = DRIVE_F, .show = SHOW_B, .duty = 0};
}

void island_start(island *me, uint32_t entropy, uint8_t reset_reason) {
    *me = (island){0};
    me->host.entropy = entropy;
    me->reset_reason = reset_reason;
    me->mirror = ~me->latched;
    me->trip = OPEN_COUNT;
    me->plug_candidate = me->plug = PLUG_NONE;
    for (size_t at = 0; at < ISLAND_CONTACTORS; at++) {
        me->contactor[at].coil = ISLAND_OFF;
    }
    rest(me);
}

uint8_t island_state(const island *me) {
    if (me->updating) {
        return STATE_UPDATE;
    }
    if (!me->configured || !me->host.greeted) {
        return STATE_INIT;
    }
    if (contactors_any(me)) {
        return STATE_CLOSED;
    }
    return faults_held(me) != 0u ? STATE_SAFE : STATE_READY;
}

static bool in(uint16_t value, uint16_t least, uint16_t most) {
    return value >= least && value <= most;
}

static bool sound(const island_config *wish) {
    bool kinds = wish->role <= ROLE_VEHICLE && wish->power <= POWER_DC &&
                 wish->connector <= CONNECTOR_TYPE2 && wish->has <= HAS_ALL &&
                 wish->sensors <= ISLAND_SENSORS;
    bool times = in(wish->link_ms, 200, 1000) && in(wish->valid_ms, 50, 300) &&
                 in(wish->closing_ms, 100, 2000) && in(wish->feedback_ms, 20, 1000) &&
                 in(wish->lock_ms, 100, 10000) && in(wish->loop_ms, 2, 1000);
    bool limits = in(wish->most_duty, 500, 9700) && wish->hottest >= -400 && wish->hottest <= 2000;
    return kinds && times && limits;
}

/* No defaults: what is not sound is refused as a whole.  Held faults stay. */
bool island_configure(island *me, const island_config *wish, uint32_t crc) {
    if (contactors_any(me) || !sound(wish)) {
        return false;
    }
    if (!me->configured || crc != me->config_crc) {
        me->config = *wish;
        me->config_crc = crc;
        me->configured = true;
        me->pilot = (island_pilot){.since = me->now, .missing_pwm = true};
        me->pilot.missing_since = me->now - RULE_PWM_LOST_MS;
    }
    return true;
}

/* Steps too far apart: no deadline was kept meanwhile. */
static void watch_loop(island *me, uint32_t now) {
    uint32_t gap = me->begun ? (uint32_t)(now - me->now) : 0u;
    me->begun = true;
    me->now = now;
    me->uptime += gap;
    if (gap > me->counters.worst_loop) {
        me->counters.worst_loop = gap > UINT16_MAX ? (uint16_t)UINT16_MAX : (uint16_t)gap;
    }
    bool late = me->configured && gap > me->config.loop_ms && contactors_any(me);
    fault_set(me, FAULT_LATE_LOOP, late, (int32_t)gap, me->config.loop_ms);
}

static uint8_t ordered(const island *me) {
    uint8_t drive = me->host.alive ? me->host.drive : (uint8_t)DRIVE_F;
    for (uint8_t fault = 0; fault < (uint8_t)FAULT_COUNT; fault++) {
        if ((faults_held(me) & ((uint32_t)1u << fault)) == 0u) {
            continue;
        }
        if (FAULTS[fault].drive == (uint8_t)MEANS_F) {
            return DRIVE_F;
        }
        if (FAULTS[fault].drive == (uint8_t)MEANS_X1 &&
            (drive == (uint8_t)DRIVE_PWM || (fault == (uint8_t)FAULT_HOST_LOST && !me->host.alive))) {
            drive = DRIVE_X1;
        }
    }
    return drive;
}

static void drive_station(island *me) {
    uint8_t drive = ordered(me);
    uint16_t duty = 0;
    if (drive == (uint8_t)DRIVE_PWM) {
        duty = me->host.duty < me->config.most_duty ? me->host.duty : me->config.most_duty;
        drive = duty >= 300u ? (uint8_t)DRIVE_PWM : (uint8_t)DRIVE_X1;
    }
    me->out.drive = drive;
    me->out.duty = drive == (uint8_t)DRIVE_PWM ? duty : 10000u;
    me->out.show = SHOW_B;
}

static void show_vehicle(island *me) {
    bool may = me->host.alive && me->trip == (uint8_t)OPEN_COUNT && faults_held(me) == 0u;
    me->out.show = may ? me->host.show : (uint8_t)SHOW_B;
    me->out.drive = DRIVE_F;
    me->out.duty = 0;
}

/* A change of any of these is told at once. */
static void notice(island *me) {
    uint32_t seen = island_state(me);
    const uint32_t parts[] = {me->pilot.state, me->out.drive,  me->out.show, me->out.contactors,
                              me->in.feedback, me->in.lock,    me->plug,     me->active,
                              me->latched,     me->out.stop_line};
    for (size_t at = 0; at < sizeof parts / sizeof parts[0]; at++) {
        seen = (seen ^ parts[at]) * 0x01000193u + 1u;
    }
    if (seen != me->told) {
        me->told = seen;
        me->tell_status = true;
    }
}

void island_step(island *me, const island_inputs *in, uint32_t now, island_outputs *out) {
    watch_loop(me, now);
    me->in = *in;
    if (!me->configured || me->updating) {
        rest(me);
        me->out.update = me->updating;
        *out = me->out;
        return;
    }
    host_step(me);
    pilot_step(me);
    inputs_step(me);
    contactors_watch(me);
    lock_watch(me);
    contactors_step(me);
    job_step(me);
    lock_step(me);
    if (island_station(me)) {
        drive_station(me);
    } else {
        show_vehicle(me);
    }
    notice(me);
    *out = me->out;
}
