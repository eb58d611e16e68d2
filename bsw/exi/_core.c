/* The quick EXI codec, compiled.
 *
 * It walks the tables that bsw.exi.core hands over, one Type per message class, and reads and
 * writes the slots of the message objects directly.  It takes what peers normally send and says
 * "unusual" to everything else: string-table hits, second-level events, integers beyond 64 bits,
 * values out of range, short data.  The caller's Python code then decides and words the refusal,
 * so no check is made twice and no error text lives here.
 *
 * Input is never read past its end: every read names its bits first.  Work and memory are linear
 * in the input; the depth is that of the schema, which does not recurse.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

#ifndef T_OBJECT_EX
#define T_OBJECT_EX Py_T_OBJECT_EX
#endif

enum Role { ATTRIBUTE, ELEMENT, TEXT };
enum Op { BOOLEAN, ENUMERATION, FIXED, UNSIGNED, SIGNED, BIG, STRING, OCTETS, MESSAGE, GROUP, INLINE };
enum Result { FINE = 0, UNUSUAL = -1, RAISED = -2 };

#define END (-2)
#define MAX_DEPTH 64

typedef struct Type Type;

typedef struct {
    int16_t field; /* a field's number, END, or -1 for what the quick codec does not take */
    int16_t member;
} Production;

typedef struct {
    int width;
    int count;
    Production *productions;
    int16_t *code_of; /* by field: the number of its first production, or -1 */
    int16_t end_code;
} State;

typedef struct {
    Py_ssize_t offset; /* of the slot in the object */
    enum Role role;
    enum Op op;
    int width;         /* of a value of fixed width */
    int64_t low;       /* of a value, or the least size */
    int64_t high;      /* of a value (as unsigned where unsigned), or the greatest size, -1 none */
    int many;
    Py_ssize_t least;  /* of a field that repeats */
    Py_ssize_t most;   /* -1: without end */
    PyObject *absent;  /* what an absent field holds */
    PyObject *values;  /* ENUMERATION: the members; GROUP: the classes or None; tuples */
    Type *type;        /* MESSAGE, INLINE */
    Type **types;      /* GROUP: resolved when first met */
    int below, open, full;
} Field;

struct Type {
    PyObject_HEAD
    PyTypeObject *cls;
    int field_count;
    int state_count;
    Field *fields;
    State *states;
    PyObject *resolve; /* class -> Type */
    int depth;
};

static PyTypeObject TypeType;

/* ---- bits in ---- */

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

/* ---- the tables ---- */

static inline PyObject **slot(PyObject *object, const Field *field)
{
    return (PyObject **)((char *)object + field->offset);
}

static int is_type(PyObject *object)
{
    return Py_IS_TYPE(object, &TypeType) && ((Type *)object)->state_count > 0;
}

static int is_tuple(PyObject *object)
{
    if (PyTuple_CheckExact(object))
        return 1;
    PyErr_SetString(PyExc_TypeError, "the tables are made of tuples");
    return 0;
}

/* The Type of a member of a group, resolved at its first use.  NULL: unusual or raised. */
static Type *member_type(Type *owner, Field *field, Py_ssize_t member)
{
    if (field->types[member])
        return field->types[member];
    PyObject *cls = PyTuple_GET_ITEM(field->values, member);
    if (cls == Py_None)
        return NULL;
    PyObject *type = PyObject_CallOneArg(owner->resolve, cls);
    if (!type)
        return NULL;
    if (!is_type(type)) {
        Py_DECREF(type);
        PyErr_SetString(PyExc_TypeError, "resolve gave no Type");
        return NULL;
    }
    field->types[member] = (Type *)type;
    return (Type *)type;
}

/* ---- decoding: NULL without an exception means unusual ---- */

static PyObject *decode_object(Reader *r, Type *type);

