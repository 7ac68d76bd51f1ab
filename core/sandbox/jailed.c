#include "core/sandbox/jailed.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/asked.h"
#include "core/sandbox/facts_wire.h"
#include "core/sandbox/loader_serve.h"

#define FIRST_MS 5000 /* for the first worker, when the program starts */

struct jailed {
    struct ww_asked worker;
    char version[WW_HASH_HEX];
};

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
    int rc = ww_asked_ask(&j->worker, WW_FRAME_MENTIONS, label, &request, &answer, &why);
    if (rc == 0) {
        rc = ww_answer_names_read(answer.data, answer.len, ret_names, &why);
        rc = ww_asked_judge(&j->worker, rc, &why);
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
    if (!j->worker.forker.loader)
        return strdup(label);
    return asprintf(&key, "%s\n%s", facts->id, label) < 0 ? NULL : key;
}

static int ask_about(struct jailed *j, enum ww_frame_kind kind, const struct ww_facts *facts, struct ww_buf *ret_answer,
                     struct ww_error *err)
{
    struct ww_buf request ww_auto(ww_buf_done) = {0};
    ww_auto_free char *key = key_of(j, facts);
    ww_facts_encode(facts, &request);
    return key ? ww_asked_ask(&j->worker, kind, key, &request, ret_answer, err)
               : ww_fail(err, -ENOMEM, "out of memory");
}

static int compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled, struct ww_error *err)
{
    struct jailed *j = self;
    struct ww_error why = {0};
    struct ww_buf answer ww_auto(ww_buf_done) = {0};
    int rc = ask_about(j, WW_FRAME_COMPILE, facts, &answer, &why);
    if (rc == 0) {
        rc = ww_answer_compiled_read(answer.len ? answer.data : "", answer.len, facts, ret_compiled, &why);
        rc = ww_asked_judge(&j->worker, rc, &why);
    }
    ww_asked_end_turn(&j->worker);
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
        rc = ww_asked_judge(&j->worker, rc, &why);
    }
    return rc < 0 ? ww_fail(err, rc, "%s", why.text) : 0;
}

static unsigned reads(void *self)
{
    return ww_loader_reads(((const struct jailed *)self)->worker.forker.loader);
}

static const struct ww_groups *groups(void *self)
{
    return ww_loader_groups(((const struct jailed *)self)->worker.forker.loader);
}

static const char *version(void *self)
{
    return ((const struct jailed *)self)->version;
}

static void prepare(void *self)
{
    ww_asked_prepare(&((struct jailed *)self)->worker);
}

/* One that waits is enough. */
static void rest(void *self)
{
    struct jailed *j = self;
    ww_asked_retire(&j->worker);
    ww_asked_prepare(&j->worker);
}

static int waiting_fd(void *self)
{
    return ((const struct jailed *)self)->worker.spare.watch;
}

static int64_t look(void *self)
{
    return ww_asked_look(&((struct jailed *)self)->worker);
}

static uint64_t failures(void *self)
{
    return ((const struct jailed *)self)->worker.lost;
}

static void jailed_free(void *self)
{
    struct jailed *j = self;
    const struct ww_forker forker = j->worker.forker;
    ww_asked_done(&j->worker);
    ww_loader_free(forker.loader);
    ww_zygote_free(forker.zygote);
    free(j);
}

#define OPS                                                                                                            \
    .mentions = mentions, .compile = compile, .version = version, .prepare = prepare, .rest = rest,                    \
    .waiting_fd = waiting_fd, .look = look, .failures = failures, .free = jailed_free

static const struct ww_policy_ops ops = {OPS};
static const struct ww_policy_ops site_ops = {OPS, .names = names, .reads = reads, .groups = groups};

int ww_jailed_start(struct ww_worker *worker, struct ww_zygote **ret_zygote, struct ww_error *err)
{
    const bool site = worker->site.load != NULL;
    const struct ww_zygote_job job = {.prepare = site ? ww_loader_prepare : ww_worker_prepare,
                                      .serve = site ? ww_loader_serve : ww_worker_serve,
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
    ww_asked_init(&j->worker, (struct ww_forker){.zygote = zygote});
    int rc = ww_spare_order(&j->worker.spare, &j->worker.forker, err);
    if (rc == 0)
        rc = ww_handle_greet(&j->worker.spare.handle, FIRST_MS, ret_report, j->version, err);
    if (rc < 0) {
        jailed_free(j);
        return rc;
    }
    *ret_policy = (struct ww_policy){.ops = &ops, .self = j};
    return 0;
}

int ww_jailed_new_site(struct ww_loader *loader, const char *version, struct ww_policy *ret_policy,
                       struct ww_error *err)
{
    struct jailed *j = calloc(1, sizeof(*j));
    if (!j) {
        ww_loader_free(loader);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    ww_asked_init(&j->worker, (struct ww_forker){.loader = loader});
    snprintf(j->version, sizeof(j->version), "%s", version);
    ww_asked_prepare(&j->worker);
    *ret_policy = (struct ww_policy){.ops = &site_ops, .self = j};
    return 0;
}
