/* The tables of a message class: fields, states, and the Python object that owns them. */

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