static PyObject *decode_text(Reader *r, const Field *field)
{
    uint64_t size;
    if (!take_unsigned(r, &size) || size < 2)
        return NULL;
    size -= 2;
    if (size < (uint64_t)field->low || (field->high >= 0 && size > (uint64_t)field->high))
        return NULL;
    if (size > (r->end - r->position) / 8)
        return NULL;
    PyObject *text = PyUnicode_New((Py_ssize_t)size, 127);
    if (!text || !size)
        return text;
    uint64_t start = r->position;
    uint8_t *characters = PyUnicode_1BYTE_DATA(text);
    uint8_t seen = 0;
    for (uint64_t i = 0; i < size; i++) {
        uint8_t character = (uint8_t)(window(r) >> 56);
        r->position += 8;
        seen |= character;
        characters[i] = character;
    }
    if (seen < 0x80)
        return text;
    Py_DECREF(text);
    r->position = start;
    Py_UCS4 *points = PyMem_Malloc((size_t)size * sizeof(Py_UCS4));
    if (!points)
        return PyErr_NoMemory();
    for (uint64_t i = 0; i < size; i++) {
        uint64_t point;
        if (!take_unsigned(r, &point) || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
            PyMem_Free(points);
            return NULL;
        }
        points[i] = (Py_UCS4)point;
    }
    text = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, points, (Py_ssize_t)size);
    PyMem_Free(points);
    return text;
}

static PyObject *decode_octets(Reader *r, const Field *field)
{
    uint64_t size;
    if (!take_unsigned(r, &size))
        return NULL;
    if (size < (uint64_t)field->low || (field->high >= 0 && size > (uint64_t)field->high))
        return NULL;
    if (size > (r->end - r->position) / 8)
        return NULL;
    PyObject *octets = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (!octets || !size)
        return octets;
    uint8_t *out = (uint8_t *)PyBytes_AS_STRING(octets);
    const uint8_t *in = r->data + (r->position >> 3);
    int shift = (int)(r->position & 7);
    if (shift == 0) {
        memcpy(out, in, (size_t)size);
    } else {
        for (uint64_t i = 0; i < size; i++)
            out[i] = (uint8_t)(in[i] << shift | in[i + 1] >> (8 - shift));
    }
    r->position += 8 * size;
    return octets;
}

static PyObject *decode_signed(Reader *r, const Field *field)
{
    uint32_t negative;
    uint64_t magnitude;
    if (!take(r, 1, &negative) || !take_unsigned(r, &magnitude) || magnitude > INT64_MAX)
        return NULL;
    int64_t value = negative ? -(int64_t)magnitude - 1 : (int64_t)magnitude;
    if (field->op == SIGNED && (value < field->low || value > field->high))
        return NULL;
    return PyLong_FromLongLong(value);
}

static PyObject *decode_simple(Reader *r, const Field *field)
{
    uint32_t code;
    uint64_t number;
    switch (field->op) {
    case BOOLEAN:
        return take(r, 1, &code) ? Py_NewRef(code ? Py_True : Py_False) : NULL;
    case ENUMERATION:
        if (!take(r, field->width, &code) || (Py_ssize_t)code >= PyTuple_GET_SIZE(field->values))
            return NULL;
        return Py_NewRef(PyTuple_GET_ITEM(field->values, (Py_ssize_t)code));
    case FIXED:
        if (!take(r, field->width, &code) || (int64_t)code > field->high - field->low)
            return NULL;
        return PyLong_FromLong((long)(field->low + (int64_t)code));
    case UNSIGNED:
        if (!take_unsigned(r, &number))
            return NULL;
        if (number < (uint64_t)field->low || number > (uint64_t)field->high)
            return NULL;
        return PyLong_FromUnsignedLongLong(number);
    case SIGNED:
    case BIG:
        return decode_signed(r, field);
    case STRING:
        return decode_text(r, field);
    case OCTETS:
        return decode_octets(r, field);
    default:
        return NULL;
    }
}

/* The next production of a state. */
static inline int next_event(Reader *r, const State *state, Production *production)
{
    uint32_t code;
    if (!take(r, state->width, &code) || (int)code >= state->count)
        return 0;
    *production = state->productions[code];
    return 1;
}

static PyObject *decode_item(Reader *r, Type *owner, Field *field, Production production);

/* An element whose only content stands in for it. */
static PyObject *decode_inline(Reader *r, Type *type)
{
    Production production;
    if (!next_event(r, &type->states[0], &production))
        return NULL;
    if (production.field == END)
        return Py_NewRef(Py_None);
    if (production.field != 0)
        return NULL;
    Field *field = &type->fields[0];
    PyObject *value = decode_item(r, type, field, production);
    if (value && (!next_event(r, &type->states[field->full], &production) || production.field != END))
        Py_CLEAR(value);
    return value;
}

