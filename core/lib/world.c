/* The way from facts to verdicts, without an engine and a kernel. */
#include "core/lib/world_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/explain.h"
#include "core/base/mem.h"
#include "core/ir/names.h"
#include "core/lib/failure.h"
#include "core/lib/options.h"
#include "core/lib/words.h"

/* Or a new field could come where a host's size says that it has it. */
_Static_assert(offsetof(struct whalewall_world_options, reserved) + 7 == sizeof(struct whalewall_world_options),
               "no padding at the end");
_Static_assert(offsetof(struct whalewall_container, reserved) + 7 == sizeof(struct whalewall_container),
               "no padding at the end");

static int open_policy(const struct whalewall_world_options *o, struct ww_policy *ret_policy, struct ww_error *err)
{
    const struct ww_policy_words words = {.policies = o->policies, .n = o->n_policies, .config = o->policy_config};
    return ww_policy_words_open(&words, ret_policy, err);
}

static int open_world(struct whalewall_world *w, const struct whalewall_world_options *o, struct ww_error *err)
{
    int rc = open_policy(o, &w->stage.policy, err);
    if (rc < 0)
        return rc;
    w->stage.trust_image_labels = o->trust_image_labels;
    w->stage.world = ww_world_new();
    if (!w->stage.world)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (w->stage.policy.ops->reads)
        ww_world_set_reads(w->stage.world, w->stage.policy.ops->reads(w->stage.policy.self));
    return 0;
}

int whalewall_world_new(const struct whalewall_world_options *options, struct whalewall_world **ret_world,
                        struct whalewall_error *error)
{
    struct ww_error err = {0};
    struct whalewall_world_options o = {0};
    struct whalewall_world *w = calloc(1, sizeof(*w));
    if (!w)
        return ww_failure(error, &(struct ww_error){.code = -ENOMEM, .text = "out of memory"});
    int rc = ww_options_take(&o, sizeof(o), options, &err);
    if (rc == 0)
        rc = ww_options_reserved(o.reserved, sizeof(o.reserved), &err);
    if (rc == 0)
        rc = open_world(w, &o, &err);
    if (rc == 0)
        *ret_world = w;
    else
        whalewall_world_free(w);
    return rc < 0 ? ww_failure(error, &err) : 0;
}

void ww_lib_world_change(struct whalewall_world *w)
{
    ww_offline_free(w->offline);
    w->offline = NULL;
    ww_stage_strike(&w->stage);
}

void whalewall_world_free(struct whalewall_world *w)
{
    if (!w)
        return;
    ww_lib_world_change(w);
    ww_stage_done(&w->stage);
    free(w);
}

int whalewall_world_check(struct whalewall_world *w, const char *label, struct whalewall_error *error)
{
    struct ww_names names ww_auto(ww_names_done) = {0};
    struct ww_error err = {0};
    const struct ww_policy *p = &w->stage.policy;
    return p->ops->mentions(p->self, label, &names, &err) < 0 ? ww_failure(error, &err) : 0;
}

/* What was compiled goes from the stage to the offline agent: the number of those that are closed. */
static int hand_over(struct whalewall_world *w, struct ww_error *err)
{
    int rc = 0;
    int closed = 0;
    for (size_t i = 0; i < w->stage.n && rc == 0; i++) {
        struct ww_actor *actor = &w->stage.actors[i];
        struct ww_compiled compiled = actor->compiled;
        if (!actor->managed)
            continue;
        actor->compiled = (struct ww_compiled){0};
        closed += actor->fault != NULL;
        rc = ww_offline_add(w->offline, actor->id, &compiled, actor->fault, err);
    }
    return rc < 0 ? rc : closed;
}

int ww_lib_world_compile(struct whalewall_world *w, struct ww_error *err)
{
    if (w->offline)
        return w->closed;
    int rc = ww_stage_play(&w->stage, err);
    if (rc == 0)
        rc = ww_offline_new(w->stage.world, w->stage.plan, &w->offline, err);
    if (rc == 0)
        rc = hand_over(w, err);
    w->closed = rc;
    if (rc < 0)
        ww_lib_world_change(w);
    return rc;
}

int whalewall_world_compile(struct whalewall_world *w, struct whalewall_error *error)
{
    struct ww_error err = {0};
    int rc = ww_lib_world_compile(w, &err);
    return rc < 0 ? ww_failure(error, &err) : rc;
}

int whalewall_world_container(struct whalewall_world *w, size_t index, struct whalewall_container *ret_container,
                              struct whalewall_error *error)
{
    struct ww_error err = {0};
    if (ww_lib_world_compile(w, &err) < 0)
        return ww_failure(error, &err);
    if (index >= w->stage.n)
        return 0;
    const struct ww_actor *actor = &w->stage.actors[index];
    const struct ww_container *c = ww_world_container(w->stage.world, actor->id);
    const struct whalewall_container out = {
        .id = actor->id, .name = c && c->name ? c->name : "", .managed = actor->managed, .fault = actor->fault};
    return ww_options_give(ret_container, &out, sizeof(out), &err) < 0 ? ww_failure(error, &err) : 1;
}

/* The text is the caller's, where all went well. */
static int give(struct ww_buf *text, int rc, char **ret_json, struct ww_error *err)
{
    if (rc == 0 && ww_buf_ok(text))
        *ret_json = ww_buf_take(text);
    else if (rc == 0)
        rc = ww_fail(err, -ENOMEM, "out of memory");
    ww_buf_done(text);
    return rc;
}

int whalewall_world_show(struct whalewall_world *w, const char *container, char **ret_json,
                         struct whalewall_error *error)
{
    struct ww_error err = {0};
    struct ww_show show = {0};
    struct ww_buf text = {0};
    int rc = ww_lib_world_compile(w, &err);
    rc = rc < 0 ? rc : ww_offline_show(w->offline, container, &show, &err);
    if (rc == 0)
        ww_show_write(&show, &text);
    ww_show_done(&show);
    return give(&text, rc, ret_json, &err) < 0 ? ww_failure(error, &err) : 0;
}

int whalewall_world_explain(struct whalewall_world *w, const char *from, const char *to, const char *what,
                            char **ret_json, struct whalewall_error *error)
{
    struct ww_explain_question question = {.from = from, .to = to, .what = what};
    struct ww_explanation explanation = {0};
    struct ww_error err = {0};
    struct ww_buf text = {0};
    int rc = ww_lib_world_compile(w, &err);
    rc = rc < 0 ? rc : ww_agent_explain(w->offline, &question, &explanation, &err);
    if (rc == 0)
        ww_explanation_write(&explanation, &text);
    ww_explanation_done(&explanation);
    return give(&text, rc, ret_json, &err) < 0 ? ww_failure(error, &err) : 0;
}
