/* The rules of the plug; made by `python -m tools.island table` from firmware/pilot_table.yaml. */
#ifndef PILOT_TABLE_H
#define PILOT_TABLE_H

#include <stdint.h>

enum {
    PILOT_UNKNOWN = 0,
    PILOT_A = 1,
    PILOT_B = 2,
    PILOT_C = 3,
    PILOT_D = 4,
    PILOT_E = 5,
    PILOT_F = 6,
    PILOT_FAULT = 7,
};
#define PILOT_COUNT 8

enum {
    OPEN_NOW = 0,
    OPEN_BRIEF = 1,
    OPEN_SOON = 2,
    OPEN_LATE = 3,
};
#define OPEN_COUNT 4

enum {
    FAULT_HOST_LOST = 0,
    FAULT_PILOT_FAULT = 1,
    FAULT_PILOT_SHORT = 2,
    FAULT_DIODE_SHORT = 3,
    FAULT_STATION_FAULT = 4,
    FAULT_VENTILATION_MISSING = 5,
    FAULT_PWM_LOST = 6,
    FAULT_PROXIMITY_LOST = 7,
    FAULT_PROXIMITY_SHORT = 8,
    FAULT_BUTTON = 9,
    FAULT_STOP_INPUT = 10,
    FAULT_TEMPERATURE = 11,
    FAULT_TEMPERATURE_SENSOR = 12,
    FAULT_CONTACTOR_STUCK = 13,
    FAULT_CONTACTOR_WELDED = 14,
    FAULT_CONTACTOR_MOVED = 15,
    FAULT_LOCK_LOST = 16,
    FAULT_LOCK_STUCK = 17,
    FAULT_LATE_LOOP = 18,
    FAULT_MEMORY = 19,
    FAULT_OVERVOLTAGE = 20,
    FAULT_VOLTAGE_HIGH = 21,
    FAULT_OVERCURRENT = 22,
};
#define FAULT_COUNT 23

enum {
    ENDS_SELF = 0,
    ENDS_UNPLUG = 1,
    ENDS_CLEAR = 2,
    ENDS_RESET = 3,
};
#define ENDS_COUNT 4

enum {
    MEANS_KEEP = 0,
    MEANS_X1 = 1,
    MEANS_F = 2,
};
#define MEANS_COUNT 3

enum {
    ACTION_KEEP = 0,
    ACTION_CLOSE = 1,
};
#define ACTION_COUNT 2

#define ACTION_OPEN 2
#define ACTION_FAULT 6

#define RULE_INPUT_MS 10u
#define RULE_SETTLE_MS 500u
#define RULE_ORDER_MS 50u
#define RULE_PWM_LOST_MS 90u
#define RULE_STEADY_MS 6000u
#define RULE_OVERVOLTAGE_MS 9u
#define RULE_VOLTAGE_HIGH_MS 400u
#define RULE_OVERCURRENT_MS 100u
#define RULE_WARM_MS 1000u
#define RULE_DIODE_PROVED_MV (-11000)
#define RULE_DIODE_SHORT_MV (-10000)
#define RULE_DIODE_MS 20u

typedef struct { int32_t above; uint8_t was, then, otherwise; } pilot_level;
typedef struct { uint8_t hold, action[2]; } pilot_row;
typedef struct { uint16_t within; int32_t current; } opening_rule;
typedef struct { uint8_t open[3], ends, drive; } fault_rule;
typedef struct { uint16_t low, high; uint8_t current, button; } proximity_band;