static PyObject *decode_item(Reader *r, Type *owner, Field *field, Production production)
{
    uint32_t bit;
    PyObject *value;
    switch (field->op) {
    case MESSAGE:
        return decode_object(r, field->type);
    case INLINE:
        return decode_inline(r, field->type);
    case GROUP: {
        Type *type = member_type(owner, field, production.member);
        return type ? decode_object(r, type) : NULL;
    }
    default:
        if (field->role != ELEMENT)
            return decode_simple(r, field);
        if (!take(r, 1, &bit) || bit)
            return NULL;
        value = decode_simple(r, field);
        if (value && (!take(r, 1, &bit) || bit))
            Py_CLEAR(value);
        return value;
    }
}

#define AT_ONCE 32

typedef struct {
    PyObject **items;
    Py_ssize_t count, room;
    PyObject *first[AT_ONCE];
} List;

static int list_append(List *list, PyObject *item)
{
    if (list->count == list->room) {
        size_t size = (size_t)list->room * 2 * sizeof(PyObject *);
        PyObject **items;
        if (list->items == list->first) {
            items = PyMem_Malloc(size);
            if (items)
                memcpy(items, list->first, sizeof list->first);
        } else {
            items = PyMem_Realloc(list->items, size);
        }
        if (!items) {
            PyErr_NoMemory();
            return 0;
        }
        list->items = items;
        list->room *= 2;
    }
    list->items[list->count++] = item;
    return 1;
}

/* The items of a field that repeats, and the event that ended them. */
static PyObject *decode_list(Reader *r, Type *owner, int number, Production *production)
{
    Field *field = &owner->fields[number];
    List list = {.items = list.first, .count = 0, .room = AT_ONCE};
    PyObject *result = NULL;
    for (;;) {
        PyObject *item = decode_item(r, owner, field, *production);
        if (!item)
            break;
        if (!list_append(&list, item)) {
            Py_DECREF(item);
            break;
        }
        int after = list.count < field->least   ? field->below
                    : list.count == field->most ? field->full
                                                : field->open;
        if (!next_event(r, &owner->states[after], production))
            break;
        if (production->field != number) {
            result = PyTuple_New(list.count);
            break;
        }
    }
    for (Py_ssize_t i = 0; i < list.count; i++) {
        if (result)
            PyTuple_SET_ITEM(result, i, list.items[i]);
        else
            Py_DECREF(list.items[i]);
    }
    if (list.items != list.first)
        PyMem_Free(list.items);
    return result;
}

static PyObject *decode_object(Reader *r, Type *type)
{
    PyObject *object = type->cls->tp_alloc(type->cls, 0);
    if (!object)
        return NULL;
    /* Decoded messages cannot be part of a cycle; the collector need not visit them. */
    if (PyObject_GC_IsTracked(object))
        PyObject_GC_UnTrack(object);
    Production production;
    if (!next_event(r, &type->states[0], &production))
        goto unusual;
    while (production.field >= 0) {
        int number = production.field;
        Field *field = &type->fields[number];
        PyObject **place = slot(object, field);
        if (*place)
            goto unusual;
        if (field->many) {
            *place = decode_list(r, type, number, &production);
            if (!*place)
                goto unusual;
        } else {
            *place = decode_item(r, type, field, production);
            if (!*place || !next_event(r, &type->states[field->full], &production))
                goto unusual;
        }
    }
    if (production.field != END)
        goto unusual;
    for (int i = 0; i < type->field_count; i++) {
        PyObject **place = slot(object, &type->fields[i]);
        if (!*place)
            *place = Py_NewRef(type->fields[i].absent);
    }
    return object;
unusual:
    Py_DECREF(object);
    return NULL;
}

/* ---- encoding ---- */

static enum Result encode_object(Writer *w, Type *type, PyObject *object);

static enum Result encode_text(Writer *w, PyObject *value)
{
    if (!PyUnicode_CheckExact(value))
        return UNUSUAL;
    Py_ssize_t size = PyUnicode_GET_LENGTH(value);
    put_unsigned(w, (uint64_t)size + 2);
    if (PyUnicode_IS_ASCII(value)) {
        put_octets(w, PyUnicode_1BYTE_DATA(value), (size_t)size);
        return FINE;
    }
    int kind = PyUnicode_KIND(value);
    const void *data = PyUnicode_DATA(value);
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_UCS4 point = PyUnicode_READ(kind, data, i);
        if (point >= 0xD800 && point < 0xE000)
            return UNUSUAL;
        put_unsigned(w, point);
    }
    return FINE;
}

