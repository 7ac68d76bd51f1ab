#include "core/sandbox/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/ir/names.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/facts_wire.h"

#define IDLE_MS 2
#define SAMPLE                                                                                                         \
    "mapped_ports: {external: {allow: true, ips: [192.0.2.0/24]}}\n"                                                   \
    "output:\n- {network: default, container: db, proto: tcp, dst_ports: [5432]}\n"                                    \
    "- {ips: [2001:db8::1], proto: udp, dst_ports: [53]}\n"                                                            \
    "input:\n- {ips: [192.0.2.7], proto: tcp, dst_ports: [80]}\n"

/* Translate a label that is known to be harmless. Not by the site's policies, which may take their time. */
static void translate(struct ww_worker *w, const char *label)
{
    struct ww_names names = {0};
    struct ww_compiled compiled = {0};
    const struct ww_facts facts = {.id = "", .name = "", .label_rules = label};
    (void)w->policy.ops->mentions(w->policy.self, label, &names, NULL);
    if (!w->policy.ops->names)
        (void)w->policy.ops->compile(w->policy.self, &facts, &compiled, NULL);
    ww_names_done(&names);
    ww_compiled_done(&compiled);
}

void ww_worker_warm_up(struct ww_worker *w)
{
    translate(w, SAMPLE);
    if (w->policy.ops->rest)
        w->policy.ops->rest(w->policy.self);
}

/* Nothing is collected here: that would write to every page of the state, and all of them would be this process's own.
 */
void ww_worker_begin(struct ww_worker *w)
{
    struct pollfd p = {.fd = WW_WORKER_FD, .events = POLLIN};
    bool waits = poll(&p, 1, IDLE_MS) == 0;
    if (w->policy.ops->forked)
        w->policy.ops->forked(w->policy.self, waits);
    if (waits)
        translate(w, SAMPLE "# another\n"); /* of the last label the policy knows the answer */
}

static int compare_bytes(const void *a, const void *b)
{
    return *(const unsigned char *)a - *(const unsigned char *)b;
}

void ww_worker_ready_sort(void)
{
    unsigned char much[4096] = {1};
    qsort(much, sizeof(much), 1, compare_bytes);
}

int ww_worker_prepare(void *worker, struct ww_error *err)
{
    struct ww_worker *w = worker;
    w->parent = getpid();
    ww_worker_ready_sort();
    int rc = ww_filter_worker(&w->filter, err);
    if (rc == 0)
        rc = w->how.make(w->how.arg, &w->policy, err);
    if (rc == 0)
        ww_worker_warm_up(w);
    return rc;
}

static int answer_mentions(struct ww_worker *w, const struct ww_buf *request, struct ww_buf *out, struct ww_error *err)
{
    struct ww_names names = {0};
    int rc = w->policy.ops->mentions(w->policy.self, request->len ? request->data : "", &names, err);
    if (rc == 0)
        ww_answer_names_write(&names, out);
    ww_names_done(&names);
    return rc;
}

static int answer_names(struct ww_worker *w, const struct ww_buf *request, struct ww_buf *out, struct ww_error *err)
{
    struct ww_facts facts;
    struct ww_names names = {0};
    if (!w->policy.ops->names)
        return ww_fail(err, -EINVAL, "there are no policies of the site");
    int rc = ww_facts_decode(request->data, request->len, &facts, err);
    if (rc < 0)
        return rc;
    rc = w->policy.ops->names(w->policy.self, &facts, &names, err);
    if (rc == 0)
        ww_answer_names_write(&names, out);
    ww_names_done(&names);
    ww_facts_decoded_done(&facts);
    return rc;
}

static int answer_compile(struct ww_worker *w, const struct ww_buf *request, struct ww_buf *out, struct ww_error *err)
{
    struct ww_facts facts;
    struct ww_compiled compiled = {0};
    int rc = ww_facts_decode(request->data, request->len, &facts, err);
    if (rc < 0)
        return rc;
    rc = w->policy.ops->compile(w->policy.self, &facts, &compiled, err);
    if (rc == 0)
        ww_compiled_write(&compiled, out);
    ww_compiled_done(&compiled);
    ww_facts_decoded_done(&facts);
    return rc;
}

static int answer(struct ww_worker *w, const struct ww_frame *frame, const struct ww_buf *request, struct ww_buf *out,
                  struct ww_error *err)
{
    int rc;
    if (frame->kind == WW_FRAME_MENTIONS)
        rc = answer_mentions(w, request, out, err);
    else if (frame->kind == WW_FRAME_COMPILE)
        rc = answer_compile(w, request, out, err);
    else if (frame->kind == WW_FRAME_NAMES)
        rc = answer_names(w, request, out, err);
    else
        return ww_fail(err, -EINVAL, "an unknown request");
    if (rc == 0 && !ww_buf_ok(out))
        return ww_fail(err, -ENOMEM, "out of memory for an answer");
    if (rc == 0 && out->len > WW_LIMIT_JAIL_BYTES)
        return ww_fail(err, -E2BIG, "the rules take %zu bytes as text; at most %ld are allowed (WW_LIMIT_JAIL_BYTES)",
                       out->len, WW_LIMIT_JAIL_BYTES);
    return rc;
}

int ww_worker_say(enum ww_frame_kind kind, uint64_t number, const struct ww_buf *body)
{
    const struct ww_frame frame = {.bytes = (uint32_t)body->len, .kind = kind, .number = number};
    return ww_frame_send(WW_WORKER_FD, frame, body->data, 0);
}

int ww_worker_refuse(uint64_t number, const struct ww_error *err, struct ww_buf *out)
{
    ww_buf_reset(out);
    ww_answer_refusal_write(err, out);
    return ww_buf_ok(out) ? ww_worker_say(WW_FRAME_REFUSED, number, out) : -ENOMEM;
}

int ww_worker_say_hello(const struct ww_jail_report *report, const char *version, const struct ww_error *err,
                        struct ww_buf *out)
{
    if (err->code) {
        struct ww_error why = *err;
        why.code = -EINVAL; /* whatever the kernel refused: a refusal of another number is taken for no refusal */
        ww_worker_refuse(0, &why, out);
        return err->code;
    }
    ww_buf_reset(out);
    ww_buf_add(out, report, sizeof(*report));
    ww_buf_str(out, version);
    return ww_buf_ok(out) ? ww_worker_say(WW_FRAME_HELLO, 0, out) : -ENOMEM;
}

void ww_worker_work(struct ww_worker *w, const struct ww_jail_report *report, const struct ww_error *jail)
{
    struct ww_frame frame;
    struct ww_buf request = {0};
    struct ww_buf out = {0};
    int rc = ww_worker_say_hello(report, w->policy.ops->version(w->policy.self), jail, &out);
    while (rc == 0 && ww_frame_receive(WW_WORKER_FD, WW_LIMIT_JAIL_BYTES, 0, &frame, &request) == 0) {
        struct ww_error err = {0};
        ww_buf_reset(&out);
        rc = answer(w, &frame, &request, &out, &err) < 0 ? ww_worker_refuse(frame.number, &err, &out)
                                                         : ww_worker_say(WW_FRAME_DONE, frame.number, &out);
    }
    ww_buf_done(&request);
    ww_buf_done(&out);
}

void ww_worker_serve(void *worker)
{
    struct ww_worker *w = worker;
    struct ww_error err = {0};
    struct ww_jail_report report = {0};
    ww_worker_begin(w);
    (void)ww_jail_enter(&w->filter, w->parent, &report, &err);
    ww_worker_work(w, &report, &err);
}
