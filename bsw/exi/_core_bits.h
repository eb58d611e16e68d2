/* Bits in and out, most significant first.  Nothing is read past the end: `take` says no. */

typedef struct {
    const uint8_t *data;
    size_t size;
    uint64_t position;
    uint64_t end;
} Reader;

static inline uint64_t window(const Reader *r)
{
    size_t at = (size_t)(r->position >> 3);
    uint64_t word;
    if (at + 8 <= r->size) {
        memcpy(&word, r->data + at, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
#endif
    } else {
        word = 0;
        for (size_t i = 0; i < 8; i++)
            word = word << 8 | (at + i < r->size ? r->data[at + i] : 0);
    }
    return word << (r->position & 7);
}

/* Up to 32 bits.  False at the end of the data. */
static inline int take(Reader *r, int count, uint32_t *value)
{
    if (r->position + (uint64_t)count > r->end)
        return 0;
    *value = count ? (uint32_t)(window(r) >> (64 - count)) : 0;
    r->position += (uint64_t)count;
    return 1;
}

static int take_unsigned(Reader *r, uint64_t *value)
{
    uint64_t result = 0;
    for (int shift = 0; shift < 63; shift += 7) {
        uint32_t octet;
        if (!take(r, 8, &octet))
            return 0;
        result |= (uint64_t)(octet & 0x7F) << shift;
        if (octet < 0x80) {
            *value = result;
            return 1;
        }
    }
    uint32_t octet; /* the tenth holds the 64th bit */
    if (!take(r, 8, &octet) || octet > 1)
        return 0;
    *value = result | (uint64_t)octet << 63;
    return 1;
}

/* ---- bits out ---- */

typedef struct {
    uint8_t *data;
    size_t size, room;
    uint64_t bits; /* the last `pending` of them are not yet in data */
    int pending;
    int failed;
    uint8_t first[1024];
} Writer;

static void writer_free(Writer *w)
{
    if (w->data != w->first)
        PyMem_Free(w->data);
}

static int writer_reserve(Writer *w, size_t more)
{
    if (w->size + more <= w->room)
        return 1;
    size_t room = (w->size + more) * 2;
    uint8_t *data;
    if (w->data == w->first) {
        data = PyMem_Malloc(room);
        if (data)
            memcpy(data, w->first, w->size);
    } else {
        data = PyMem_Realloc(w->data, room);
    }
    if (!data) {
        w->failed = 1;
        return 0;
    }
    w->data = data;
    w->room = room;
    return 1;
}

/* Up to 32 bits; `value` has no others. */
static inline void put(Writer *w, uint32_t value, int count)
{
    w->bits = w->bits << count | value;
    w->pending += count;
    if (w->pending >= 32) {
        if (w->size + 4 > w->room && !writer_reserve(w, 4)) {
            w->pending -= 32;
            return;
        }
        w->pending -= 32;
        uint32_t word = (uint32_t)(w->bits >> w->pending);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap32(word);
#endif
        memcpy(w->data + w->size, &word, 4);
        w->size += 4;
    }
}

static void put_unsigned(Writer *w, uint64_t value)
{
    while (value > 0x7F) {
        put(w, (uint32_t)(value & 0x7F) | 0x80, 8);
        value >>= 7;
    }
    put(w, (uint32_t)value, 8);
}

static void put_octets(Writer *w, const uint8_t *data, size_t size)
{
    size_t i = 0;
    for (; i + 4 <= size; i += 4) {
        uint32_t word;
        memcpy(&word, data + i, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap32(word);
#endif
        put(w, word, 32);
    }
    for (; i < size; i++)
        put(w, data[i], 8);
}

static PyObject *writer_bytes(Writer *w)
{
    while (w->pending & 7)
        put(w, 0, 1);
    size_t left = (size_t)w->pending / 8;
    if (!writer_reserve(w, left) || w->failed)
        return PyErr_NoMemory();
    for (size_t i = 0; i < left; i++)
        w->data[w->size + i] = (uint8_t)(w->bits >> (w->pending - 8 * (int)(i + 1)));
    return PyBytes_FromStringAndSize((const char *)w->data, (Py_ssize_t)(w->size + left));
}