static enum Result encode_number(Writer *w, const Field *field, PyObject *value)
{
    int overflow;
    if (!PyLong_CheckExact(value))
        return UNUSUAL;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (field->op == UNSIGNED) {
        if (overflow > 0) {
            unsigned long long large = PyLong_AsUnsignedLongLong(value);
            if (large == (unsigned long long)-1 && PyErr_Occurred()) {
                PyErr_Clear();
                return UNUSUAL;
            }
            put_unsigned(w, large);
            return FINE;
        }
        if (overflow || number < 0)
            return UNUSUAL;
        put_unsigned(w, (uint64_t)number);
        return FINE;
    }
    if (overflow)
        return UNUSUAL;
    if (field->op == FIXED) {
        if (number < field->low || number > field->high)
            return UNUSUAL;
        put(w, (uint32_t)(number - field->low), field->width);
        return FINE;
    }
    put(w, number < 0, 1);
    put_unsigned(w, number < 0 ? (uint64_t)(-(number + 1)) : (uint64_t)number);
    return FINE;
}

static enum Result encode_simple(Writer *w, const Field *field, PyObject *value)
{
    switch (field->op) {
    case BOOLEAN:
        if (value != Py_True && value != Py_False)
            return UNUSUAL;
        put(w, value == Py_True, 1);
        return FINE;
    case ENUMERATION:
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(field->values); i++) {
            if (PyTuple_GET_ITEM(field->values, i) == value) {
                put(w, (uint32_t)i, field->width);
                return FINE;
            }
        }
        return UNUSUAL;
    case FIXED:
    case UNSIGNED:
    case SIGNED:
    case BIG:
        return encode_number(w, field, value);
    case STRING:
        return encode_text(w, value);
    case OCTETS:
        if (!PyBytes_CheckExact(value))
            return UNUSUAL;
        put_unsigned(w, (uint64_t)PyBytes_GET_SIZE(value));
        put_octets(w, (const uint8_t *)PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
        return FINE;
    default:
        return UNUSUAL;
    }
}

/* One occurrence of a field: its event in this state, its content, its end. */
static enum Result encode_item(Writer *w, Type *owner, int number, const State *state, PyObject *value)
{
    Field *field = &owner->fields[number];
    int code = state->code_of[number];
    if (code < 0)
        return UNUSUAL;
    switch (field->op) {
    case MESSAGE:
        if (Py_TYPE(value) != field->type->cls)
            return UNUSUAL;
        put(w, (uint32_t)code, state->width);
        return encode_object(w, field->type, value);
    case INLINE: {
        Type *type = field->type;
        const State *start = &type->states[0];
        put(w, (uint32_t)code, state->width);
        if (value == Py_None) {
            if (start->end_code < 0)
                return UNUSUAL;
            put(w, (uint32_t)start->end_code, start->width);
            return FINE;
        }
        enum Result result = encode_item(w, type, 0, start, value);
        const State *after = &type->states[type->fields[0].full];
        if (result != FINE || after->end_code < 0)
            return result != FINE ? result : UNUSUAL;
        put(w, (uint32_t)after->end_code, after->width);
        return FINE;
    }
    case GROUP:
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(field->values); i++) {
            if (PyTuple_GET_ITEM(field->values, i) == (PyObject *)Py_TYPE(value)) {
                Type *type = member_type(owner, field, i);
                if (!type)
                    return PyErr_Occurred() ? RAISED : UNUSUAL;
                put(w, (uint32_t)(code + i), state->width);
                return encode_object(w, type, value);
            }
        }
        return UNUSUAL;
    default:
        put(w, (uint32_t)code, state->width);
        if (field->role != ELEMENT)
            return encode_simple(w, field, value);
        put(w, 0, 1);
        enum Result result = encode_simple(w, field, value);
        put(w, 0, 1);
        return result;
    }
}

static enum Result encode_list(Writer *w, Type *type, int number, const State **state, PyObject *value)
{
    Field *field = &type->fields[number];
    if (!PyTuple_CheckExact(value))
        return UNUSUAL;
    Py_ssize_t count = PyTuple_GET_SIZE(value);
    for (Py_ssize_t i = 0; i < count; i++) {
        enum Result result = encode_item(w, type, number, *state, PyTuple_GET_ITEM(value, i));
        if (result != FINE)
            return result;
        int after = i + 1 < field->least ? field->below : i + 1 == field->most ? field->full : field->open;
        *state = &type->states[after];
    }
    return FINE;
}

