#include "bindings/policy_lua.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/embedded.h"
#include "bindings/lua_facts.h"
#include "bindings/lua_state.h"
#include "bindings/policy_files.h"
#include "bindings/policy_finish.h"
#include "bindings/policy_site.h"
#include "core/base/buf.h"
#include "core/base/hash.h"
#include "core/base/limits.h"

/* Raise it when the C side of the translation changes its meaning. */
#define GENERATION "3"

struct policy {
    struct ww_lua lua;
    struct ww_policy_sources sources; /* of the site; empty: there are none */
    unsigned reads;
    struct ww_groups groups;
    char version[WW_HASH_HEX];
};

/* One call: what goes in, and what comes out. Lives in the caller's frame, so it survives a Lua error. */
struct job {
    struct policy *policy;
    const char *label;
    const struct ww_facts *facts;
    struct ww_names names;
    struct ww_compiled compiled;
    int rc;
    struct ww_error *err;
};

static void job_done(struct job *job)
{
    ww_names_done(&job->names);
    ww_compiled_done(&job->compiled);
}

/* Push function `name` of lua/policy.lua; the site's policies are in force then. */
static void push_entry(lua_State *L, const struct job *job, const char *name)
{
    if (job)
        ww_policy_site_ensure(L, &job->policy->sources);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "policy");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, name);
}

/* After a call that returned `value | nil, message`: true when there is a value, else the message is in job->err. */
static bool succeeded(lua_State *L, struct job *job)
{
    if (!lua_isnil(L, -2)) {
        lua_pop(L, 1);
        return true;
    }
    const char *message = lua_tostring(L, -1);
    job->rc = ww_fail(job->err, -EINVAL, "%s", message ? message : "refused without a reason");
    return false;
}

/* In Lua: policy.mentions(label) -> sorted list of names | nil, message */
static int enter_mentions(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);

    push_entry(L, job, "mentions");
    lua_pushstring(L, job->label);
    lua_call(L, 1, 2);
    if (succeeded(L, job) && ww_lua_read_names(L, &job->names) < 0)
        job->rc = ww_fail(job->err, -ENOMEM, "out of memory for the names in a label");
    return 0;
}

/* In Lua: policy.compile(facts) -> {rules, consents, notes} | nil, message */
static int enter_compile(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);

    push_entry(L, job, "compile");
    ww_lua_push_facts(L, job->facts);
    lua_call(L, 1, 2);
    if (succeeded(L, job) && ww_lua_read_compiled(L, &job->compiled) < 0)
        job->rc = ww_fail(job->err, -ENOMEM, "out of memory for the rules of a container");
    return 0;
}

/* In Lua: policy.names(facts) -> sorted list of names | nil, message */
static int enter_names(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);

    push_entry(L, job, "names");
    ww_lua_push_facts(L, job->facts);
    lua_call(L, 1, 2);
    if (succeeded(L, job) && ww_lua_read_names(L, &job->names) < 0)
        job->rc = ww_fail(job->err, -ENOMEM, "out of memory for the names in a container's rules");
    return 0;
}

/*
 * Run it. What a state holds from earlier calls must not decide whether this one fits: after an overrun in a used state
 * it is tried once more in a new one; not where it took too long, as it would again.
 */
static int run(struct policy *p, lua_CFunction enter, struct job *job)
{
    int rc = ww_lua_call(&p->lua, enter, job, job->err);

    if (rc == -E2BIG && !p->lua.fresh && !p->lua.late) {
        job_done(job);
        job->rc = 0;
        rc = ww_lua_call(&p->lua, enter, job, job->err);
    }
    return rc < 0 ? rc : job->rc;
}

static int mentions(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err)
{
    struct job job = {.policy = self, .label = label, .err = err};
    int rc = label ? run(self, enter_mentions, &job) : 0;

    if (rc < 0)
        job_done(&job);
    else
        *ret_names = job.names;
    return rc;
}

static int names(void *self, const struct ww_facts *facts, struct ww_names *ret_names, struct ww_error *err)
{
    struct job job = {.policy = self, .facts = facts, .err = err};
    int rc = run(self, enter_names, &job);

    if (rc < 0)
        job_done(&job);
    else
        *ret_names = job.names;
    return rc;
}

static unsigned reads(void *self)
{
    const struct policy *p = self;

    return p->reads;
}

static const struct ww_groups *groups(void *self)
{
    const struct policy *p = self;

    return &p->groups;
}

static int compile(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled, struct ww_error *err)
{
    struct job job = {.policy = self, .facts = facts, .err = err};
    int rc = run(self, enter_compile, &job);

    if (rc == 0)
        rc = ww_policy_finish(&job.compiled, facts, err);
    if (rc < 0)
        job_done(&job);
    else
        *ret_compiled = job.compiled;
    return rc;
}

static const char *version(void *self)
{
    struct policy *p = self;

    return p->version;
}

static void policy_rest(void *self)
{
    struct policy *p = self;

    ww_lua_tidy(&p->lua);
}

static void policy_forked(void *self, bool waits)
{
    struct policy *p = self;

    ww_lua_forked(&p->lua, waits);
}

static void policy_free(void *self)
{
    struct policy *p = self;

    ww_lua_done(&p->lua);
    ww_policy_sources_done(&p->sources);
    ww_groups_done(&p->groups);
    free(p);
}

static const struct ww_policy_ops ops = {.mentions = mentions,
                                         .compile = compile,
                                         .version = version,
                                         .rest = policy_rest,
                                         .forked = policy_forked,
                                         .free = policy_free};