static const pilot_level PILOT_LEVELS[] = {
    {13000, 0x00, PILOT_FAULT, PILOT_FAULT},
    {11000, 0x00, PILOT_A, PILOT_A},
    {10000, 0x02, PILOT_A, PILOT_B},
    {8000, 0x00, PILOT_B, PILOT_B},
    {7000, 0x06, PILOT_B, PILOT_C},
    {5000, 0x00, PILOT_C, PILOT_C},
    {4000, 0x0e, PILOT_C, PILOT_D},
    {2000, 0x00, PILOT_D, PILOT_D},
    {-1000, 0x00, PILOT_E, PILOT_E},
    {-2000, 0x3e, PILOT_E, PILOT_FAULT},
    {-10000, 0x00, PILOT_FAULT, PILOT_FAULT},
    {-11000, 0x40, PILOT_F, PILOT_FAULT},
    {-13000, 0x00, PILOT_F, PILOT_F},
    {INT32_MIN, 0x00, PILOT_FAULT, PILOT_FAULT},
};
#define PILOT_LEVEL_COUNT (sizeof PILOT_LEVELS / sizeof PILOT_LEVELS[0])

static const pilot_row PILOT_ROWS[PILOT_COUNT][PILOT_COUNT] = {
    [PILOT_UNKNOWN][PILOT_A] = {10, {0, 0}},
    [PILOT_UNKNOWN][PILOT_B] = {10, {0, 0}},
    [PILOT_UNKNOWN][PILOT_C] = {10, {1, 1}},
    [PILOT_UNKNOWN][PILOT_D] = {10, {1, 1}},
    [PILOT_UNKNOWN][PILOT_E] = {20, {8, 10}},
    [PILOT_UNKNOWN][PILOT_F] = {20, {7, 10}},
    [PILOT_UNKNOWN][PILOT_FAULT] = {20, {7, 7}},
    [PILOT_A][PILOT_B] = {20, {0, 0}},
    [PILOT_A][PILOT_C] = {10, {1, 1}},
    [PILOT_A][PILOT_D] = {10, {1, 1}},
    [PILOT_A][PILOT_E] = {20, {8, 10}},
    [PILOT_A][PILOT_F] = {20, {7, 10}},
    [PILOT_A][PILOT_FAULT] = {20, {7, 7}},
    [PILOT_B][PILOT_A] = {10, {0, 0}},
    [PILOT_B][PILOT_C] = {10, {1, 1}},
    [PILOT_B][PILOT_D] = {10, {1, 1}},
    [PILOT_B][PILOT_E] = {20, {8, 10}},
    [PILOT_B][PILOT_F] = {20, {7, 10}},
    [PILOT_B][PILOT_FAULT] = {20, {7, 7}},
    [PILOT_C][PILOT_A] = {10, {2, 2}},
    [PILOT_C][PILOT_B] = {10, {2, 4}},
    [PILOT_C][PILOT_D] = {10, {1, 1}},
    [PILOT_C][PILOT_E] = {20, {8, 10}},
    [PILOT_C][PILOT_F] = {20, {7, 10}},
    [PILOT_C][PILOT_FAULT] = {20, {7, 7}},
    [PILOT_D][PILOT_A] = {10, {2, 2}},
    [PILOT_D][PILOT_B] = {10, {2, 4}},
    [PILOT_D][PILOT_C] = {10, {1, 1}},
    [PILOT_D][PILOT_E] = {20, {8, 10}},
    [PILOT_D][PILOT_F] = {20, {7, 10}},
    [PILOT_D][PILOT_FAULT] = {20, {7, 7}},
    [PILOT_E][PILOT_A] = {10, {0, 0}},
    [PILOT_E][PILOT_B] = {10, {0, 0}},
    [PILOT_E][PILOT_C] = {10, {1, 1}},
    [PILOT_E][PILOT_D] = {10, {1, 1}},
    [PILOT_E][PILOT_F] = {20, {7, 10}},
    [PILOT_E][PILOT_FAULT] = {20, {7, 7}},
    [PILOT_F][PILOT_A] = {10, {0, 0}},
    [PILOT_F][PILOT_B] = {10, {0, 0}},
    [PILOT_F][PILOT_C] = {10, {1, 1}},
    [PILOT_F][PILOT_D] = {10, {1, 1}},
    [PILOT_F][PILOT_E] = {20, {8, 10}},
    [PILOT_F][PILOT_FAULT] = {20, {7, 7}},
    [PILOT_FAULT][PILOT_A] = {10, {0, 0}},
    [PILOT_FAULT][PILOT_B] = {10, {0, 0}},
    [PILOT_FAULT][PILOT_C] = {10, {1, 1}},
    [PILOT_FAULT][PILOT_D] = {10, {1, 1}},
    [PILOT_FAULT][PILOT_E] = {20, {8, 10}},
    [PILOT_FAULT][PILOT_F] = {20, {7, 10}},
};

