/*
 * An agent in a loop of poll(2): it enforces the labels of an engine's containers, prints what it says, and each packet
 * that was dropped.
 *
 *     poll DATA-DIRECTORY [NETWORK-NAMESPACE ENGINE]...
 *
 * Each pair of a network namespace (/proc/PID/ns/net) and an engine (unix:///run/docker.sock) has an agent of its own,
 * with a folder in the data directory; without one the agent is for the engine of this host.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <whalewall.h>

#define AGENTS 8

struct follower {
    struct whalewall_agent *agent;
    uint64_t drops; /* that were told of */
    uint64_t next;  /* drop to ask for */
    char dir[512];
};

static struct follower followers[AGENTS];
static size_t n_followers; /* that were started */

static void on_signal(int number)
{
    (void)number;
    for (size_t i = 0; i < n_followers; i++)
        whalewall_agent_stop(followers[i].agent);
}

static void print_line(void *arg, const struct whalewall_line *line)
{
    const struct follower *f = arg;
    char text[2048];
    whalewall_line_text(line, text, sizeof(text));
    printf("%s: %s\n", f->dir, text);
}

static void note_state(void *arg, const struct whalewall_state *state)
{
    struct follower *f = arg;
    f->drops = state->drops;
    printf("%s: state engine=%d ready=%d containers=%zu\n", f->dir, state->engine, state->ready, state->containers);
}

/* What was dropped since this was asked last, as JSON; its "next" is for the next time. */
static void print_drops(struct follower *f)
{
    char since[32];
    const char *values[] = {"since", since, NULL};
    char *json = NULL;
    snprintf(since, sizeof(since), "%llu", (unsigned long long)f->next);
    if (whalewall_agent_ask(f->agent, "drops", values, &json, NULL) < 0)
        return;
    const char *next = strstr(json, "\"next\":");
    f->next = next ? strtoull(next + 7, NULL, 10) : f->next;
    printf("%s: drops %s", f->dir, json);
    whalewall_free(json);
}

static int start(struct follower *f, const char *dir, const char *namespace, const char *engine, size_t index)
{
    struct whalewall_error error = {0};
    struct whalewall_agent_options options = WHALEWALL_AGENT_OPTIONS;
    int fd = namespace ? open(namespace, O_RDONLY | O_CLOEXEC) : 0;
    snprintf(f->dir, sizeof(f->dir), "%s/%zu", dir, index);
    options.data_dir = f->dir;
    options.docker_host = engine;
    options.network_namespace = fd;
    options.log = print_line;
    options.state = note_state;
    options.log_arg = options.state_arg = f;
    int rc = fd < 0 ? -1 : whalewall_agent_new(&options, &f->agent, &error);
    if (rc == 0)
        rc = whalewall_agent_start(f->agent, &error);
    if (fd > 0)
        close(fd);
    if (rc < 0)
        fprintf(stderr, "poll: %s: %s\n", f->dir, fd < 0 ? "cannot open the network namespace" : error.text);
    return rc;
}

/* What is due of this one, and what it is to be woken for; false: it has stopped. */
static int turn(struct follower *f, struct pollfd *p, int *timeout)
{
    struct whalewall_error error = {0};
    uint64_t before = f->drops;
    int rc = whalewall_agent_dispatch(f->agent, &error);
    if (rc < 0)
        fprintf(stderr, "poll: %s: %s\n", f->dir, error.text);
    if (rc)
        return 0;
    if (f->drops != before)
        print_drops(f);
    int ms = whalewall_agent_timeout(f->agent);
    *p = (struct pollfd){.fd = whalewall_agent_fd(f->agent), .events = POLLIN};
    *timeout = ms >= 0 && (*timeout < 0 || ms < *timeout) ? ms : *timeout;
    return 1;
}

int main(int argc, char *argv[])
{
    struct pollfd fds[AGENTS];
    size_t n = argc > 2 ? (size_t)(argc - 2) / 2 : 1;
    int rc = 0;
    if (argc < 2 || n > AGENTS)
        return fputs("usage: poll DATA-DIRECTORY [NETWORK-NAMESPACE ENGINE]...\n", stderr), 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = start(&followers[i], argv[1], argc > 2 ? argv[2 + 2 * i] : NULL, argc > 2 ? argv[3 + 2 * i] : NULL, i);
        n_followers += rc == 0;
    }
    for (int on = rc == 0; on;) {
        int timeout = -1;
        for (size_t i = 0; i < n && on; i++)
            on = turn(&followers[i], &fds[i], &timeout);
        if (on)
            poll(fds, n, timeout);
    }
    for (size_t i = 0; i < n; i++)
        whalewall_agent_free(followers[i].agent);
    return rc < 0;
}
