/* Octets to objects.  NULL without an exception means unusual: the caller reads with care. */

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

