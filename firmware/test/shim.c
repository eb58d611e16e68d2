/* For tests only: what a test cannot know of the structs, and damage on purpose. */
#include "../core/frame.h"
#include "../core/island.h"
#include "../core/messages.h"

size_t shim_size(uint8_t of) {
    static const size_t SIZES[] = {sizeof(island), sizeof(island_inputs), sizeof(island_outputs)};
    return SIZES[of];
}

void shim_damage(island *me, uint8_t how) {
    if (how == 0u) {
        me->contactor[0].coil = 0;
    } else {
        me->latched ^= 1u << 3;
    }
}

/* The state of the pilot rules alone: state, action, faults there, faults held. */
void shim_pilot(const island *me, uint32_t *to) {
    to[0] = me->pilot.state;
    to[1] = me->pilot.action;
    to[2] = me->active;
    to[3] = me->latched;
    to[4] = me->inhibit;
    to[5] = me->trip;
    to[6] = me->plug;
    to[7] = me->counters.worst_loop;
    to[8] = me->host.fold;
    to[9] = island_state(me);
}
