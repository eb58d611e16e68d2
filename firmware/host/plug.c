/* The circuit of the pilot in mV, and things that move in their time. */
#include "plug.h"

#include <string.h>

enum { SUPPLY = 12000, SERIES = 1000, DROP = 700 };

void plug_start(plug_model *plug) {
    *plug = (plug_model){.diode = 1, .ohm = -1, .metered = 1, .stop = 1, .duty = 500};
    plug->lock = LOCK_OPEN;
    for (size_t at = 0; at < ISLAND_SENSORS; at++) {
        plug->warmth[at] = 250;
        plug->quality[at] = SENSOR_OK;
    }
}

bool plug_set(plug_model *plug, const char *name, int32_t value) {
    const struct {
        const char *name;
        int32_t *at;
    } known[] = {{"load", &plug->load},         {"plugged", &plug->plugged},
                 {"diode", &plug->diode},       {"duty", &plug->duty},
                 {"high", &plug->high},         {"low", &plug->low},
                 {"forced", &plug->forced},     {"ohm", &plug->ohm},
                 {"flow", &plug->flow},         {"voltage", &plug->voltage},
                 {"metered", &plug->metered},   {"stop", &plug->stop},
                 {"stuck", &plug->stuck},       {"welded", &plug->welded},
                 {"jammed", &plug->jammed},     {"warmth", &plug->warmth[0]},
                 {"warmth2", &plug->warmth[1]}, {"quality", &plug->quality[0]},
                 {"quality2", &plug->quality[1]}};
    for (size_t at = 0; at < sizeof known / sizeof known[0]; at++) {
        if (strcmp(name, known[at].name) == 0) {
            *known[at].at = value;
            return true;
        }
    }
    return false;
}

static int32_t divided(int32_t volts, int32_t load) {
    return (int32_t)((int64_t)volts * load / (load + SERIES));
}

static void circuit(const plug_model *plug, uint8_t drive, int32_t load, bool steady,
                    island_inputs *in) {
    int32_t high = SUPPLY;
    int32_t low = -SUPPLY;
    if (load > 0) {
        high = plug->diode != 0 ? divided(SUPPLY - DROP, load) + DROP : divided(SUPPLY, load);
        low = plug->diode != 0 ? -SUPPLY : divided(-SUPPLY, load);
    }
    if (drive == (uint8_t)DRIVE_E) {
        high = low = 0;
    }
    in->high_mv = drive == (uint8_t)DRIVE_F ? low : high;
    in->low_mv = steady && drive != (uint8_t)DRIVE_F ? high : low;
    if (plug->forced != 0) {
        in->high_mv = plug->high;
        in->low_mv = plug->low;
    }
}

static void pilot(const plug_model *plug, uint8_t role, const island_outputs *out,
                  island_inputs *in) {
    if (role == (uint8_t)ROLE_STATION) {
        bool steady = out->drive != (uint8_t)DRIVE_PWM;
        in->duty = out->duty;
        in->frequency_hz = steady ? 0 : 1000;
        circuit(plug, out->drive, plug->load, steady, in);
        return;
    }
    static const int32_t SHOWN[] = {2740, 882, 246};
    bool steady = plug->duty >= 10000 || plug->duty == 0 || plug->plugged == 0;
    in->duty = steady ? 10000 : (uint16_t)plug->duty;
    in->frequency_hz = steady ? 0 : 1000;
    circuit(plug, plug->duty == 0 ? DRIVE_F : DRIVE_PWM, SHOWN[out->show], steady, in);
    if (plug->plugged == 0 && plug->forced == 0) {
        in->high_mv = in->low_mv = 0;
    }
}

static void move_lock(plug_model *plug, uint8_t motor, uint32_t passed) {
    plug->motor_ms = motor == (uint8_t)MOTOR_OFF ? 0u : plug->motor_ms + passed;
    if (plug->motor_ms >= PLUG_MOTOR && plug->jammed == 0) {
        plug->lock = motor == (uint8_t)MOTOR_OPEN ? LOCK_OPEN : LOCK_CLOSED;
    }
}

static uint8_t follow_coils(plug_model *plug, uint8_t coils, uint32_t passed) {
    for (uint32_t ms = passed > PLUG_DELAY ? PLUG_DELAY : passed; ms > 0u; ms--) {
        memmove(plug->coils + 1, plug->coils, PLUG_DELAY);
        plug->coils[0] = coils;
    }
    uint32_t closed = plug->coils[PLUG_DELAY];
    return (uint8_t)((closed & ~(uint32_t)plug->stuck) | (uint32_t)plug->welded);
}

void plug_measure(plug_model *plug, uint8_t role, const island_outputs *out, uint32_t passed,
                  island_inputs *in) {
    pilot(plug, role, out, in);
    move_lock(plug, out->motor, passed);
    in->lock = plug->lock;
    in->feedback = follow_coils(plug, out->contactors, passed);
    in->proximity_ohm = plug->ohm < 0 ? UINT32_MAX : (uint32_t)plug->ohm;
    in->current_ma = in->feedback != 0u ? plug->flow : 0;
    in->voltage_mv = plug->voltage;
    in->metered = plug->metered != 0;
    in->stop_ok = plug->stop != 0;
    for (size_t at = 0; at < ISLAND_SENSORS; at++) {
        in->temperature[at] = (int16_t)plug->warmth[at];
        in->quality[at] = (uint8_t)plug->quality[at];
    }
}
