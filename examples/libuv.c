/*
 * An agent in a host's loop of libuv, which has other things to do, too: it prints how the agent is, and stops with
 * SIGTERM.
 *
 *     libuv DATA-DIRECTORY [ENGINE]
 */
#include <signal.h>
#include <stdio.h>
#include <uv.h>
#include <whalewall.h>

struct host {
    struct whalewall_agent *agent;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_prepare_t prepare;
    uv_signal_t signal;
    int status;
};

static void print_line(void *arg, const struct whalewall_line *line)
{
    char text[2048];
    (void)arg;
    whalewall_line_text(line, text, sizeof(text));
    printf("%s\n", text);
    fflush(stdout);
}

static void turn(struct host *host)
{
    struct whalewall_error error = {0};
    int rc = whalewall_agent_dispatch(host->agent, &error);
    if (rc < 0)
        fprintf(stderr, "libuv: %s\n", error.text);
    host->status = rc < 0;
    if (rc)
        uv_stop(host->poll.loop);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    turn(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

/* Before the loop sleeps: for how long at most? */
static void on_prepare(uv_prepare_t *prepare)
{
    struct host *host = prepare->data;
    int ms = whalewall_agent_timeout(host->agent);
    if (ms < 0)
        uv_timer_stop(&host->timer);
    else
        uv_timer_start(&host->timer, on_timer, (uint64_t)ms, 0);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct host *host = signal->data;
    (void)number;
    whalewall_agent_stop(host->agent);
}

static void watch(uv_loop_t *loop, struct host *host)
{
    host->poll.data = host->timer.data = host->prepare.data = host->signal.data = host;
    uv_poll_init(loop, &host->poll, whalewall_agent_fd(host->agent));
    uv_poll_start(&host->poll, UV_READABLE, on_readable);
    uv_timer_init(loop, &host->timer);
    uv_prepare_init(loop, &host->prepare);
    uv_prepare_start(&host->prepare, on_prepare);
    uv_signal_init(loop, &host->signal);
    uv_signal_start(&host->signal, on_signal, SIGTERM);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    uv_close(handle, NULL);
}

int main(int argc, char *argv[])
{
    struct host host = {0};
    struct whalewall_error error = {0};
    struct whalewall_agent_options options = WHALEWALL_AGENT_OPTIONS;
    uv_loop_t loop;
    if (argc < 2)
        return fputs("usage: libuv DATA-DIRECTORY [ENGINE]\n", stderr), 2;
    /* Labels are read in a jail, which is made before this process has threads or files open. */
    if (whalewall_jail_new(false, &options.jail, &error) < 0)
        return fprintf(stderr, "libuv: %s\n", error.text), 1;
    options.data_dir = argv[1];
    options.docker_host = argc > 2 ? argv[2] : NULL;
    options.log = print_line;
    if (whalewall_agent_new(&options, &host.agent, &error) < 0 || whalewall_agent_start(host.agent, &error) < 0) {
        fprintf(stderr, "libuv: %s\n", error.text);
        whalewall_agent_free(host.agent);
        return 1;
    }
    uv_loop_init(&loop);
    watch(&loop, &host);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_walk(&loop, close_handle, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    whalewall_agent_free(host.agent);
    return host.status;
}
