#include "core/cli/clear.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/agent/data_dir.h"
#include "core/agent/go_program.h"
#include "core/agent/lock.h"
#include "core/base/mem.h"
#include "core/cli/ask.h"
#include "core/docker/json.h"
#include "core/ir/plan.h"
#include "core/kernel/foreign/foreign.h"
#include "core/kernel/kernel.h"
#include "core/store/store.h"

#define CLEAR_WAIT_MS 5000
#define CLEAR_STEP_MS 50

static void say_removed(struct ww_log *log, int64_t objects)
{
    ww_log(log, WW_INFO, "rules removed; containers are no longer restricted", WW_I("objects", objects));
}

/* By no other program than this, or that one would put its rules back: removed objects, or -errno. A program that has
 * answered may take `patience_ms` to end. */
static int clear_kernel(struct ww_kernel *kernel, int patience_ms, struct ww_error *err)
{
    ww_auto_close int lock = -1;
    int rc = ww_lock_namespace(kernel, &lock, err);
    for (; rc == -EBUSY && patience_ms > 0; patience_ms -= CLEAR_STEP_MS) {
        (void)poll(NULL, 0, CLEAR_STEP_MS);
        rc = ww_lock_namespace(kernel, &lock, err);
    }
    return rc < 0 ? rc : ww_kernel_clear(kernel, err);
}

static int forget_all(struct ww_store *store, struct ww_plan *plan, struct ww_plan *nothing, struct ww_error *err)
{
    struct ww_diff diff = {0};
    int rc = ww_store_load_plan(store, plan, NULL, err);
    if (rc >= 0)
        rc = ww_plan_diff(plan, nothing, NULL, 0, &diff, err);
    if (rc >= 0)
        rc = ww_store_save_diff(store, &diff, err);
    if (rc == 0)
        rc = ww_store_save_fences(store, &(struct ww_fence_diff){0}, err); /* the first one replaces all */
    ww_diff_done(&diff);
    return rc;
}

/* Or the next start would put the last known rules back. Where nothing is remembered nothing is made. */
static int clear_store(const char *data_dir, struct ww_error *err)
{
    struct ww_store *store = NULL;
    if (!ww_store_is_there(data_dir))
        return 0;
    int rc = ww_store_open(data_dir, &store, err);
    struct ww_plan *plan = ww_plan_new();
    struct ww_plan *nothing = ww_plan_new();
    if (rc >= 0 && plan && nothing)
        rc = forget_all(store, plan, nothing, err);
    else if (rc >= 0)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    ww_plan_free(plan);
    ww_plan_free(nothing);
    ww_store_close(store);
    return rc;
}

/* Or a start that follows at once would find it running. */
static void wait_for_end(double pid)
{
    if (!(pid > 1 && pid < INT32_MAX))
        return;
    ww_auto_close int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    struct pollfd end = {.fd = fd, .events = POLLIN};
    if (fd >= 0)
        (void)poll(&end, 1, CLEAR_WAIT_MS);
}

/* The running program would put its rules back, and may be the only one that can change them. 1: it says that it has
 * removed them, *ret_objects of them; 0: none runs. */
static int clear_through_program(const char *data_dir, int64_t *ret_objects, struct ww_error *err)
{
    struct ww_reply reply;
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    int rc = ww_ask_program(data_dir, "/v1/clear", true, &reply, err);
    if (rc == 0 && reply.status != 200)
        rc = ww_reply_error(&reply, err);
    if (rc == 0)
        rc = ww_json_parse(reply.body.data ? reply.body.data : "", reply.body.len, &json, err);
    ww_buf_done(&reply.body);
    if (rc == -ENOENT || rc == -ECONNREFUSED)
        return 0;
    if (rc < 0)
        return rc;
    wait_for_end(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(json, "pid")));
    double removed = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(json, "removed"));
    *ret_objects = removed >= 0 && removed < INT32_MAX ? (int64_t)removed : 0;
    return 1;
}

