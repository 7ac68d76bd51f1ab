#include "core/lib/reader.h"

#include <errno.h>

#include "bindings/policy_lua.h"
#include "core/ir/names.h"
#include "core/lib/failure.h"
#include "core/sandbox/jailed.h"

static int make_policy(void *arg, struct ww_policy *ret_policy, struct ww_error *err)
{
    (void)arg;
    return ww_policy_lua_new(ret_policy, err);
}

int whalewall_jail_new(bool policies, struct whalewall_jail **ret_jail, struct whalewall_error *error)
{
    struct ww_error err = {0};
    struct whalewall_jail *jail = calloc(1, sizeof(*jail));
    if (!jail)
        return ww_failure(error, &(struct ww_error){.code = -ENOMEM, .text = "out of memory"});
    jail->policies = policies;
    jail->worker = (struct ww_worker){.how = {.make = make_policy}};
    if (policies)
        jail->worker.site.load = ww_policies_load;
    if (ww_jailed_start(&jail->worker, &jail->zygote, &err) < 0) {
        free(jail);
        return ww_failure(error, &err);
    }
    *ret_jail = jail;
    return 0;
}

void whalewall_jail_free(struct whalewall_jail *jail)
{
    if (!jail)
        return;
    ww_zygote_free(jail->zygote);
    free(jail);
}

static void report(struct ww_log *log, bool policies, const struct ww_jail_report *jail)
{
    ww_log(log, WW_INFO,
           policies ? "labels and policies are read in processes that can do nothing else"
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

static int open_jailed(struct ww_reader *reader, struct ww_policy *ret_policy, struct ww_jail_report *ret_report,
                       struct ww_error *err)
{
    if (reader->words.n)
        return ww_policies_open_jailed(&reader->words, reader->jail->zygote, ret_policy, ret_report, &reader->read,
                                       err);
    struct ww_zygote *zygote = reader->jail->zygote;
    reader->jail->zygote = NULL;
    return ww_jailed_new(zygote, ret_policy, ret_report, err);
}

int ww_reader_open(struct ww_reader *reader, struct ww_log *log, struct ww_policy *ret_policy, struct ww_error *err)
{
    struct ww_jail_report jail;
    if (!reader->jail)
        return ww_policy_words_open(&reader->words, ret_policy, err);
    if (reader->jail->policies != (reader->words.n > 0))
        return ww_fail(err, -EINVAL,
                       reader->words.n ? "the jail was made without policies of a site, and there are some"
                                       : "the jail was made for policies of a site, and there are none");
    if (!reader->jail->zygote)
        return ww_fail(err, -EINVAL, "the jail is another agent's: each has one of its own");
    int rc = open_jailed(reader, ret_policy, &jail, err);
    if (rc == 0)
        report(log, reader->words.n > 0, &jail);
    return rc;
}

int ww_reader_load_policies(const void *reader, struct ww_policy *ret_policy, struct ww_error *err)
{
    const struct ww_reader *r = reader;
    struct ww_jail_report jail;
    return r->jail ? ww_policies_open_jailed(&r->words, r->jail->zygote, ret_policy, &jail, NULL, err)
                   : ww_policy_words_open(&r->words, ret_policy, err);
}

void ww_reader_done(struct ww_reader *reader)
{
    ww_names_done(&reader->read);
    whalewall_jail_free(reader->jail);
    reader->jail = NULL;
}
