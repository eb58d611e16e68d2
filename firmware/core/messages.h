/* What stands where in each message; docs/island.md is the page of it. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "island.h"

#define HEAD 4u           /* type, port, sequence, flags */
#define UPDATE_WORD 0x45544455u /* UDTE: no chance octets change the program */
#define CONFIG_LENGTH 22u /* without the fold behind it */

enum {
    TYPE_HELLO = 0x01,
    TYPE_CONFIG = 0x02,
    TYPE_CONTROL = 0x10,
    TYPE_LIMITS = 0x11,
    TYPE_CLEAR = 0x12,
    TYPE_ACTION = 0x13,
    TYPE_UPDATE = 0x1f,
    TYPE_HELLO_ACK = 0x81,
    TYPE_CONFIG_ACK = 0x82,
    TYPE_STATUS = 0x90,
    TYPE_EDGE = 0x91,
    TYPE_RESULT = 0x93,
    TYPE_FAULT = 0x95,
    TYPE_COUNTERS = 0x96,
    TYPE_UPDATE_ACK = 0x9f
};

enum { CAN_DRIVE_E = 1u, CAN_LOCK = 2u, CAN_METERS = 4u, CAN_LIMITS = 8u, CAN_ACTIONS = 16u };

void message_config(const uint8_t *at, island_config *config);

#endif
