#include "core/sandbox/jailed.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/facts_wire.h"
#include "core/sandbox/frame.h"
#include "core/sandbox/handle.h"
#include "core/sandbox/jailed_error.h"
#include "core/sandbox/set_serve.h"
#include "core/sandbox/slow.h"

#define FIRST_MS 5000               /* for the first worker, when the program starts */
#define BUSY_NS (20 * WW_NS_PER_MS) /* between requests that come one after the other, as at a start */
#define SHARED_MAX 64               /* containers that one worker is asked about: its time is limited */
#define BACKOFF_FIRST_MS 50
#define BACKOFF_LAST_MS 5000

struct jailed {
    struct ww_forker forker;
    struct ww_handle spare;   /* asked for, and not asked anything yet */
    struct ww_handle current; /* has seen `key` */
    struct ww_handle former;  /* is asked nothing more, and ended when nothing waits for it */
    char *key;                /* a label, or a container and its label; NULL: none yet */
    unsigned compiled;        /* containers that it was asked about */
    bool spent;               /* it is asked nothing more */
    uint64_t number;          /* of the last request */
    int64_t asked;            /* the worker could begin with it then: ww_clock_mono() */
    int64_t answered;         /* the last one, then */
    struct ww_slow slow;
    uint64_t lost;      /* workers that failed */
    unsigned failures;  /* workers that could not be started, in a row */
    int64_t not_before; /* … so none is tried until then: ww_clock_mono() */
    char version[WW_HASH_HEX];
};

/* The current worker is asked nothing more. */
static void set_aside(struct jailed *j)
{
    ww_handle_end(&j->former, &j->forker);
    j->former = j->current;
    j->current.fd = -1;
    j->compiled = 0;
    j->spent = false;
    free(j->key);
    j->key = NULL;
}

/* … and has to end now. */
static void retire(struct jailed *j)
{
    set_aside(j);
    ww_handle_end(&j->former, &j->forker);
}

/* A worker could not be started: that is not tried at once for every label that needs one. */
static void back_off(struct jailed *j)
{
    int64_t ms = BACKOFF_FIRST_MS;
    for (unsigned i = 0; i < j->failures && ms < BACKOFF_LAST_MS; i++)
        ms *= 2;
    j->failures++;
    j->not_before = ww_clock_mono() + (ms < BACKOFF_LAST_MS ? ms : BACKOFF_LAST_MS) * WW_NS_PER_MS;
}

/* The current worker did not begin. The zygote's death shows at once, not when it is asked next. */
static int start_failed(struct jailed *j, struct ww_error *err)
{
    struct ww_error gone = {0};
    retire(j);
    back_off(j);
    if (j->spare.fd >= 0 || ww_handle_order(&j->spare, &j->forker, &gone) != -EPIPE)
        return -EAGAIN;
    *err = gone;
    return -EPIPE;
}

/* A worker that has seen nothing of another key. What fails here is no fault of the label: -EAGAIN, -EPIPE. */
static int worker_for(struct jailed *j, const char *key, struct ww_error *err)
{
    if (j->current.fd >= 0 && !j->spent && strcmp(j->key, key) == 0 && !ww_handle_has_ended(&j->current))
        return 0;
    set_aside(j);
    if (ww_clock_mono() < j->not_before)
        return ww_fail(err, -EAGAIN, "a reader of labels could not be started, and is not tried again yet");
    j->key = strdup(key);
    if (!j->key)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (j->spare.fd >= 0 && ww_handle_has_ended(&j->spare))
        ww_handle_end(&j->spare, &j->forker);
    int rc = j->spare.fd < 0 ? ww_handle_order(&j->spare, &j->forker, err) : 0;
    if (rc < 0)
        return rc == -EPIPE ? rc : -EAGAIN;
    j->current = j->spare;
    j->spare.fd = -1;
    return 0;
}

static int64_t until_of(const struct jailed *j)
{
    return j->asked + WW_LIMIT_JAIL_MS * WW_NS_PER_MS;
}

/* The worker says that it is shut in, within the time for its start. The request's time begins with that. */
static int greet(struct jailed *j, struct ww_error *err)
{
    char version[WW_HASH_HEX];
    struct ww_jail_report report;
    int64_t left = until_of(j) - ww_clock_mono();
    int rc = ww_handle_greet(&j->current, left > 0 ? left / WW_NS_PER_MS : 0, &report, version, err);
    j->asked = ww_clock_mono();
    return rc;
}

/*
 * Send the request, which the worker reads when it is shut in; have the next worker made meanwhile; and wait until this
 * one says that it is. *ret_began: it is, so that what fails is the request's doing.
 */
static int begin(struct jailed *j, struct ww_frame frame, const struct ww_buf *request, bool *ret_began,
                 struct ww_error *err)
{
    *ret_began = j->current.greeted;
    j->asked = ww_clock_mono();
    int rc = ww_frame_send(j->current.fd, frame, request->data, until_of(j));
    ww_handle_end(&j->former, &j->forker); /* while this one works */
    if (j->spare.fd < 0 && ww_clock_mono() - j->answered < BUSY_NS)
        (void)ww_handle_order(&j->spare, &j->forker, NULL); /* else when nothing waits for it, or it is needed */
    if (!j->current.greeted && greet(j, err) < 0)
        return -EAGAIN;
    *ret_began = true;
    j->failures = 0;
    return rc;
}

