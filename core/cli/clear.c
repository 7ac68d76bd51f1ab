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

static int clear_kernel(struct ww_log *log, struct ww_error *err)
{
    struct ww_kernel *kernel = NULL;
    int rc = ww_kernel_new(&kernel, err);
    if (rc < 0)
        return rc;
    rc = ww_kernel_clear(kernel, err);
    ww_kernel_free(kernel);
    if (rc >= 0)
        ww_log(log, WW_INFO, "rules removed; containers are no longer restricted", WW_I("objects", rc));
    return rc < 0 ? rc : 0;
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

#define CLEAR_WAIT_MS 5000

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

/* The running program would put its rules back, and may be the only one that can change them. 1: it has removed them;
 * 0: none runs. */
static int clear_through_program(const char *data_dir, struct ww_log *log, struct ww_error *err)
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
    ww_log(log, WW_INFO, "rules removed by the running program, which stops; containers are no longer restricted",
           WW_I("objects", removed >= 0 ? (int64_t)removed : 0));
    return 1;
}

static void clear_memory(const char *data_dir, struct ww_log *log)
{
    struct ww_error err = {0};
    if (clear_store(data_dir, &err) < 0)
        ww_log(log, WW_WARN, "the remembered rules could not be forgotten", WW_S("error", err.text));
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
    int lock = -1;
    int rc = ww_lock_directory(data_dir, false, &lock, err); /* it runs, but does not answer */
    if (rc == 0)
        rc = clear_kernel(log, err);
    if (rc == 0)
        clear_memory(data_dir, log);
    if (lock >= 0)
        close(lock);
    return rc;
}

int ww_clear(const char *data_dir, struct ww_log *log, struct ww_error *err)
{
    const uid_t user = ww_data_dir_as_owner(data_dir);
    int rc = ww_data_dir_open(data_dir, false, err);
    if (rc == 0)
        rc = clear_through_program(data_dir, log, err);
    if (rc == 0)
        rc = clear_here(data_dir, log, err);
    setfsuid(user); /* the owner may not look into other processes */
    if (rc < 0)
        return rc;
    look_for_go_program(data_dir, log);
    return 0;
}