static enum Result encode_object(Writer *w, Type *type, PyObject *object)
{
    const State *state = &type->states[0];
    for (int i = 0; i < type->field_count; i++) {
        Field *field = &type->fields[i];
        PyObject *value = *slot(object, field);
        enum Result result;
        if (!value)
            return UNUSUAL;
        if (field->many) {
            result = encode_list(w, type, i, &state, value);
        } else if (value == Py_None && field->op != INLINE) {
            continue;
        } else {
            result = encode_item(w, type, i, state, value);
            state = &type->states[field->full];
        }
        if (result != FINE)
            return result;
    }
    if (state->end_code < 0)
        return UNUSUAL;
    put(w, (uint32_t)state->end_code, state->width);
    return FINE;
}

/* ---- Type ---- */

static int type_traverse(Type *self, visitproc visit, void *arg)
{
    Py_VISIT(self->cls);
    Py_VISIT(self->resolve);
    for (int i = 0; self->fields && i < self->field_count; i++) {
        Field *field = &self->fields[i];
        Py_VISIT(field->absent);
        Py_VISIT(field->values);
        Py_VISIT(field->type);
        for (Py_ssize_t j = 0; field->types && j < PyTuple_GET_SIZE(field->values); j++)
            Py_VISIT(field->types[j]);
    }
    return 0;
}

static int type_clear(Type *self)
{
    for (int i = 0; self->fields && i < self->field_count; i++) {
        Field *field = &self->fields[i];
        if (field->types) {
            for (Py_ssize_t j = 0; j < PyTuple_GET_SIZE(field->values); j++)
                Py_CLEAR(field->types[j]);
            PyMem_Free(field->types);
            field->types = NULL;
        }
        Py_CLEAR(field->absent);
        Py_CLEAR(field->values);
        Py_CLEAR(field->type);
    }
    for (int i = 0; self->states && i < self->state_count; i++) {
        PyMem_Free(self->states[i].productions);
        PyMem_Free(self->states[i].code_of);
    }
    PyMem_Free(self->fields);
    PyMem_Free(self->states);
    self->fields = NULL;
    self->states = NULL;
    self->field_count = self->state_count = 0;
    Py_CLEAR(self->resolve);
    Py_CLEAR(self->cls);
    return 0;
}