static int finish(const struct jailed *j, struct ww_frame *ret_frame, struct ww_buf *ret_answer)
{
    int rc = ww_frame_receive(j->current.fd, WW_LIMIT_JAIL_BYTES, until_of(j), ret_frame, ret_answer);
    if (rc == 0 &&
        (ret_frame->number != j->number || (ret_frame->kind != WW_FRAME_DONE && ret_frame->kind != WW_FRAME_REFUSED)))
        rc = -EBADMSG;
    return rc;
}

static int check_request(const struct ww_buf *request, struct ww_error *err)
{
    if (!ww_buf_ok(request))
        return ww_fail(err, -ENOMEM, "out of memory");
    if (request->len <= WW_LIMIT_JAIL_BYTES)
        return 0;
    return ww_fail(err, -E2BIG,
                   "the container's label, and what it names, take %zu bytes; at most %ld are allowed "
                   "(WW_LIMIT_JAIL_BYTES)",
                   request->len, WW_LIMIT_JAIL_BYTES);
}

/* Ask the current worker. */
static int exchange(struct jailed *j, enum ww_frame_kind kind, const struct ww_buf *request, struct ww_buf *ret_answer,
                    struct ww_error *err)
{
    struct ww_frame frame = {.bytes = (uint32_t)request->len, .kind = kind, .number = ++j->number};
    bool began;
    int rc = begin(j, frame, request, &began, err);
    if (!began)
        return start_failed(j, err);
    if (rc == 0)
        rc = finish(j, &frame, ret_answer);
    if (rc < 0)
        return ww_jailed_explain(rc, err);
    return frame.kind == WW_FRAME_REFUSED ? ww_jailed_refusal(ret_answer, err) : 0;
}

/* What came of a request, when all of it was read: what keeps the loop waiting is not asked at once again. */
static void settle(struct jailed *j, const char *key, int rc, const struct ww_error *err)
{
    if (rc == -EINVAL || rc == -E2BIG || rc == -ECHILD)
        ww_slow_note_failure(&j->slow, key, ww_clock_mono() - j->asked, err);
    else if (rc == 0)
        ww_slow_note_answer(&j->slow, key, ww_clock_mono() - j->asked);
    j->lost += rc == -ECHILD || rc == -EAGAIN;
    if (rc < 0)
        retire(j);
}

/* A request. key: what this worker may have seen of before. After any failure the worker is done with. */
static int ask(struct jailed *j, enum ww_frame_kind kind, const char *key, const struct ww_buf *request,
               struct ww_buf *ret_answer, struct ww_error *err)
{
    int rc = check_request(request, err);
    if (rc == 0)
        rc = ww_slow_check(&j->slow, key, err);
    if (rc == 0)
        rc = worker_for(j, key, err);
    if (rc < 0)
        return rc;
    rc = exchange(j, kind, request, ret_answer, err);
    if (rc < 0)
        settle(j, key, rc, err);
    return rc;
}

/* An answer was read, with this result: below 0, it says what it may not. */
static int judge(struct jailed *j, int rc, struct ww_error *err)
{
    if (rc < 0 && rc != -ENOMEM) {
        err->code = -ECHILD;
        rc = ww_context(err, "the process that reads the label answers with what it may not");
    }
    settle(j, j->key, rc, err);
    return rc;
}

static int mentions(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    struct jailed *j = self;
    struct ww_error why = {0};
    struct ww_buf request = {0};
    struct ww_buf answer = {0};
    if (!label) {
        *ret_names = (struct ww_names){0};
        return 0;
    }
    ww_buf_str(&request, label);
    int rc = ask(j, WW_FRAME_MENTIONS, label, &request, &answer, &why);
    if (rc == 0) {
        rc = ww_answer_names_read(answer.data, answer.len, ret_names, &why);
        rc = judge(j, rc, &why);
    }
    ww_buf_done(&request);
    ww_buf_done(&answer);
    return rc < 0 ? ww_fail(err, rc, "%s", why.text) : 0;
}

/* By a label alone, a worker is kept to that label; by policies, which see all of a container, to that container. */
static char *key_of(const struct jailed *j, const struct ww_facts *facts)
{
    const char *label = facts->label_rules ? facts->label_rules : "";
    char *key = NULL;
    if (!j->forker.set)
        return strdup(label);
    return asprintf(&key, "%s\n%s", facts->id, label) < 0 ? NULL : key;
}

static int ask_about(struct jailed *j, enum ww_frame_kind kind, const struct ww_facts *facts, struct ww_buf *ret_answer,
                     struct ww_error *err)
{
    struct ww_buf request ww_auto(ww_buf_done) = {0};
    ww_auto_free char *key = key_of(j, facts);
    ww_facts_encode(facts, &request);
    return key ? ask(j, kind, key, &request, ret_answer, err) : ww_fail(err, -ENOMEM, "out of memory");
}

