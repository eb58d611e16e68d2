/* Lines of the island's process: listening sockets, one client each, or a pseudo terminal. */
#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    int listener; /* -1: a pseudo terminal, or nothing */
    int client;   /* -1: nobody */
} line;

int line_listen(line *at, uint16_t port);          /* returns the port, -1 on failure */
const char *line_terminal(line *at);               /* returns its name, NULL on failure */
void line_accept(line *at);                        /* one client; another is turned away */
ssize_t line_read(line *at, uint8_t *to, size_t room); /* 0: nothing now */
void line_write(line *at, const uint8_t *from, size_t count);

#endif
