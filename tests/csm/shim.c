/* A PKCS#11 module that passes every call on to another one and misbehaves when told to.
 *
 * SHIM_MODULE names the real library.  SHIM_<n>, n being a function's place in the list of
 * functions, is read at each call:
 *   "rv N"        return N without passing the call on
 *   "spoil N"     pass the call on and return N instead of success
 *   "sleep N"     wait N milliseconds first
 *   "flags N"     (C_GetTokenInfo) set these token flags as well
 *   "hide N"      (C_GetMechanismList) leave this mechanism out
 * Two threads inside at once, which the caller promised never to let happen, abort the process.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long word;
typedef word (*call)(word, word, word, word, word, word, word, word);

#define FUNCTIONS 68
#define GET_FUNCTION_LIST 3
#define GET_TOKEN_INFO 6
#define GET_MECHANISM_LIST 7
#define SIGN 43 /* asked for the length alone it stays active, so that is not spoilt */
#define FLAGS_OFFSET 96 /* in CK_TOKEN_INFO: label, manufacturer, model, serial number */

struct list {
    unsigned char version[2];
    call function[FUNCTIONS];
};

static struct list *real;
static struct list ours;
static atomic_int inside;
unsigned long shim_calls[FUNCTIONS];

static word hidden(word *list, word *count, word unwanted) {
    word kept = 0;
    for (word i = 0; i < *count; i++)
        if (list[i] != unwanted)
            list[kept++] = list[i];
    *count = kept;
    return 0;
}

static word pass(int n, word a, word b, word c, word d, word e, word f, word g, word h) {
    char name[16];
    word value = 0, result;
    snprintf(name, sizeof name, "SHIM_%d", n);
    const char *order = getenv(name);
    if (atomic_fetch_add(&inside, 1) != 0)
        abort();
    shim_calls[n]++;
    if (order != NULL && sscanf(order, "sleep %lu", &value) == 1)
        usleep(value * 1000);
    if (order != NULL && sscanf(order, "rv %lu", &value) == 1)
        result = value;
    else
        result = real->function[n](a, b, c, d, e, f, g, h);
    if (order != NULL && result == 0) {
        if ((n != SIGN || d != 0) && sscanf(order, "spoil %lu", &value) == 1)
            result = value;
        if (n == GET_TOKEN_INFO && sscanf(order, "flags %lu", &value) == 1)
            *(word *)((char *)b + FLAGS_OFFSET) |= value;
        if (n == GET_MECHANISM_LIST && b != 0 && sscanf(order, "hide %lu", &value) == 1)
            hidden((word *)b, (word *)c, value);
    }
    atomic_fetch_sub(&inside, 1);
    return result;
}

#define F(n)                                                                              \
    static word f##n(word a, word b, word c, word d, word e, word f, word g, word h) {    \
        return pass(n, a, b, c, d, e, f, g, h);                                           \
    }
#define TEN(t) F(t##0) F(t##1) F(t##2) F(t##3) F(t##4) F(t##5) F(t##6) F(t##7) F(t##8) F(t##9)
F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9)
TEN(1) TEN(2) TEN(3) TEN(4) TEN(5)
F(60) F(61) F(62) F(63) F(64) F(65) F(66) F(67)

#define N(n) f##n,
#define TENS(t) N(t##0) N(t##1) N(t##2) N(t##3) N(t##4) N(t##5) N(t##6) N(t##7) N(t##8) N(t##9)
static const call functions[FUNCTIONS] = {
    N(0) N(1) N(2) N(3) N(4) N(5) N(6) N(7) N(8) N(9)
    TENS(1) TENS(2) TENS(3) TENS(4) TENS(5)
    N(60) N(61) N(62) N(63) N(64) N(65) N(66) N(67)
};

word C_GetFunctionList(struct list **list) {
    if (real == NULL) {
        void *library = dlopen(getenv("SHIM_MODULE"), RTLD_NOW | RTLD_LOCAL);
        word (*get)(struct list **) = library ? dlsym(library, "C_GetFunctionList") : NULL;
        if (get == NULL || get(&real) != 0)
            return 5;
        memcpy(ours.version, real->version, sizeof ours.version);
        memcpy(ours.function, functions, sizeof functions);
    }
    *list = &ours;
    return 0;
}
