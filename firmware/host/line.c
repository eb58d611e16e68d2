/* Loopback only: the process stands in for a chip next door, not for a server. */
#define _GNU_SOURCE
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

int line_listen(line *at, uint16_t port) {
    at->client = -1;
    at->listener = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    address.sin6_addr = in6addr_loopback;
    socklen_t size = sizeof address;
    if (at->listener < 0 ||
        setsockopt(at->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(at->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(at->listener, 1) != 0 ||
        getsockname(at->listener, (struct sockaddr *)&address, &size) != 0) {
        return -1;
    }
    return ntohs(address.sin6_port);
}

const char *line_terminal(line *at) {
    at->listener = -1;
    at->client = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (at->client < 0 || grantpt(at->client) != 0 || unlockpt(at->client) != 0) {
        return NULL;
    }
    const char *name = ptsname(at->client);
    /* Held open by us as well, so that a host that goes away ends no line; and raw. */
    int other = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios raw;
    if (other < 0 || tcgetattr(other, &raw) != 0) {
        return NULL;
    }
    cfmakeraw(&raw);
    return tcsetattr(other, TCSANOW, &raw) == 0 ? name : NULL;
}

void line_accept(line *at) {
    if (at->listener < 0) {
        return;
    }
    int client = accept4(at->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
        return;
    }
    if (at->client >= 0) {
        close(client);
        return;
    }
    int on = 1;
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    at->client = client;
}

static void hang_up(line *at) {
    if (at->listener >= 0) { /* a terminal stays */
        close(at->client);
        at->client = -1;
    }
}

ssize_t line_read(line *at, uint8_t *to, size_t room) {
    if (at->client < 0) {
        return 0;
    }
    ssize_t count = read(at->client, to, room);
    if (count > 0) {
        return count;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        hang_up(at);
    }
    return 0;
}

/* What does not fit is lost, as on a wire that nobody reads. */
void line_write(line *at, const uint8_t *from, size_t count) {
    if (at->client >= 0 && send(at->client, from, count, MSG_NOSIGNAL) < 0) {
        if (errno == ENOTSOCK) {
            (void)!write(at->client, from, count);
        } else if (errno != EAGAIN && errno != EINTR) {
            hang_up(at);
        }
    }
}