static void say_remembered(struct ww_log *log, const struct ww_error *err)
{
    ww_log(log, WW_WARN, "the remembered rules could not be forgotten", WW_S("error", err->text));
}

static void clear_memory(const char *data_dir, struct ww_log *log)
{
    struct ww_error err = {0};
    if (clear_store(data_dir, &err) < 0)
        say_remembered(log, &err);
}

/* It makes its rules once more with its next start only, but then over everything that is there. */
static void look_for_go_program(const char *data_dir, struct ww_log *log)
{
    pid_t pid;
    bool runs = ww_go_program_runs(data_dir, &pid);
    int objects = ww_foreign_count(NULL);
    if (runs)
        ww_log(log, WW_WARN, "the Go program whalewall runs, and makes its rules again with its next start: stop it",
               WW_I("process.pid", pid), WW_I("objects", objects > 0 ? objects : 0));
    else if (objects > 0)
        ww_log(log, WW_WARN,
               "rules of the Go program whalewall are in table ip filter again: stop it, and run -clear once more",
               WW_I("objects", objects));
}

static int clear_here(const char *data_dir, struct ww_log *log, struct ww_error *err)
{
    struct ww_kernel *kernel = NULL;
    ww_auto_close int lock = -1;
    int rc = ww_lock_directory(data_dir, false, &lock, err); /* it runs, but does not answer */
    if (rc == 0)
        rc = ww_kernel_new(&kernel, err);
    if (rc == 0)
        rc = clear_kernel(kernel, 0, err);
    ww_kernel_free(kernel);
    if (rc < 0)
        return rc;
    say_removed(log, rc);
    clear_memory(data_dir, log);
    return 0;
}

/* Rules were left: what has answered does not forget what is remembered, either. */
static void clear_what_was_left(const char *data_dir, int objects, struct ww_log *log)
{
    struct ww_error err = {0};
    ww_auto_close int lock = -1;
    ww_log(
        log, WW_WARN,
        "what answers at the control socket says that it has removed the rules, and they were there: is it whalewall?",
        WW_S("data_dir", data_dir));
    say_removed(log, objects);
    if (ww_lock_directory(data_dir, false, &lock, &err) == 0)
        clear_memory(data_dir, log);
    else
        say_remembered(log, &err);
}

/* Whose the data directory is may have put another socket there, and whoever listens at it may say anything: the kernel
 * is asked, too. Who may not ask it takes the word, and says so. */
static int clear_and_see(const char *data_dir, int64_t said, struct ww_log *log, struct ww_error *err)
{
    struct ww_kernel *kernel = NULL;
    struct ww_error why = {0};
    bool looked = ww_kernel_new(&kernel, &why) == 0;
    int left = looked ? clear_kernel(kernel, CLEAR_WAIT_MS, err) : 0;
    ww_kernel_free(kernel);
    if (left < 0)
        return left;
    if (left > 0) {
        clear_what_was_left(data_dir, left, log);
        return 0;
    }
    ww_log(log, WW_INFO, "rules removed by the running program, which stops; containers are no longer restricted",
           WW_I("objects", said));
    if (!looked)
        ww_log(log, WW_WARN, "it says so; whether they are gone could not be looked at", WW_S("error", why.text));
    return 0;
}

int ww_clear(const char *data_dir, struct ww_log *log, struct ww_error *err)
{
    const uid_t user = ww_data_dir_as_owner(data_dir);
    int64_t said = 0;
    int rc = ww_data_dir_open(data_dir, false, err);
    if (rc == 0)
        rc = clear_through_program(data_dir, &said, err);
    if (rc >= 0)
        rc = rc ? clear_and_see(data_dir, said, log, err) : clear_here(data_dir, log, err);
    setfsuid(user); /* the owner may not look into other processes */
    if (rc < 0)
        return rc;
    look_for_go_program(data_dir, log);
    return 0;
}
