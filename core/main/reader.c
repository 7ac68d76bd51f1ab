#include "core/main/reader.h"

#include "bindings/policy_lua.h"
#include "core/ir/names.h"
#include "core/main/policies.h"
#include "core/sandbox/jailed.h"
#include "core/sandbox/self.h"

static int make_policy(void *arg, struct ww_policy *ret_policy, struct ww_error *err)
{
    (void)arg;
    return ww_policy_lua_new(ret_policy, err);
}

void ww_reader_fork(struct ww_reader *reader, const struct ww_options *options)
{
    reader->options = options;
    reader->worker = (struct ww_worker){.how = {.make = make_policy}};
    if (options->n_policies)
        reader->worker.site.load = ww_policies_load;
    if (!options->no_sandbox)
        (void)ww_jailed_start(&reader->worker, &reader->zygote, &reader->failure);
}

static void report(struct ww_log *log, const struct ww_options *o, const struct ww_jail_report *jail)
{
    ww_log(log, WW_INFO,
           o->n_policies ? "labels and policies are read in processes that can do nothing else"
                         : "labels are read in processes that can do nothing else",
           WW_I("user", jail->user), WW_I("system_calls", jail->calls), WW_I("landlock", jail->landlock));
    if (!jail->landlock)
        ww_log(log, WW_WARN,
               "there is no landlock here: what reads labels is kept from files by its other bars only, and the "
               "program itself by none");
    if (!jail->user)
        ww_log(log, WW_WARN,
               "what reads labels runs as root, without capabilities: another user needs CAP_SETUID and "
               "CAP_SETGID at the start");
}

static int open_here(const struct ww_reader *reader, struct ww_log *log, struct ww_policy *ret_policy,
                     struct ww_error *err)
{
    ww_log(log, WW_WARN,
           "labels and policies are read in the program itself (-no-sandbox): a fault in what reads them would give "
           "away this host");
    return reader->options->n_policies ? ww_policies_open(reader->options, ret_policy, err)
                                       : make_policy(NULL, ret_policy, err);
}

static int open_jailed(struct ww_reader *reader, struct ww_policy *ret_policy, struct ww_jail_report *ret_report,
                       struct ww_error *err)
{
    if (reader->options->n_policies)
        return ww_policies_open_jailed(reader->options, reader->zygote, ret_policy, ret_report, &reader->read, err);
    struct ww_zygote *zygote = reader->zygote;
    reader->zygote = NULL;
    return ww_jailed_new(zygote, ret_policy, ret_report, err);
}

int ww_reader_open(struct ww_reader *reader, struct ww_log *log, struct ww_policy *ret_policy, struct ww_error *err)
{
    struct ww_jail_report jail;
    if (reader->failure.code) {
        *err = reader->failure;
        return err->code;
    }
    if (!reader->zygote)
        return open_here(reader, log, ret_policy, err);
    int rc = ww_self_restrict(&reader->system_calls, err);
    if (rc < 0)
        return rc;
    ww_log(log, WW_INFO, "the program has given up what it does not need", WW_I("system_calls", reader->system_calls));
    rc = open_jailed(reader, ret_policy, &jail, err);
    if (rc == 0)
        report(log, reader->options, &jail);
    return rc;
}

int ww_reader_load_policies(const void *reader, struct ww_policy *ret_policy, struct ww_error *err)
{
    const struct ww_reader *r = reader;
    struct ww_jail_report jail;
    return r->zygote ? ww_policies_open_jailed(r->options, r->zygote, ret_policy, &jail, NULL, err)
                     : ww_policies_open(r->options, ret_policy, err);
}

void ww_reader_done(struct ww_reader *reader)
{
    ww_names_done(&reader->read);
    ww_zygote_free(reader->zygote);
    reader->zygote = NULL;
}
