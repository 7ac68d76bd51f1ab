#include "helper_fake.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/clock.h"

static char folder[] = "/tmp/ww-docker-XXXXXX";

static void folder_remove(void)
{
    char command[64];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command)) /* NOLINT: a fixed command on a folder of our own */
        fprintf(stderr, "%s is left behind\n", folder);
}

const char *fake_folder(void)
{
    static bool made;
    if (!made) {
        assert_non_null(mkdtemp(folder));
        atexit(folder_remove);
        made = true;
    }
    return folder;
}

static void fake_exec(const char *listen, const char *const *args, int out)
{
    const char *argv[16] = {"python3", WW_SPEC_DIR "/fake-engine/fake_engine.py", "--listen", listen};
    size_t n = 4;
    while (args && *args && n < 15)
        argv[n++] = *args++;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    dup2(out, STDOUT_FILENO);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

void fake_start(struct fake *fake, const char *listen, const char *const *args)
{
    int out[2];
    char line[256];
    assert_int_equal(pipe(out), 0);
    fake->pid = fork();
    assert_true(fake->pid >= 0);
    if (fake->pid == 0)
        fake_exec(listen, args, out[1]);
    close(out[1]);
    FILE *ready = fdopen(out[0], "r");
    assert_non_null(ready);
    assert_non_null(fgets(line, sizeof(line), ready));
    fclose(ready);
    assert_int_equal(sscanf(line, "ready %127s", fake->address), 1);
}

void fake_stop(struct fake *fake)
{
    if (fake->pid <= 0)
        return;
    kill(fake->pid, SIGKILL);
    waitpid(fake->pid, NULL, 0);
    fake->pid = 0;
}

char *fake_tell(const struct fake *fake, const char *path, const char *json)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ww_buf buf = {0};
    char chunk[4096];
    ssize_t got;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->address + strlen("unix://"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ww_buf_fmt(&buf, "POST %s HTTP/1.1\r\nContent-Length: %zu\r\n\r\n%s", path, strlen(json), json);
    assert_int_equal(write(fd, buf.data, buf.len), (ssize_t)buf.len);
    shutdown(fd, SHUT_WR);
    ww_buf_reset(&buf);
    while ((got = read(fd, chunk, sizeof(chunk))) > 0)
        ww_buf_add(&buf, chunk, (size_t)got);
    close(fd);
    assert_int_equal(strncmp(buf.data, "HTTP/1.1 200 ", 13), 0);
    char *body = strstr(buf.data, "\r\n\r\n");
    assert_non_null(body);
    ww_buf_consume(&buf, (size_t)(body + 4 - buf.data));
    return ww_buf_take(&buf);
}

void fake_do(const struct fake *fake, const char *path, const char *json)
{
    free(fake_tell(fake, path, json));
}

void client_open(struct client *client, const struct fake *fake, struct ww_source_options options)
{
    struct ww_error err = {0};
    loop_init(&client->loop);
    struct ww_source_io io = loop_io(&client->loop);
    if (!options.host)
        options.host = fake->address;
    client->world = ww_world_new();
    assert_non_null(client->world);
    if (ww_source_new(&options, &io, client->world, &client->source, &err) < 0)
        fail_msg("%s", err.text);
    client->loop.source = client->source;
}

void client_close(struct client *client)
{
    ww_source_free(client->source);
    assert_int_equal(client->loop.n, 0);
    ww_world_free(client->world);
}

static bool client_is_settled(void *arg)
{
    const struct client *client = arg;
    return ww_source_state(client->source) == WW_SOURCE_SYNCED && !ww_source_is_busy(client->source);
}

void client_settle(struct client *client)
{
    if (!loop_until(&client->loop, client_is_settled, client, 10000))
        fail_msg("not settled: state %d", (int)ww_source_state(client->source));
}

struct wanted {
    struct client *client;
    uint64_t generation;
    const char *text;
    struct ww_notice *notice;
};

static bool client_is_at(void *arg)
{
    const struct wanted *wanted = arg;
    return ww_source_generation(wanted->client->source) >= wanted->generation;
}

bool client_reaches(struct client *client, uint64_t generation, int ms)
{
    struct wanted wanted = {.client = client, .generation = generation};
    return loop_until(&client->loop, client_is_at, &wanted, ms);
}

static bool client_has_heard(void *arg)
{
    const struct wanted *wanted = arg;
    while (ww_source_take_notice(wanted->client->source, wanted->notice))
        if (strstr(wanted->notice->text, wanted->text))
            return true;
    return false;
}

bool client_hears(struct client *client, const char *text, struct ww_notice *ret_notice, int ms)
{
    struct wanted wanted = {.client = client, .text = text, .notice = ret_notice};
    return loop_until(&client->loop, client_has_heard, &wanted, ms);
}
