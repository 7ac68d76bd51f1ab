/* Frames as they are given, whatever is in them. */
#include "probe.h"

#include <ctype.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAME_MAX 2048
#define TRIES_MAX 200

/* The bytes of the hexadecimal text, up to where it is none. */
static size_t bytes_parse(const char *text, unsigned char *bytes)
{
    size_t n = 0;
    for (; n < FRAME_MAX && isxdigit((unsigned char)text[2 * n]) && isxdigit((unsigned char)text[2 * n + 1]); n++) {
        char pair[] = {text[2 * n], text[2 * n + 1], '\0'};
        bytes[n] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return n;
}

/* A full queue empties itself. */
static bool frame_send(int fd, const struct sockaddr_ll *to, const unsigned char *bytes, size_t len)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        if (sendto(fd, bytes, len, 0, (const struct sockaddr *)to, sizeof(*to)) == (ssize_t)len) {
            return true;
        }
        if (errno != ENOBUFS && errno != EAGAIN) {
            break;
        }
        usleep(1000);
    }
    printf("error %s\n", strerrorname_np(errno));
    return false;
}

static bool frames_send(int fd, const struct sockaddr_ll *to, const char *text, long count)
{
    unsigned char bytes[FRAME_MAX];
    size_t len = bytes_parse(text, bytes);
    if (len < ETHER_HDR_LEN) {
        puts("error EINVAL");
        return false;
    }
    for (long i = 0; i < count; i++) {
        if (!frame_send(fd, to, bytes, len)) {
            return false;
        }
    }
    return true;
}

/* Each line: HEXBYTES [COUNT], or "wait MS" between two of them. */
static bool lines_send(int fd, const struct sockaddr_ll *to)
{
    char line[2 * FRAME_MAX + 64];
    while (fgets(line, sizeof(line), stdin)) {
        char *rest = strchr(line, ' ');
        long number = rest ? strtol(rest, NULL, 10) : 1;
        if (strncmp(line, "wait ", 5) == 0) {
            usleep((useconds_t)number * 1000);
        } else if (!frames_send(fd, to, line, number)) {
            return false;
        }
    }
    return true;
}

int frame_main(int argc, char **argv)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
    to.sll_ifindex = argc > 1 ? (int)if_nametoindex(argv[1]) : 0;
    if (!to.sll_ifindex) {
        fputs("usage: wwprobe frame IFACE [HEXBYTES [COUNT]]\n", stderr);
        return 2;
    }
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        printf("error %s\n", strerrorname_np(errno));
        return 1;
    }
    bool sent =
        argc > 2 ? frames_send(fd, &to, argv[2], argc > 3 ? strtol(argv[3], NULL, 10) : 1) : lines_send(fd, &to);
    close(fd);
    if (sent) {
        puts("sent");
    }
    return sent ? 0 : 1;
}
