/* Objects to octets. */

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

