/* Many probes at once in one poll loop: an attempt passes only when the other side's answer has come back. */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROBES_MAX 1024
#define TIMEOUT_MS 400

enum kind { TCP, UDP, SCTP, PING };
enum state { CONNECTING, WAITING, DONE };

struct probe {
    char key[64];
    enum kind kind;
    enum state state;
    struct peer to;
    struct peer bind;
    uint16_t sport;
    int timeout;
    int64_t deadline;
    uint16_t ident; /* of an echo request */
    struct sctp_ends sctp;
    int fd;
};

static void finish(struct probe *p, const char *result)
{
    printf("%s %s\n", p->key, result);
    if (p->fd >= 0) {
        struct linger hard = {.l_onoff = 1, .l_linger = 0}; /* a reset: the port can be used again at once */
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
        close(p->fd);
        p->fd = -1;
    }
    p->state = DONE;
}

/* A filter of the sender's own host that drops what it sends says EPERM: nothing has left, which is silence, too. */
static void refuse(struct probe *p, int code)
{
    if (code == EPERM) {
        finish(p, "timeout EPERM");
        return;
    }
    char text[64];
    const char *name = strerrorname_np(code);
    snprintf(text, sizeof(text), "refused %s", name ? name : "?");
    finish(p, text);
}

static void send_question(struct probe *p)
{
    static const char question[] = "who\n";
    struct icmphdr v4 = {.type = ICMP_ECHO, .un.echo = {.id = htons(p->ident), .sequence = htons(1)}};
    struct icmp6_hdr v6 = {.icmp6_type = ICMP6_ECHO_REQUEST};
    v6.icmp6_id = htons(p->ident);
    v6.icmp6_seq = htons(1);
    ssize_t n;
    if (p->kind == SCTP) {
        n = sctp_ask(p->fd, &p->sctp) ? 0 : -1;
    } else if (p->kind != PING) {
        n = send(p->fd, question, sizeof(question) - 1, 0);
    } else if (p->to.any.sa_family == AF_INET) {
        uint32_t sum = v4.type + (uint32_t)(v4.un.echo.id + v4.un.echo.sequence);
        v4.checksum = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
        n = send(p->fd, &v4, sizeof(v4), 0);
    } else {
        n = send(p->fd, &v6, sizeof(v6), 0);
    }
    p->state = WAITING;
    if (n < 0 && errno != EAGAIN) {
        refuse(p, errno);
    }
}

