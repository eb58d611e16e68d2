/* A plug in memory for the island as a process: cable, lock, contactors, current.
 *
 * Whoever tests sets what the world does (`load 882`, `flow 100000`, `stuck 1`); the model answers
 * with what an island would measure.
 */
#ifndef PLUG_H
#define PLUG_H

#include "../core/island.h"

#define PLUG_DELAY 15u  /* ms from coil to feedback */
#define PLUG_MOTOR 300u /* ms of the lock's way */

typedef struct {
    int32_t load;     /* ohm between pilot and earth, 0: unplugged (station) */
    int32_t plugged;  /* a station hangs on the inlet (vehicle) */
    int32_t diode;    /* 0: shorted */
    int32_t duty;     /* of the station the vehicle hangs on, 0.01 %; 10000 steady, 0: F */
    int32_t high, low, forced; /* forced: these levels instead of the circuit's */
    int32_t ohm;      /* proximity; 0: short, -1: open */
    int32_t flow;     /* mA while closed */
    int32_t voltage;  /* mV behind the contactors */
    int32_t metered, stop, stuck, welded, jammed;
    int32_t warmth[ISLAND_SENSORS], quality[ISLAND_SENSORS];
    /* Its own memory. */
    uint8_t coils[PLUG_DELAY + 1u], lock;
    uint32_t motor_ms;
} plug_model;

void plug_start(plug_model *plug);
bool plug_set(plug_model *plug, const char *name, int32_t value);
void plug_measure(plug_model *plug, uint8_t role, const island_outputs *out, uint32_t passed,
                  island_inputs *in);

#endif