static const opening_rule OPENINGS[OPEN_COUNT] = {
    {0, 0},
    {100, 1000},
    {500, 5000},
    {3000, 1000},
};

static const fault_rule FAULTS[FAULT_COUNT] = {
    [FAULT_HOST_LOST] = {{OPEN_LATE, OPEN_SOON, OPEN_SOON}, ENDS_CLEAR, MEANS_X1},
    [FAULT_PILOT_FAULT] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_UNPLUG, MEANS_X1},
    [FAULT_PILOT_SHORT] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_UNPLUG, MEANS_X1},
    [FAULT_DIODE_SHORT] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_UNPLUG, MEANS_X1},
    [FAULT_STATION_FAULT] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_SELF, MEANS_KEEP},
    [FAULT_VENTILATION_MISSING] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_SELF, MEANS_KEEP},
    [FAULT_PWM_LOST] = {{OPEN_LATE, OPEN_LATE, OPEN_LATE}, ENDS_SELF, MEANS_KEEP},
    [FAULT_PROXIMITY_LOST] = {{OPEN_NOW, OPEN_NOW, OPEN_BRIEF}, ENDS_UNPLUG, MEANS_X1},
    [FAULT_PROXIMITY_SHORT] = {{OPEN_NOW, OPEN_NOW, OPEN_BRIEF}, ENDS_UNPLUG, MEANS_X1},
    [FAULT_BUTTON] = {{OPEN_BRIEF, OPEN_BRIEF, OPEN_BRIEF}, ENDS_SELF, MEANS_KEEP},
    [FAULT_STOP_INPUT] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_CLEAR, MEANS_X1},
    [FAULT_TEMPERATURE] = {{OPEN_LATE, OPEN_LATE, OPEN_LATE}, ENDS_CLEAR, MEANS_X1},
    [FAULT_TEMPERATURE_SENSOR] = {{OPEN_LATE, OPEN_LATE, OPEN_LATE}, ENDS_CLEAR, MEANS_X1},
    [FAULT_CONTACTOR_STUCK] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_CLEAR, MEANS_X1},
    [FAULT_CONTACTOR_WELDED] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_CLEAR, MEANS_F},
    [FAULT_CONTACTOR_MOVED] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_CLEAR, MEANS_X1},
    [FAULT_LOCK_LOST] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_CLEAR, MEANS_X1},
    [FAULT_LOCK_STUCK] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_CLEAR, MEANS_X1},
    [FAULT_LATE_LOOP] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_CLEAR, MEANS_X1},
    [FAULT_MEMORY] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_RESET, MEANS_F},
    [FAULT_OVERVOLTAGE] = {{OPEN_NOW, OPEN_NOW, OPEN_NOW}, ENDS_CLEAR, MEANS_X1},
    [FAULT_VOLTAGE_HIGH] = {{OPEN_LATE, OPEN_LATE, OPEN_LATE}, ENDS_CLEAR, MEANS_X1},
    [FAULT_OVERCURRENT] = {{OPEN_BRIEF, OPEN_BRIEF, OPEN_BRIEF}, ENDS_CLEAR, MEANS_X1},
};

#define PROXIMITY_BANDS 4
static const proximity_band PROXIMITY[2][PROXIMITY_BANDS] = {
    {
        {75, 315, 0, 0},
        {315, 1000, 0, 1},
    },
    {
        {75, 150, 63, 0},
        {150, 340, 32, 0},
        {340, 1000, 20, 0},
        {1000, 2200, 13, 0},
    },
};

#endif
