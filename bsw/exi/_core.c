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

#include "_core_bits.h"
#include "_core_tables.h"
#include "_core_decode.h"
#include "_core_encode.h"

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