/* After an answer. Where requests come one after the other the worker stays for the next container with its label. */
static void answered(struct jailed *j)
{
    bool busy = ww_clock_mono() - j->answered < BUSY_NS;
    j->spent = j->spent || j->forker.set || !busy || ++j->compiled >= SHARED_MAX;
    j->answered = ww_clock_mono();
}

static int compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled, struct ww_error *err)
{
    struct jailed *j = self;
    struct ww_error why = {0};
    struct ww_buf answer ww_auto(ww_buf_done) = {0};
    int rc = ask_about(j, WW_FRAME_COMPILE, facts, &answer, &why);
    if (rc == 0) {
        rc = ww_answer_compiled_read(answer.len ? answer.data : "", answer.len, facts, ret_compiled, &why);
        rc = judge(j, rc, &why);
    }
    answered(j);
    return rc < 0 ? ww_fail(err, rc, "%s", why.text) : 0;
}

/* The worker may be asked for the rules of that container, too. */
static int names(void *self, const struct ww_facts *facts, struct ww_names *ret_names, struct ww_error *err)
{
    struct jailed *j = self;
    struct ww_error why = {0};
    struct ww_buf answer ww_auto(ww_buf_done) = {0};
    int rc = ask_about(j, WW_FRAME_NAMES, facts, &answer, &why);
    if (rc == 0) {
        rc = ww_answer_names_read(answer.data, answer.len, ret_names, &why);
        rc = judge(j, rc, &why);
    }
    return rc < 0 ? ww_fail(err, rc, "%s", why.text) : 0;
}

static unsigned reads(void *self)
{
    return ww_set_reads(((const struct jailed *)self)->forker.set);
}

static const struct ww_groups *groups(void *self)
{
    return ww_set_groups(((const struct jailed *)self)->forker.set);
}

static const char *version(void *self)
{
    return ((const struct jailed *)self)->version;
}

/* End workers, and have the next one made: not before the answer is of use, for that takes the processor from it. */
static void prepare(void *self)
{
    struct jailed *j = self;
    if (j->spent)
        retire(j);
    ww_handle_end(&j->former, &j->forker);
    if (j->spare.fd < 0)
        (void)ww_handle_order(&j->spare, &j->forker, NULL); /* else when it is needed */
}

/* One that waits is enough. */
static void rest(void *self)
{
    retire(self);
    prepare(self);
}

static uint64_t failures(void *self)
{
    return ((const struct jailed *)self)->lost;
}

static void jailed_free(void *self)
{
    struct jailed *j = self;
    retire(j);
    ww_handle_end(&j->spare, &j->forker);
    ww_set_free(j->forker.set);
    ww_zygote_free(j->forker.zygote);
    ww_slow_done(&j->slow);
    free(j);
}

#define OPS                                                                                                            \
    .mentions = mentions, .compile = compile, .version = version, .prepare = prepare, .rest = rest,                    \
    .failures = failures, .free = jailed_free

static const struct ww_policy_ops ops = {OPS};
static const struct ww_policy_ops site_ops = {OPS, .names = names, .reads = reads, .groups = groups};

int ww_jailed_start(struct ww_worker *worker, struct ww_zygote **ret_zygote, struct ww_error *err)
{
    const bool site = worker->site.load != NULL;
    const struct ww_zygote_job job = {.prepare = site ? ww_set_prepare : ww_worker_prepare,
                                      .serve = site ? ww_set_serve : ww_worker_serve,
                                      .arg = worker};
    return ww_zygote_start(&job, ret_zygote, err);
}

int ww_jailed_new(struct ww_zygote *zygote, struct ww_policy *ret_policy, struct ww_jail_report *ret_report,
                  struct ww_error *err)
{
    struct jailed *j = calloc(1, sizeof(*j));
    if (!j) {
        ww_zygote_free(zygote);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    *j = (struct jailed){.forker.zygote = zygote, .spare.fd = -1, .current.fd = -1, .former.fd = -1};
    int rc = ww_handle_order(&j->current, &j->forker, err);
    if (rc == 0)
        rc = ww_handle_greet(&j->current, FIRST_MS, ret_report, j->version, err);
    if (rc < 0) {
        jailed_free(j);
        return rc;
    }
    j->spare = j->current;
    j->current.fd = -1;
    *ret_policy = (struct ww_policy){.ops = &ops, .self = j};
    return 0;
}

int ww_jailed_new_site(struct ww_set *set, const char *version, struct ww_policy *ret_policy, struct ww_error *err)
{
    struct jailed *j = calloc(1, sizeof(*j));
    if (!j) {
        ww_set_free(set);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    *j = (struct jailed){.forker.set = set, .spare.fd = -1, .current.fd = -1, .former.fd = -1};
    snprintf(j->version, sizeof(j->version), "%s", version);
    (void)ww_handle_order(&j->spare, &j->forker, NULL); /* else when it is needed */
    *ret_policy = (struct ww_policy){.ops = &site_ops, .self = j};
    return 0;
}