static int open_socket(const struct probe *p)
{
    int family = p->to.any.sa_family;
    if (p->kind == PING) {
        return socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                      family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    }
    if (p->kind == SCTP) {
        return sctp_socket(family);
    }
    return socket(family, (p->kind == TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int bind_socket(struct probe *p)
{
    static const int on = 1;
    if (!p->bind.len && !p->sport) {
        return 0;
    }
    if (!p->bind.len) {
        peer_parse(p->to.any.sa_family == AF_INET ? "0.0.0.0" : "::", 0, &p->bind);
    }
    if (p->bind.any.sa_family == AF_INET) {
        p->bind.v4.sin_port = htons(p->sport);
    } else {
        p->bind.v6.sin6_port = htons(p->sport);
    }
    setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return bind(p->fd, &p->bind.any, p->bind.len);
}

static void begin(struct probe *p)
{
    p->deadline = now_ms() + p->timeout;
    p->fd = open_socket(p);
    if (p->fd < 0 || bind_socket(p)) {
        refuse(p, errno);
        return;
    }
    if (connect(p->fd, &p->to.any, p->to.len) == 0) {
        send_question(p);
    } else if (errno == EINPROGRESS) {
        p->state = CONNECTING;
    } else {
        refuse(p, errno);
    }
}

/* True when the ICMP message in the buffer answers this probe's echo request. */
static bool is_echo_answer(const struct probe *p, const unsigned char *data, size_t len)
{
    size_t at = p->to.any.sa_family == AF_INET ? (data[0] & 0x0fU) * 4U : 0;
    unsigned char type = p->to.any.sa_family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
    return len >= at + 8 && data[at] == type && (data[at + 4] << 8 | data[at + 5]) == p->ident;
}

static void take_answer(struct probe *p)
{
    unsigned char data[512];
    char line[600];
    ssize_t n = recv(p->fd, data, sizeof(data) - 1, 0);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n < 0) {
        refuse(p, errno);
        return;
    }
    if (n == 0 && p->kind == TCP) {
        finish(p, "closed");
        return;
    }
    if (p->kind == PING) {
        if (is_echo_answer(p, data, (size_t)n)) {
            finish(p, "pass - -");
        }
        return;
    }
    if (p->kind == SCTP) {
        const char *text = sctp_answered(data, (size_t)n, p->to.any.sa_family, &p->sctp);
        if (text) {
            snprintf(line, sizeof(line), "pass %s", text);
            finish(p, line);
        }
        return;
    }
    data[n] = '\0';
    data[strcspn((char *)data, "\n")] = '\0';
    snprintf(line, sizeof(line), "pass %s", (char *)data);
    finish(p, line);
}

static void step(struct probe *p, short events)
{
    if (p->state == CONNECTING && events) {
        int code = 0;
        socklen_t len = sizeof(code);
        getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &code, &len);
        if (code) {
            refuse(p, code);
        } else {
            send_question(p);
        }
    } else if (p->state == WAITING && events) {
        take_answer(p);
    }
    if (p->state != DONE && now_ms() >= p->deadline) {
        finish(p, "timeout");
    }
}

static void run_all(struct probe *probes, size_t n)
{
    static struct pollfd fds[PROBES_MAX];
    for (size_t i = 0; i < n; i++) {
        begin(&probes[i]);
    }
    for (;;) {
        int wait = -1;
        for (size_t i = 0; i < n; i++) {
            struct probe *p = &probes[i];
            int left = (int)(p->deadline - now_ms());
            fds[i] = (struct pollfd){.fd = p->state == DONE ? -1 : p->fd,
                                     .events = p->state == CONNECTING ? POLLOUT : POLLIN};
            if (p->state != DONE && (wait < 0 || left < wait)) {
                wait = left > 0 ? left : 0;
            }
        }
        if (wait < 0) {
            return;
        }
        poll(fds, n, wait);
        for (size_t i = 0; i < n; i++) {
            step(&probes[i], fds[i].revents);
        }
    }
}

static bool parse_option(struct probe *p, const char *word)
{
    if (strncmp(word, "bind=", 5) == 0) {
        return peer_parse(word + 5, 0, &p->bind);
    }
    if (strncmp(word, "sport=", 6) == 0) {
        p->sport = (uint16_t)strtoul(word + 6, NULL, 10);
        return true;
    }
    if (strncmp(word, "timeout=", 8) == 0) {
        p->timeout = (int)strtol(word + 8, NULL, 10);
        return true;
    }
    return false;
}

/* A raw socket has no ports: those are the packet's. */
static void prepare_sctp(struct probe *p)
{
    in_port_t *port = p->to.any.sa_family == AF_INET ? &p->to.v4.sin_port : &p->to.v6.sin6_port;
    uint16_t sport = p->sport ? p->sport : (uint16_t)(32768 + p->ident % 28000);
    p->sctp = (struct sctp_ends){.sport = sport, .dport = ntohs(*port), .tag = (uint32_t)p->ident << 8 | 1};
    *port = 0;
    p->sport = 0;
}

/* words: kind, address, port, options. */
static bool parse(struct probe *p, const char *key, char **words, int n)
{
    static const char *const kinds[] = {[TCP] = "tcp", [UDP] = "udp", [SCTP] = "sctp", [PING] = "ping"};
    static unsigned count;
    *p = (struct probe){.fd = -1, .timeout = TIMEOUT_MS, .ident = (uint16_t)((unsigned)getpid() * 977U + count++)};
    snprintf(p->key, sizeof(p->key), "%s", key);
    while (p->kind <= PING && strcmp(words[0], kinds[p->kind]) != 0) {
        p->kind++;
    }
    if (p->kind > PING || n < 3 || !peer_parse(words[1], (uint16_t)strtoul(words[2], NULL, 10), &p->to)) {
        return false;
    }
    for (int i = 3; i < n; i++) {
        if (!parse_option(p, words[i])) {
            return false;
        }
    }
    if (p->kind == SCTP) {
        prepare_sctp(p);
    }
    return true;
}

static int split(char *line, char **words, int max)
{
    int n = 0;
    char *save = NULL;
    for (char *word = strtok_r(line, " \n", &save); word && n < max; word = strtok_r(NULL, " \n", &save)) {
        words[n++] = word;
    }
    return n;
}

int batch_main(int argc, char **argv)
{
    static struct probe probes[PROBES_MAX];
    size_t n = 0;
    char line[512];
    (void)argc;
    (void)argv;
    while (n < PROBES_MAX && fgets(line, sizeof(line), stdin)) {
        char *words[10];
        int count = split(line, words, 10);
        if (count == 0) {
            continue;
        }
        if (count < 4 || !parse(&probes[n], words[0], words + 1, count - 1)) {
            fprintf(stderr, "wwprobe: bad probe '%s'\n", words[0]);
            return 2;
        }
        n++;
    }
    run_all(probes, n);
    return 0;
}

int single_main(int argc, char **argv)
{
    struct probe p;
    char *words[10] = {argv[0], argc > 1 ? argv[1] : "", "0"};
    int n = 3;
    int next = 2;
    if (strcmp(argv[0], "ping") != 0 && argc > 2) {
        words[2] = argv[next++];
    }
    while (next < argc && n < 10) {
        words[n++] = argv[next++];
    }
    if (!parse(&p, argv[0], words, n)) {
        fputs("wwprobe: bad probe\n", stderr);
        return 2;
    }
    run_all(&p, 1);
    return 0;
}
