/* Frames on the line: body, CRC-32, stuffed so that 00 stands only at the end of each. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t frame_crc(const uint8_t *octets, size_t count);

/* Writes the frame of `body` to `wire`, which has room for ISLAND_WIRE_MOST; returns its length. */
size_t frame_encode(const uint8_t *body, size_t count, uint8_t *wire);

/* Undoes the stuffing in place; false if it is none.  `count` becomes the length without it. */
bool frame_unstuff(uint8_t *octets, size_t *count);

static inline void put16(uint8_t *to, uint16_t value) {
    to[0] = (uint8_t)(value & 0xffu);
    to[1] = (uint8_t)(value >> 8);
}
static inline void put32(uint8_t *to, uint32_t value) {
    put16(to, (uint16_t)(value & 0xffffu));
    put16(to + 2, (uint16_t)(value >> 16));
}
static inline uint16_t get16(const uint8_t *from) {
    return (uint16_t)(from[0] | ((uint16_t)from[1] << 8));
}
static inline uint32_t get32(const uint8_t *from) {
    return (uint32_t)get16(from) | ((uint32_t)get16(from + 2) << 16);
}

#endif