static void type_dealloc(Type *self)
{
    PyObject_GC_UnTrack(self);
    type_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* Where the slot behind a descriptor lies, or -1. */
static Py_ssize_t slot_offset(PyObject *descriptor, PyTypeObject *cls)
{
    if (Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) {
        PyMemberDescrObject *member = (PyMemberDescrObject *)descriptor;
        if (member->d_member->type == T_OBJECT_EX && PyType_IsSubtype(cls, PyDescr_TYPE(member)))
            return member->d_member->offset;
    }
    PyErr_SetString(PyExc_TypeError, "a field is no slot of its class");
    return -1;
}

static int read_field(Type *self, Field *field, PyObject *tuple)
{
    PyObject *descriptor, *low, *high, *absent, *values, *type;
    int role, op, many;
    if (!is_tuple(tuple) || !PyArg_ParseTuple(tuple, "OiiiOOpnnOOO(iii)", &descriptor, &role, &op, &field->width, &low,
                          &high, &many, &field->least, &field->most, &absent, &values, &type,
                          &field->below, &field->open, &field->full))
        return 0;
    field->role = (enum Role)role;
    field->op = (enum Op)op;
    field->many = many;
    field->offset = slot_offset(descriptor, self->cls);
    if (field->offset < 0)
        return 0;
    field->low = PyLong_AsLongLong(low);
    field->high = op == UNSIGNED ? (int64_t)PyLong_AsUnsignedLongLong(high) : PyLong_AsLongLong(high);
    if (PyErr_Occurred())
        return 0;
    field->absent = Py_NewRef(absent);
    if (op == ENUMERATION || op == GROUP) {
        if (!is_tuple(values))
            return 0;
        field->values = Py_NewRef(values);
    }
    if (op == GROUP) {
        field->types = PyMem_Calloc((size_t)PyTuple_GET_SIZE(values) + 1, sizeof(Type *));
        if (!field->types) {
            PyErr_NoMemory();
            return 0;
        }
    }
    if (op == MESSAGE || op == INLINE) {
        if (!is_type(type)) {
            PyErr_SetString(PyExc_TypeError, "the type of a field is no Type");
            return 0;
        }
        field->type = (Type *)Py_NewRef(type);
    }
    return 1;
}

static int read_state(Type *self, State *state, PyObject *tuple)
{
    PyObject *productions;
    if (!is_tuple(tuple) || !PyArg_ParseTuple(tuple, "iO!", &state->width, &PyTuple_Type, &productions))
        return 0;
    state->count = (int)PyTuple_GET_SIZE(productions);
    state->productions = PyMem_Calloc((size_t)state->count + 1, sizeof(Production));
    state->code_of = PyMem_Calloc((size_t)self->field_count + 1, sizeof(int16_t));
    if (!state->productions || !state->code_of) {
        PyErr_NoMemory();
        return 0;
    }
    state->end_code = -1;
    for (int i = 0; i < self->field_count; i++)
        state->code_of[i] = -1;
    for (int i = 0; i < state->count; i++) {
        Production *production = &state->productions[i];
        PyObject *pair = PyTuple_GET_ITEM(productions, i);
        if (!is_tuple(pair) ||
            !PyArg_ParseTuple(pair, "hh", &production->field, &production->member))
            return 0;
        if (production->field >= self->field_count) {
            PyErr_SetString(PyExc_ValueError, "a production of an unknown field");
            return 0;
        }
        if (production->field == END)
            state->end_code = (int16_t)i;
        else if (production->field >= 0 && state->code_of[production->field] < 0)
            state->code_of[production->field] = (int16_t)(i - production->member);
    }
    return 1;
}

/* Every number in the tables points at something that is there. */
static int sound(const Type *self)
{
    if (self->state_count < 1)
        return 0;
    for (int i = 0; i < self->field_count; i++) {
        const Field *field = &self->fields[i];
        int most = self->state_count;
        if (field->below < 0 || field->open < 0 || field->full < 0 || field->below >= most ||
            field->open >= most || field->full >= most || field->width < 0 || field->width > 32)
            return 0;
        if (field->op == INLINE && (field->type->field_count != 1 || field->type->fields[0].many))
            return 0;
    }
    for (int i = 0; i < self->state_count; i++) {
        const State *state = &self->states[i];
        if (state->width < 0 || state->width > 16)
            return 0;
        for (int j = 0; j < state->count; j++) {
            const Production *production = &state->productions[j];
            if (production->field < 0)
                continue;
            const Field *field = &self->fields[production->field];
            Py_ssize_t members = field->op == GROUP ? PyTuple_GET_SIZE(field->values) : 1;
            if (production->member < 0 || production->member >= members)
                return 0;
        }
    }
    return 1;
}

static int type_init(Type *self, PyObject *args, PyObject *kwargs)
{
    PyObject *cls, *resolve, *fields, *states;
    if (self->cls) {
        PyErr_SetString(PyExc_TypeError, "a Type is made once");
        return -1;
    }
    if (kwargs && PyDict_GET_SIZE(kwargs)) {
        PyErr_SetString(PyExc_TypeError, "Type takes no keywords");
        return -1;
    }
    if (!PyArg_ParseTuple(args, "O!OO!O!", &PyType_Type, &cls, &resolve, &PyTuple_Type, &fields,
                          &PyTuple_Type, &states))
        return -1;
    self->cls = (PyTypeObject *)Py_NewRef(cls);
    self->resolve = Py_NewRef(resolve);
    Py_ssize_t field_count = PyTuple_GET_SIZE(fields), state_count = PyTuple_GET_SIZE(states);
    self->fields = PyMem_Calloc((size_t)field_count + 1, sizeof(Field));
    self->states = PyMem_Calloc((size_t)state_count + 1, sizeof(State));
    if (!self->fields || !self->states) {
        PyErr_NoMemory();
        return -1;
    }
    self->field_count = (int)field_count;
    self->state_count = (int)state_count;
    for (int i = 0; i < self->field_count; i++) {
        Field *field = &self->fields[i];
        if (!read_field(self, field, PyTuple_GET_ITEM(fields, i)))
            return -1;
        if (field->type && field->type->depth >= self->depth)
            self->depth = field->type->depth + 1;
    }
    for (int i = 0; i < self->state_count; i++) {
        if (!read_state(self, &self->states[i], PyTuple_GET_ITEM(states, i)))
            return -1;
    }
    if (!sound(self) || self->depth > MAX_DEPTH) {
        PyErr_SetString(PyExc_ValueError, "unsound tables");
        return -1;
    }
    return 0;
}

static PyTypeObject TypeType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "bsw.exi._core.Type",
    .tp_doc = "The tables of one message class: Type(cls, resolve, fields, states).",
    .tp_basicsize = sizeof(Type),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)type_init,
    .tp_traverse = (traverseproc)type_traverse,
    .tp_clear = (inquiry)type_clear,
    .tp_dealloc = (destructor)type_dealloc,
};

