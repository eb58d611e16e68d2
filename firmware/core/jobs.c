/* What the host may have done at an empty plug: try the lock, ask the feedback, change the program. */
#include "island.h"

static bool idle(const island *me) {
    return me->configured && !contactors_any(me) && me->pilot.state == (uint8_t)PILOT_A;
}

static void finish(island *me, uint8_t result) {
    me->job.running = false;
    me->job.result = result;
    me->tell_job = true;
}

/* One at a time; false: another is under way, and this one is not even answered. */
bool job_take(island *me, uint8_t what, uint8_t number) {
    if (me->job.running) {
        return false;
    }
    me->job = (island_job){.what = what, .number = number, .running = true, .since = me->now};
    bool known = what == (uint8_t)JOB_CONTACTORS ||
                 (what == (uint8_t)JOB_LOCK && island_has(me, HAS_LOCK));
    if (!known || !idle(me)) {
        finish(me, JOB_REFUSED);
    } else if (what == (uint8_t)JOB_CONTACTORS) {
        finish(me, contactors_open(me) ? (uint8_t)JOB_DONE : (uint8_t)JOB_FAILED);
    }
    return true;
}

/* The lock closes and opens again, each within its time; a plug that comes ends it. */
void job_step(island *me) {
    if (!me->job.running) {
        return;
    }
    if (!idle(me) || island_passed(me->now, me->job.since, me->config.lock_ms)) {
        finish(me, JOB_FAILED);
    } else if (!me->job.back && me->in.lock == (uint8_t)LOCK_CLOSED) {
        me->job.back = true;
        me->job.since = me->now;
    } else if (me->job.back && me->in.lock == (uint8_t)LOCK_OPEN) {
        finish(me, JOB_DONE);
    }
}

uint8_t job_lock(const island *me, uint8_t wish) {
    if (!me->job.running) {
        return wish;
    }
    return me->job.back ? (uint8_t)WISH_OPEN : (uint8_t)WISH_CLOSE;
}

/* From here on only a restart leads back; what a port does with it is the port's affair. */
bool update_take(island *me) {
    bool may = idle(me) && contactors_open(me);
    me->updating = me->updating || may;
    me->tell_update = true;
    return may;
}
