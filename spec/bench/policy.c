/*
 * How long a label of five rules takes to become rules: here, in a worker, and in one that asks all ready-made
 * policies.
 *
 *     wwbench policy TIMES
 *
 * Prints for each time: ns in this process, ns through a worker that waited, ns through one with the policies. Every
 * label is another one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "bindings/policy_lua.h"
#include "core/lib/policies.h"
#include "core/model/facts.h"
#include "core/sandbox/jailed.h"

#define PAUSE_NS 5000000 /* so long that a worker waits */

static int make_policy(void *arg, struct ww_policy *ret_policy, struct ww_error *err)
{
    (void)arg;
    return ww_policy_lua_new(ret_policy, err);
}

static struct ww_policy make_jailed(struct ww_worker *worker)
{
    struct ww_zygote *zygote;
    struct ww_policy policy;
    struct ww_jail_report report;
    struct ww_error err = {0};
    *worker = (struct ww_worker){.how = {.make = make_policy}};
    if (ww_jailed_start(worker, &zygote, &err) < 0 || ww_jailed_new(zygote, &policy, &report, &err) < 0)
        bench_die("%s", err.text);
    return policy;
}

static const char *const ready_made[] = {"require-optin", "isolate-projects", "allow-dns", "deny-metadata",
                                         "public-ports",  "overrides",        "groups"};
static const char config[] = "require-optin: {networks: [prod]}\nisolate-projects: {shared: [monitoring]}\n"
                             "allow-dns: {servers: [192.0.2.53]}\npublic-ports: {ports: [80, 443, 5000-6000]}\n"
                             "overrides: {services: {web: {allow: {output: [{ips: [192.0.2.9], proto: tcp, "
                             "dst_ports: [9000]}]}}}}\ngroups: {lists: {office: [192.0.2.64/26]}}\n";

/* The configuration is read from a file, as the program has it. */
static void open_with(const char *path, struct ww_zygote *zygote, struct ww_policy *ret_policy)
{
    const struct ww_policy_words words = {
        .policies = ready_made, .n = sizeof(ready_made) / sizeof(*ready_made), .config = path};
    struct ww_jail_report report;
    struct ww_error err = {0};
    if (ww_policies_open_jailed(&words, zygote, ret_policy, &report, NULL, &err) < 0)
        bench_die("%s", err.text);
}

/* The zygote lives as long as this program. */
static struct ww_policy make_site(struct ww_worker *worker)
{
    char path[] = "/tmp/wwbench-XXXXXX";
    int fd = mkstemp(path);
    struct ww_zygote *zygote;
    struct ww_policy policy;
    struct ww_error err = {0};
    *worker = (struct ww_worker){.site = {.load = ww_policies_load}};
    if (ww_jailed_start(worker, &zygote, &err) < 0)
        bench_die("%s", err.text);
    if (fd < 0 || write(fd, config, sizeof(config) - 1) != (ssize_t)sizeof(config) - 1 || close(fd) < 0)
        bench_die("cannot write %s", path);
    open_with(path, zygote, &policy);
    unlink(path);
    return policy;
}

static int64_t translate(const struct ww_policy *p, int number)
{
    char label[512];
    struct ww_names names = {0};
    struct ww_compiled compiled = {0};
    struct ww_error err = {0};
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    snprintf(label, sizeof(label),
             "mapped_ports:\n  external:\n    allow: true\n    ips: [192.0.2.0/24]\noutput:\n"
             "- {network: default, container: db, proto: tcp, dst_ports: [5432]}\n"
             "- {ips: [192.0.2.1], proto: tcp, dst_ports: [%d]}\n- {ips: [192.0.2.1], proto: udp, dst_ports: [53]}\n"
             "input:\n- {ips: [192.0.2.7], proto: tcp, dst_ports: [80]}\n",
             1 + number % 65535);
    const struct ww_facts facts = {.id = "a",
                                   .name = "web",
                                   .service = "web",
                                   .project = "shop",
                                   .opted_in = true,
                                   .reads = p->ops->reads ? p->ops->reads(p->self) : 0,
                                   .label_rules = label};
    nanosleep(&pause, NULL);
    int64_t began = bench_now();
    int rc =
        p->ops->names ? p->ops->names(p->self, &facts, &names, &err) : p->ops->mentions(p->self, label, &names, &err);
    if (rc < 0 || p->ops->compile(p->self, &facts, &compiled, &err) < 0)
        bench_die("%s", err.text);
    int64_t took = bench_now() - began;
    if (p->ops->prepare)
        p->ops->prepare(p->self);
    ww_names_done(&names);
    ww_compiled_done(&compiled);
    return took;
}

void bench_policy(int argc, char *argv[])
{
    if (argc != 1)
        bench_die("usage: wwbench policy TIMES");
    struct ww_worker worker;
    struct ww_worker site_worker;
    struct ww_policy jailed = make_jailed(&worker);
    struct ww_policy site = make_site(&site_worker);
    struct ww_policy here;
    struct ww_error err = {0};
    if (make_policy(NULL, &here, &err) < 0)
        bench_die("%s", err.text);
    for (int i = 0; i < atoi(argv[0]); i++) {
        int64_t plain = translate(&here, i);
        int64_t worked = translate(&jailed, i);
        printf("%lld %lld %lld\n", (long long)plain, (long long)worked, (long long)translate(&site, i));
    }
    site.ops->free(site.self);
    jailed.ops->free(jailed.self);
    here.ops->free(here.self);
}