/* ---- Codec: documents or fragments of one schema set ---- */

typedef struct {
    PyObject_HEAD
    int width;
    int64_t end;        /* the end code of a fragment, -1 for documents */
    Py_ssize_t most;    /* octets */
    Py_ssize_t last;    /* the element encoded last */
    PyObject *classes;  /* by code; None where the quick codec does not read */
    Type **types;
    PyObject *resolve, *decode, *encode;
} Codec;

static int codec_traverse(Codec *self, visitproc visit, void *arg)
{
    Py_VISIT(self->classes);
    Py_VISIT(self->resolve);
    Py_VISIT(self->decode);
    Py_VISIT(self->encode);
    for (Py_ssize_t i = 0; self->types && i < PyTuple_GET_SIZE(self->classes); i++)
        Py_VISIT(self->types[i]);
    return 0;
}

static int codec_clear(Codec *self)
{
    if (self->types) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->classes); i++)
            Py_CLEAR(self->types[i]);
        PyMem_Free(self->types);
        self->types = NULL;
    }
    Py_CLEAR(self->classes);
    Py_CLEAR(self->resolve);
    Py_CLEAR(self->decode);
    Py_CLEAR(self->encode);
    return 0;
}

static void codec_dealloc(Codec *self)
{
    PyObject_GC_UnTrack(self);
    codec_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int codec_init(Codec *self, PyObject *args, PyObject *kwargs)
{
    PyObject *classes, *resolve, *decode, *encode;
    int width;
    long long end;
    Py_ssize_t most;
    if (self->classes || (kwargs && PyDict_GET_SIZE(kwargs))) {
        PyErr_SetString(PyExc_TypeError, "Codec is made once, without keywords");
        return -1;
    }
    if (!PyArg_ParseTuple(args, "O!iLnOOO", &PyTuple_Type, &classes, &width, &end, &most, &resolve,
                          &decode, &encode))
        return -1;
    if (width < 1 || width > 16 || most < 0) {
        PyErr_SetString(PyExc_ValueError, "unsound codec");
        return -1;
    }
    self->types = PyMem_Calloc((size_t)PyTuple_GET_SIZE(classes) + 1, sizeof(Type *));
    if (!self->types) {
        PyErr_NoMemory();
        return -1;
    }
    self->width = width;
    self->end = end;
    self->most = most;
    self->classes = Py_NewRef(classes);
    self->resolve = Py_NewRef(resolve);
    self->decode = Py_NewRef(decode);
    self->encode = Py_NewRef(encode);
    return 0;
}

static Type *element_type(Codec *self, Py_ssize_t code)
{
    if (self->types[code])
        return self->types[code];
    PyObject *cls = PyTuple_GET_ITEM(self->classes, code);
    if (cls == Py_None)
        return NULL;
    PyObject *type = PyObject_CallOneArg(self->resolve, cls);
    if (type && !is_type(type)) {
        Py_CLEAR(type);
        PyErr_SetString(PyExc_TypeError, "resolve gave no Type");
    }
    self->types[code] = (Type *)type;
    return (Type *)type;
}

/* The element in a whole stream, or NULL: unusual or raised. */
static PyObject *decode_stream(Codec *self, const uint8_t *data, Py_ssize_t size, uint32_t *code)
{
    Reader r = {data, (size_t)size, 8, (uint64_t)size * 8};
    if (size < 2 || size > self->most || data[0] != 0x80 || !take(&r, self->width, code))
        return NULL;
    if ((Py_ssize_t)*code >= PyTuple_GET_SIZE(self->classes))
        return NULL;
    Type *type = element_type(self, (Py_ssize_t)*code);
    if (!type)
        return NULL;
    PyObject *object = decode_object(&r, type);
    if (!object)
        return NULL;
    uint32_t end;
    if (self->end >= 0 && (!take(&r, self->width, &end) || (int64_t)end != self->end))
        Py_CLEAR(object);
    else if (r.end - r.position > 7)
        Py_CLEAR(object);
    return object;
}

static PyObject *decode_buffer(Codec *self, PyObject *argument, uint32_t *code)
{
    if (PyBytes_CheckExact(argument))
        return decode_stream(self, (const uint8_t *)PyBytes_AS_STRING(argument),
                             PyBytes_GET_SIZE(argument), code);
    Py_buffer buffer;
    if (PyObject_GetBuffer(argument, &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *object = decode_stream(self, buffer.buf, buffer.len, code);
    PyBuffer_Release(&buffer);
    return object;
}

static PyObject *codec_decode(Codec *self, PyObject *argument)
{
    uint32_t code;
    PyObject *message = decode_buffer(self, argument, &code);
    if (message || PyErr_Occurred())
        return message;
    return PyObject_CallOneArg(self->decode, argument);
}

static PyObject *codec_attempt(Codec *self, PyObject *argument)
{
    uint32_t code;
    PyObject *object = decode_buffer(self, argument, &code);
    if (!object)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    return Py_BuildValue("IN", (unsigned int)code, object);
}

/* The octets of an element, or NULL: unusual or raised. */
static PyObject *encode_stream(Codec *self, Py_ssize_t code, PyObject *object)
{
    Type *type = element_type(self, code);
    if (!type || Py_TYPE(object) != type->cls)
        return NULL;
    Writer w;
    w.data = w.first;
    w.size = 0;
    w.room = sizeof w.first;
    w.bits = 0;
    w.pending = 0;
    w.failed = 0;
    put(&w, 0x80, 8);
    put(&w, (uint32_t)code, self->width);
    PyObject *octets = NULL;
    if (encode_object(&w, type, object) == FINE) {
        if (self->end >= 0)
            put(&w, (uint32_t)self->end, self->width);
        octets = writer_bytes(&w);
    }
    writer_free(&w);
    return octets;
}

static PyObject *codec_encode(Codec *self, PyObject *message)
{
    PyObject *cls = (PyObject *)Py_TYPE(message);
    Py_ssize_t count = PyTuple_GET_SIZE(self->classes);
    Py_ssize_t code = self->last;
    if (code >= count || PyTuple_GET_ITEM(self->classes, code) != cls) {
        for (code = 0; code < count; code++)
            if (PyTuple_GET_ITEM(self->classes, code) == cls)
                break;
    }
    if (code < count) {
        self->last = code;
        PyObject *octets = encode_stream(self, code, message);
        if (octets || PyErr_Occurred())
            return octets;
    }
    return PyObject_CallOneArg(self->encode, message);
}

static PyObject *codec_encode_as(Codec *self, PyObject *args)
{
    Py_ssize_t code;
    PyObject *object;
    if (!PyArg_ParseTuple(args, "nO", &code, &object))
        return NULL;
    if (code < 0 || code >= PyTuple_GET_SIZE(self->classes)) {
        PyErr_SetString(PyExc_IndexError, "no such element");
        return NULL;
    }
    PyObject *octets = encode_stream(self, code, object);
    return octets || PyErr_Occurred() ? octets : Py_NewRef(Py_None);
}

static PyMethodDef codec_methods[] = {
    {"decode", (PyCFunction)codec_decode, METH_O, "The message in these octets."},
    {"encode", (PyCFunction)codec_encode, METH_O, "The octets of a message."},
    {"attempt", (PyCFunction)codec_attempt, METH_O, "(code, message), or None if unusual."},
    {"encode_as", (PyCFunction)codec_encode_as, METH_VARARGS, "Octets by code, or None if unusual."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject CodecType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "bsw.exi._core.Codec",
    .tp_doc = "Codec(classes, width, end, most, resolve, decode, encode).",
    .tp_basicsize = sizeof(Codec),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)codec_init,
    .tp_traverse = (traverseproc)codec_traverse,
    .tp_clear = (inquiry)codec_clear,
    .tp_dealloc = (destructor)codec_dealloc,
    .tp_methods = codec_methods,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "bsw.exi._core",
    .m_doc = "The quick EXI codec, compiled.",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit__core(void)
{
    if (PyType_Ready(&TypeType) < 0 || PyType_Ready(&CodecType) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (!made)
        return NULL;
    if (PyModule_AddObjectRef(made, "Type", (PyObject *)&TypeType) < 0 ||
        PyModule_AddObjectRef(made, "Codec", (PyObject *)&CodecType) < 0)
        Py_CLEAR(made);
    return made;
}