static const struct ww_policy_ops site_ops = {.mentions = mentions,
                                              .names = names,
                                              .reads = reads,
                                              .groups = groups,
                                              .compile = compile,
                                              .version = version,
                                              .rest = policy_rest,
                                              .forked = policy_forked,
                                              .free = policy_free};

int ww_policy_lua_version(const struct ww_policy_sources *sources, char ret_hex[static WW_HASH_HEX])
{
    struct ww_buf buf = {0};

    ww_buf_str(&buf, GENERATION "\n");
    for (const struct ww_embedded *e = ww_embedded; e->path; e++) {
        ww_buf_fmt(&buf, "%s %zu\n", e->path, e->len);
        ww_buf_add(&buf, e->text, e->len);
    }
    ww_policy_sources_write(sources, &buf);
    bool ok = ww_buf_ok(&buf);
    if (ok)
        ww_hash_hex(buf.data, buf.len, ret_hex);
    ww_buf_done(&buf);
    return ok ? 0 : -ENOMEM;
}

/* Loads lua/policy.lua, and with it everything: a broken file shows at start. */
static int enter_load(lua_State *L)
{
    push_entry(L, NULL, "compile");
    return 0;
}

/* Opening the site's policies: what they read, and their groups, or which files of the configuration are to be read
 * first. */
struct opening {
    struct policy *policy;
    unsigned reads;
    struct ww_groups groups;
    struct ww_names wanted;
    int rc;
    struct ww_error *err;
};

static int enter_open(lua_State *L)
{
    struct opening *o = lua_touserdata(L, 1);

    ww_policy_site_call_open(L, &o->policy->sources);
    if (lua_isnil(L, -2)) {
        o->rc = ww_fail(o->err, -EINVAL, "%s", lua_tostring(L, -1));
        return 0;
    }
    lua_pop(L, 1);
    lua_getfield(L, -1, "reads");
    o->reads = (unsigned)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "wanted") == LUA_TTABLE && ww_lua_read_names(L, &o->wanted) < 0)
        o->rc = ww_fail(o->err, -ENOMEM, "out of memory");
    lua_pop(L, 1);
    int rc = lua_getfield(L, -1, "groups") == LUA_TTABLE ? ww_lua_read_groups(L, &o->groups) : 0;
    if (rc < 0)
        o->rc = ww_fail(o->err, rc, "the groups of the policies cannot be read");
    return 0;
}

/* One try: which files are missing. The state is new for the first container. */
static int open_once(struct policy *p, struct ww_names *ret_wanted, struct ww_error *err)
{
    struct opening o = {.policy = p, .err = err};
    int rc = ww_lua_call(&p->lua, enter_open, &o, err);
    ww_lua_done(&p->lua);
    rc = rc < 0 ? rc : o.rc;
    if (rc < 0)
        ww_names_done(&o.wanted);
    ww_groups_done(&p->groups);
    p->groups = o.groups;
    p->reads = o.reads;
    *ret_wanted = o.wanted;
    return rc;
}

/* Files that the configuration names are read, and it is opened once more. */
static int open_site(struct policy *p, struct ww_error *err)
{
    int rc = 0;
    for (bool whole = !p->sources.n; rc == 0 && !whole;) {
        struct ww_names wanted = {0};
        rc = open_once(p, &wanted, err);
        whole = wanted.n == 0;
        for (size_t i = 0; rc == 0 && i < wanted.n; i++)
            rc = ww_policy_sources_include(&p->sources, wanted.names[i], err);
        ww_names_done(&wanted);
    }
    return rc;
}

/* NULL: there is no memory for it. Takes the sources over. */
static struct policy *policy_of(struct ww_policy_sources *sources)
{
    struct policy *p = calloc(1, sizeof(*p));
    if (p)
        p->sources = *sources;
    else
        ww_policy_sources_done(sources);
    *sources = (struct ww_policy_sources){0};
    if (p)
        ww_lua_init(&p->lua);
    return p;
}

/* It is open: takes it over, also on failure. */
static int finish(struct policy *p, struct ww_policy *ret_policy, struct ww_error *err)
{
    int rc = ww_policy_lua_version(&p->sources, p->version);
    rc = rc < 0 ? ww_fail(err, rc, "out of memory for the policy") : ww_lua_call(&p->lua, enter_load, NULL, err);
    if (rc < 0) {
        policy_free(p);
        return rc;
    }
    *ret_policy = (struct ww_policy){.ops = p->sources.n ? &site_ops : &ops, .self = p};
    return 0;
}

int ww_policy_lua_new_site(struct ww_policy_sources *sources, struct ww_policy *ret_policy, struct ww_error *err)
{
    struct policy *p = policy_of(sources);
    if (!p)
        return ww_fail(err, -ENOMEM, "out of memory for the policy");
    int rc = open_site(p, err);
    if (rc == 0)
        return finish(p, ret_policy, err);
    policy_free(p);
    return rc;
}

int ww_policy_lua_load(struct ww_policy_sources *sources, struct ww_policy *ret_policy, struct ww_names *ret_wanted,
                       struct ww_error *err)
{
    struct policy *p = policy_of(sources);
    if (!p)
        return ww_fail(err, -ENOMEM, "out of memory for the policy");
    int rc = open_once(p, ret_wanted, err);
    if (rc == 0 && ret_wanted->n == 0)
        return finish(p, ret_policy, err);
    policy_free(p);
    return rc;
}

int ww_policy_lua_new(struct ww_policy *ret_policy, struct ww_error *err)
{
    struct ww_policy_sources none = {0};

    return ww_policy_lua_new_site(&none, ret_policy, err);
}
