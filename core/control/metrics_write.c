#include "core/control/metrics_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/control/metrics_drops.h"
#include "core/control/metrics_value.h"

/* What comes before the samples of one name. */
static void family(struct ww_buf *out, const char *name, const char *type, const char *help)
{
    ww_buf_fmt(out, "# HELP whalewall_%s %s\n# TYPE whalewall_%s %s\n", name, help, name, type);
}

static void one(struct ww_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    family(out, name, type, help);
    ww_buf_fmt(out, "whalewall_%s %" PRIu64 "\n", name, value);
}

/* One sample of a name with one label. */
static void labelled(struct ww_buf *out, const char *name, const char *label, const char *of, uint64_t value)
{
    ww_buf_fmt(out, "whalewall_%s{%s=\"", name, label);
    ww_metrics_value(out, of);
    ww_buf_fmt(out, "\"} %" PRIu64 "\n", value);
}

static void write_program(const struct ww_status *s, struct ww_buf *out)
{
    family(out, "build_info", "gauge", "The version of the program; always 1.");
    labelled(out, "build_info", "version", s->version, 1);
    family(out, "start_time_seconds", "gauge", "When the program started, in seconds since 1970.");
    ww_buf_fmt(out, "whalewall_start_time_seconds %lld.%03lld\n", (long long)(s->started_ns / WW_NS_PER_S),
               (long long)(s->started_ns % WW_NS_PER_S / WW_NS_PER_MS));
    one(out, "healthy", "gauge", "Whether `whalewall status` finds nothing wrong.", s->n_problems == 0);
}

static bool is_first_of_code(const struct ww_status *s, size_t problem)
{
    for (size_t i = 0; i < problem; i++)
        if (strcmp(s->problems[i].code, s->problems[problem].code) == 0)
            return false;
    return true;
}

/* The codes are few, and all that come are found at the front soon. */
static void write_problems(const struct ww_status *s, struct ww_buf *out)
{
    family(out, "problems", "gauge",
           "What `whalewall status` finds wrong now, by its code; a code without any is left out.");
    for (size_t i = 0; i < s->n_problems; i++) {
        uint64_t n = 0;
        if (!is_first_of_code(s, i))
            continue;
        for (size_t j = i; j < s->n_problems; j++)
            n += strcmp(s->problems[j].code, s->problems[i].code) == 0;
        labelled(out, "problems", "code", s->problems[i].code, n);
    }
}

static void write_containers(const struct ww_status *s, struct ww_buf *out)
{
    uint64_t in[WW_STATUS_STATES] = {0};
    family(out, "containers", "gauge", "Managed containers by state, as in `whalewall status`.");
    for (size_t i = 0; i < s->n_containers; i++)
        in[s->containers[i].state]++;
    for (int state = 0; state < WW_STATUS_STATES; state++)
        labelled(out, "containers", "state", ww_status_state_text((enum ww_status_state)state), in[state]);
}

static void write_networks(const struct ww_status *s, struct ww_buf *out)
{
    uint64_t guarded = 0;
    for (size_t i = 0; i < s->n_networks; i++)
        guarded += s->networks[i].guarded;
    family(out, "networks", "gauge", "Bridge networks by whether they are guarded.");
    labelled(out, "networks", "guarded", "false", s->n_networks - guarded);
    labelled(out, "networks", "guarded", "true", guarded);
}

static void write_histogram(struct ww_buf *out, const char *name, const char *help, const struct ww_histogram *h)
{
    uint64_t below = 0;
    family(out, name, "histogram", help);
    for (size_t i = 0; i < WW_HISTOGRAM_BOUNDS; i++) {
        const char *bound;
        (void)ww_histogram_bound(i, &bound);
        below += h->of[i];
        ww_buf_fmt(out, "whalewall_%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, bound, below);
    }
    below += h->of[WW_HISTOGRAM_BOUNDS];
    ww_buf_fmt(out, "whalewall_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, below);
    ww_buf_fmt(out, "whalewall_%s_sum %llu.%09llu\n", name, (unsigned long long)(h->sum_ns / WW_NS_PER_S),
               (unsigned long long)(h->sum_ns % WW_NS_PER_S));
    ww_buf_fmt(out, "whalewall_%s_count %" PRIu64 "\n", name, below);
}

static void write_work(const struct ww_counts *c, struct ww_buf *out)
{
    write_histogram(out, "event_to_commit_seconds",
                    "From the engine's word about a change until the kernel has acknowledged the rules.", &c->commit);
    family(out, "container_starts_total", "counter",
           "Starts of managed containers, by whether their rules were in force before the process was started.");
    labelled(out, "container_starts_total", "rules", "early", c->starts_early);
    labelled(out, "container_starts_total", "rules", "late", c->starts_late);
    one(out, "reconciliations_total", "counter", "How often what is wanted was held against what is in force.",
        c->reconciliations);
    one(out, "commits_total", "counter", "Transactions that the kernel acknowledged.", c->commits);
    one(out, "commits_failed_total", "counter", "Times that the kernel refused a change; the former rules stayed.",
        c->commits_failed);
    family(out, "repairs_total", "counter", "Times that changes by other programs were undone, by what they changed.");
    labelled(out, "repairs_total", "what", "table", c->repairs_table);
    labelled(out, "repairs_total", "what", "docker_user", c->repairs_docker_user);
    write_histogram(out, "policy_duration_seconds", "One question to what reads labels and policies.", &c->policy);
    one(out, "worker_restarts_total", "counter", "Processes that read labels which failed, and were replaced.",
        c->workers);
}

static void write_surroundings(const struct ww_status *s, const struct ww_counts *c, struct ww_buf *out)
{
    one(out, "engine_connected", "gauge", "Whether the engine answers.", strcmp(s->engine.state, "away") != 0);
    one(out, "engine_reconnects_total", "counter", "Times that the engine came back after it was away.", c->reconnects);
    one(out, "database_durable", "gauge", "Whether what is applied is remembered over a reboot.", s->database.durable);
    one(out, "database_errors_total", "counter", "Times that the database failed.", c->database_errors);
}

void ww_metrics_write(const struct ww_status *s, const struct ww_counts *counts, struct ww_buf *out)
{
    write_program(s, out);
    write_problems(s, out);
    write_containers(s, out);
    write_networks(s, out);
    family(out, "dropped_packets_total", "counter",
           "Packets that were dropped, by container and reason; they begin anew when the container gets its address.");
    size_t left_out = ww_metrics_drops(s, false, out);
    one(out, "dropped_containers_left_out", "gauge",
        "Containers with drops that whalewall_dropped_packets_total leaves out, because they are too many.", left_out);
    family(out, "audited_packets_total", "counter",
           "Packets that would have been dropped, but their container is audited; as whalewall_dropped_packets_total.");
    left_out = ww_metrics_drops(s, true, out);
    one(out, "audited_containers_left_out", "gauge",
        "Containers that whalewall_audited_packets_total leaves out, because they are too many.", left_out);
    one(out, "audit_mode", "gauge", "Whether -audit is given: nothing of any container is dropped.", s->audit);
    write_work(counts, out);
    write_surroundings(s, counts, out);
}
