/* The lock: closed when wished, opened only with proof that nothing lives behind it. */
#include "island.h"

static bool may_open(const island *me) {
    if (!contactors_open(me) || (faults_held(me) & ((uint32_t)1u << FAULT_CONTACTOR_WELDED)) != 0u) {
        return false;
    }
    if (!island_has(me, HAS_METERS)) {
        return true;
    }
    bool dead = me->in.voltage_mv <= 60000 && me->in.voltage_mv >= -60000;
    return me->in.metered && dead && contactors_current_below(me, 1001);
}

static uint8_t wanted(island *me) {
    uint8_t wish = job_lock(me, me->host.alive ? me->host.lock : (uint8_t)WISH_KEEP);
    me->inhibit &= ~(uint32_t)WHY_UNLOCK;
    if (wish == (uint8_t)WISH_OPEN && me->in.lock != (uint8_t)LOCK_OPEN) {
        if (may_open(me)) {
            return MOTOR_OPEN;
        }
        me->inhibit |= (uint32_t)WHY_UNLOCK;
    }
    if (wish == (uint8_t)WISH_CLOSE && me->in.lock != (uint8_t)LOCK_CLOSED) {
        return MOTOR_CLOSE;
    }
    return MOTOR_OFF;
}

/* The motor runs for its time once; a new wish lets it try again. */
void lock_step(island *me) {
    uint8_t motor = island_has(me, HAS_LOCK) ? wanted(me) : (uint8_t)MOTOR_OFF;
    if (motor != me->lock_motor) {
        me->lock_motor = motor;
        me->lock_since = me->now;
        me->lock_tired = false;
    }
    if (motor != (uint8_t)MOTOR_OFF && island_passed(me->now, me->lock_since, me->config.lock_ms)) {
        me->lock_tired = true;
    }
    fault_set(me, FAULT_LOCK_STUCK, me->lock_tired, me->lock_motor, me->in.lock);
    me->out.motor = me->lock_tired ? (uint8_t)MOTOR_OFF : motor;
}

void lock_watch(island *me) {
    bool gone = island_has(me, HAS_LOCK) && contactors_any(me) &&
                me->in.lock != (uint8_t)LOCK_CLOSED;
    if (gone && !me->lock_gone) {
        me->lock_gone_since = me->now;
    }
    me->lock_gone = gone;
    bool lost = gone && island_passed(me->now, me->lock_gone_since, RULE_INPUT_MS);
    fault_set(me, FAULT_LOCK_LOST, lost, me->in.lock, me->out.motor);
}
