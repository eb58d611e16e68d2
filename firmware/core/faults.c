/* Faults: which are there, which are held, how they open and what ends them. */
#include "island.h"

static uint32_t bit(uint8_t fault) { return (uint32_t)1u << fault; }

/* Held faults stand twice, the second time inverted; both change here only. */
static void hold(island *me, uint32_t faults) {
    me->latched |= faults;
    me->mirror &= ~faults;
}

static void release(island *me, uint32_t faults) {
    me->tell_faults |= me->latched & faults;
    me->latched &= ~faults;
    me->mirror |= faults;
}

void fault_set(island *me, uint8_t fault, bool there, int32_t first, int32_t second) {
    if (!there) {
        me->tell_faults |= me->active & bit(fault);
        me->active &= ~bit(fault);
        return;
    }
    if ((me->active & bit(fault)) == 0u) {
        me->tell_faults |= bit(fault);
        me->occurrence[fault]++;
        me->detail[fault][0] = first;
        me->detail[fault][1] = second;
    }
    me->active |= bit(fault);
    if (FAULTS[fault].ends != (uint8_t)ENDS_SELF) {
        hold(me, bit(fault));
    }
}

uint32_t faults_held(const island *me) { return me->active | me->latched; }

/* A host that saw another occurrence, or acts before the contactors are proved open, is refused. */
bool fault_clear(island *me, uint8_t fault, uint8_t occurrence) {
    if (fault >= (uint8_t)FAULT_COUNT || me->occurrence[fault] != occurrence) {
        return false;
    }
    if (FAULTS[fault].ends != (uint8_t)ENDS_CLEAR || (me->active & bit(fault)) != 0u) {
        return false;
    }
    bool returned = fault != (uint8_t)FAULT_HOST_LOST || me->host.greeted_since_lost;
    if (!contactors_open(me) || !returned) {
        return false;
    }
    release(me, bit(fault));
    return true;
}

void faults_unplugged(island *me) {
    for (uint8_t at = 0; at < (uint8_t)FAULT_COUNT; at++) {
        if (FAULTS[at].ends == (uint8_t)ENDS_UNPLUG) {
            release(me, bit(at) & ~me->active);
        }
    }
}

uint8_t faults_opening(const island *me) {
    uint8_t kind = island_station(me) ? me->config.power : 2u;
    uint32_t held = faults_held(me);
    uint8_t fastest = OPEN_COUNT;
    for (uint8_t at = 0; at < (uint8_t)FAULT_COUNT; at++) {
        if ((held & bit(at)) != 0u && FAULTS[at].open[kind] < fastest) {
            fastest = FAULTS[at].open[kind];
        }
    }
    return fastest;
}
