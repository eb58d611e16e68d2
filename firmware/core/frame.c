/* CRC-32 as in zlib, and consistent-overhead byte stuffing. */
#include "frame.h"

#include "island.h"

uint32_t frame_crc(const uint8_t *octets, size_t count) {
    uint32_t crc = 0xffffffffu;
    for (size_t at = 0; at < count; at++) {
        crc ^= octets[at];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1u) != 0u ? 0xedb88320u : 0u);
        }
    }
    return ~crc;
}

/* No frame is longer than 253 octets, so that no run needs a second code. */
static size_t stuff(const uint8_t *octets, size_t count, uint8_t *wire) {
    size_t code = 0;
    size_t to = 1;
    for (size_t at = 0; at < count; at++) {
        if (octets[at] == 0u) {
            wire[code] = (uint8_t)(to - code);
            code = to;
        } else {
            wire[to] = octets[at];
        }
        to++;
    }
    wire[code] = (uint8_t)(to - code);
    wire[to] = 0;
    return to + 1u;
}

size_t frame_encode(const uint8_t *body, size_t count, uint8_t *wire) {
    uint8_t whole[ISLAND_FRAME_MOST];
    for (size_t at = 0; at < count; at++) {
        whole[at] = body[at];
    }
    put32(whole + count, frame_crc(body, count));
    return stuff(whole, count + 4u, wire);
}

bool frame_unstuff(uint8_t *octets, size_t *count) {
    size_t from = 0;
    size_t to = 0;
    while (from < *count) {
        size_t next = from + octets[from];
        if (next > *count || octets[from] == 0u) {
            return false;
        }
        for (from++; from < next; from++) {
            octets[to++] = octets[from];
        }
        if (next < *count) {
            octets[to++] = 0;
        }
    }
    *count = to;
    return true;
}
