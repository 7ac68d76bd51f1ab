/*
 * The option docker_user: "allowed by whalewall" shall win over Docker's own drops, but not over what other programs
 * have in DOCKER-USER. So the rule is kept behind theirs, and put back when they flush the chain.
 *
 * Whether anything has changed is asked for twice a second, by one number. Notifications would wake no thread for
 * nothing, but the kernel makes them for every change of every program, which costs each commit of ours 30 to 60 %.
 */
#include "core/agent/docker_user.h"

#include <errno.h>

#include "core/agent/agent_internal.h"
#include "core/agent/timers.h"
#include "core/base/clock.h"
#include "core/control/status.h"
#include "core/kernel/base_ruleset/numbers.h"

#define TURN_MS 500
#define AT_ONCE 5                   /* so often in a row it is put back without a wait */
#define STAYS_NS (10 * WW_NS_PER_S) /* so long in its place ends a row */
#define WAIT_FIRST_NS WW_NS_PER_S
#define WAIT_LAST_NS (60 * WW_NS_PER_S)
#define SAY_MOVED_NS (60 * WW_NS_PER_S)

/* What of an earlier start with the option is still there goes; else nothing of Docker's is touched. */
static void take_away(struct ww_agent *a)
{
    struct ww_error err = {0};
    int n = ww_kernel_docker_user_take(a->kernel, &err);
    if (n < 0)
        ww_log(a->log, WW_ERROR,
               "cannot see whether DOCKER-USER still accepts what is allowed; `iptables -S "
               "DOCKER-USER` shows it",
               WW_S("error", err.text));
    else if (n > 0)
        ww_log(a->log, WW_INFO, "DOCKER-USER no longer accepts what is allowed", WW_I("rules", n));
}

/* Is the chain there, and the rule not in it? So it is only while the program that takes it out is given time. */
static bool is_out(const struct ww_docker_user *d)
{
    bool out = false;
    for (size_t i = 0; i < WW_DOCKER_USER_FAMILIES; i++)
        out = out || d->now[i] == WW_DOCKER_USER_MISSING;
    return out;
}

/* Is there a problem, and not just an engine that was never up, and so has made no chain? */
static bool is_trouble(const struct ww_agent *a, int tables)
{
    return tables < 0 && (tables != -ENOENT || ww_source_generation(a->source) > 0);
}

static const char *place_text(enum ww_docker_user_place place)
{
    static const char *const texts[] = {
        [WW_DOCKER_USER_NO_CHAIN] = "no such chain",
        [WW_DOCKER_USER_NOT_NEEDED] = "dockerd accepts the mark",
        [WW_DOCKER_USER_MISSING] = "no",
        [WW_DOCKER_USER_MISPLACED] = "no",
        [WW_DOCKER_USER_IN_PLACE] = "yes",
    };
    return texts[place];
}

static void say_where(struct ww_agent *a, int tables, const struct ww_error *err)
{
    struct ww_docker_user *d = &a->docker_user;
    if (tables == d->tables || (tables < 0 && !is_trouble(a, tables)))
        return;
    d->tables = tables;
    if (tables < 0)
        ww_log(a->log, WW_ERROR, "what is allowed is marked, but Docker's own rules may drop it",
               WW_S("error", err->text));
    else
        ww_log(a->log, WW_INFO, "DOCKER-USER accepts what is allowed", WW_I("tables", tables),
               WW_S("ipv4", place_text(d->now[0])), WW_S("ipv6", place_text(d->now[1])),
               WW_S("mark", WW_ALLOWED_MARK_TEXT));
}

/* A program that takes it out again and again is not outrun: all that is lost meanwhile is that Docker's own drops
 * count. */
static void say_put_back(struct ww_agent *a, int64_t now)
{
    struct ww_docker_user *d = &a->docker_user;
    int64_t wait = WAIT_FIRST_NS;
    d->put = now;
    if (++d->in_row < AT_ONCE) {
        ww_log(a->log, WW_WARN, "another program took the rule out of DOCKER-USER; it is back");
        return;
    }
    for (unsigned i = AT_ONCE; i < d->in_row && wait < WAIT_LAST_NS; i++)
        wait *= 2;
    d->next = now + (wait < WAIT_LAST_NS ? wait : WAIT_LAST_NS);
    if (d->in_row == AT_ONCE)
        ww_log(a->log, WW_ERROR,
               "another program takes the rule out of DOCKER-USER again and again: it is put back less and less often, "
               "until it "
               "stays; meanwhile Docker's own rules may drop what is allowed");
}

static void say_moved(struct ww_agent *a, int64_t now)
{
    struct ww_docker_user *d = &a->docker_user;
    bool said = d->moved && now - d->moved < SAY_MOVED_NS;
    ww_log(a->log, said ? WW_DEBUG : WW_INFO, "the rule in DOCKER-USER was moved behind those of other programs");
    if (!said)
        d->moved = now;
}

static void end_row(struct ww_agent *a, int64_t now)
{
    struct ww_docker_user *d = &a->docker_user;
    if (!d->in_row || is_out(d) || now - d->put < STAYS_NS)
        return;
    if (d->in_row >= AT_ONCE)
        ww_log(a->log, WW_INFO, "the rule in DOCKER-USER stays");
    d->in_row = 0;
    d->next = 0;
}

/* Compare what was found with how it was left. */
static void note_found(struct ww_agent *a, const enum ww_docker_user_place *found, bool put, int64_t now)
{
    struct ww_docker_user *d = &a->docker_user;
    bool taken = false;
    bool moved = false;
    for (size_t i = 0; i < WW_DOCKER_USER_FAMILIES; i++) {
        bool was_there = d->now[i] == WW_DOCKER_USER_IN_PLACE || d->now[i] == WW_DOCKER_USER_MISSING;
        taken = taken || (was_there && found[i] == WW_DOCKER_USER_MISSING);
        moved = moved || found[i] == WW_DOCKER_USER_MISPLACED;
        d->now[i] = found[i] == WW_DOCKER_USER_MISPLACED || (found[i] == WW_DOCKER_USER_MISSING && put)
                        ? WW_DOCKER_USER_IN_PLACE
                        : found[i];
    }
    a->counts.repairs_docker_user += put && (taken || moved);
    if (taken && put)
        say_put_back(a, now);
    if (moved)
        say_moved(a, now);
}

/* `at_once`: whatever was before. */
static void keep_rule(struct ww_agent *a, bool at_once)
{
    struct ww_docker_user *d = &a->docker_user;
    enum ww_docker_user_place found[WW_DOCKER_USER_FAMILIES];
    struct ww_error err = {0};
    int64_t now = ww_clock_mono();
    bool put = at_once || now >= d->next;
    uint32_t generation = d->generation;
    int known = ww_kernel_generation(a->kernel, &generation, NULL);
    if (known == 0 && generation == d->generation && !at_once && !d->failed && !(put && is_out(d)))
        return;
    int tables = ww_kernel_docker_user_keep(a->kernel, put, found, &err);
    d->generation = generation;
    d->failed = tables < 0 && tables != -ENOENT;
    if (tables == -EINTR) /* it changes all the time: next time, then */
        return;
    d->trouble = err;
    if (!d->failed)
        note_found(a, found, put, now);
    if (!is_out(d))
        say_where(a, tables, &err);
}

void ww_docker_user_turn(struct ww_agent *a)
{
    if (a->cleared)
        return;
    keep_rule(a, false);
    end_row(a, ww_clock_mono());
}

void ww_docker_user_start(struct ww_agent *a)
{
    if (!a->docker_user.wanted) {
        take_away(a);
        return;
    }
    keep_rule(a, true);
    ww_timers_repeat(a->timers, WW_TIMER_DOCKER_USER, TURN_MS);
}

void ww_docker_user_follow(struct ww_agent *a)
{
    struct ww_docker_user *d = &a->docker_user;
    uint64_t listed = ww_source_generation(a->source);
    if (!d->wanted || a->cleared || listed == d->listed)
        return;
    d->listed = listed;
    keep_rule(a, true);
}

static enum ww_ability in_place(const struct ww_docker_user *d, size_t family)
{
    if (d->now[family] == WW_DOCKER_USER_NO_CHAIN)
        return WW_ABILITY_UNKNOWN;
    return d->now[family] == WW_DOCKER_USER_MISSING ? WW_ABILITY_NO : WW_ABILITY_YES;
}

int ww_docker_user_status(const struct ww_agent *a, struct ww_status *s)
{
    const struct ww_docker_user *d = &a->docker_user;
    s->docker_user.wanted = d->wanted;
    s->docker_user.ipv4 = in_place(d, 0);
    s->docker_user.ipv6 = in_place(d, 1);
    if (is_trouble(a, d->trouble.code))
        return ww_status_add_problem(s, "docker_user", NULL, d->trouble.text);
    if (is_out(d))
        return ww_status_add_problem(
            s, "docker_user", NULL,
            "another program takes the rule out of DOCKER-USER again and again; until it is back "
            "Docker's own rules may drop what is allowed");
    return 0;
}
