/* What the agent's files share. */
#ifndef WW_AGENT_INTERNAL_H
#define WW_AGENT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/agent/agent.h"
#include "core/agent/docker_user.h"
#include "core/agent/drops.h"
#include "core/agent/early.h"
#include "core/agent/faults.h"
#include "core/agent/go_program.h"
#include "core/agent/guard.h"
#include "core/agent/idset.h"
#include "core/agent/looks.h"
#include "core/agent/policy.h"
#include "core/agent/seats.h"
#include "core/agent/subject.h"
#include "core/base/log.h"
#include "core/docker/source.h"
#include "core/ir/fences.h"
#include "core/ir/plan.h"
#include "core/kernel/kernel.h"
#include "core/kernel/ports.h"
#include "core/model/world.h"
#include "core/store/store.h"

struct ww_loop;
struct ww_serving;
struct ww_status;
struct uv_loop_s;

/* How often the compiler's work was done, and how often it was found in the cache. */
struct ww_tally {
    uint64_t compiled;
    uint64_t reused;
};

/* What one transaction changes. */
struct ww_step {
    struct ww_diff rules;
    struct ww_fence_diff fences;
};

void ww_step_done(struct ww_step *step); /* reconcile.c */

/* What others did to the table, and how far it is undone. */
struct ww_restoring {
    bool closed;  /* the kernel side knows what the table holds, though it is not `applied` */
    bool shut;    /* nothing gets through, not even established flows */
    bool pending; /* it is not restored yet */
    struct ww_tampering found;
    int64_t since;     /* when it was noticed, ww_clock_mono */
    int64_t closed_us; /* how long until it was closed; -1: only with the restore */
    int64_t last;      /* when the last restore was asked for */
    unsigned in_row;   /* how many in a row */
    unsigned excused;  /* refusals for which nobody was blamed */
    bool cut_later;    /* flows that began meanwhile are not cut yet */
    bool cutting;      /* they are being cut, and until then it stays shut */
};

struct ww_agent {
    struct ww_log *log;
    struct ww_policy policy;
    struct ww_world *world;
    struct ww_source *source;
    struct ww_kernel *kernel;
    struct ww_store *store;
    struct ww_loop *loop;
    struct ww_drops *drops;
    bool trust_image_labels;
    bool shared_table;
    bool sandbox;          /* the policy is in processes of its own */
    uint32_t system_calls; /* that are left to the program; 0: all */
    bool cleared;          /* all was removed, and nothing is put in force any more: about to stop */
    int locks[2];          /* of the data directory and of the network namespace; -1: none */
    struct ww_docker_user docker_user;
    struct ww_go_program go_program;

    struct ww_subjects subjects;
    struct ww_faults faults;
    struct ww_idset troubled;    /* containers whose fault may have been the machine's: to be tried again */
    struct ww_idset strays_told; /* containers and networks whose strays the log has said */
    struct ww_idset pending;     /* containers whose ruleset is to be sealed anew */
    struct ww_idset unapplied;   /* containers whose desired ruleset may not be in the kernel yet */
    struct ww_idset unfenced;    /* networks whose desired fence may not be in the kernel yet */
    struct ww_plan *desired;
    struct ww_plan *applied;
    enum ww_guard_mode guard;
    bool look_apart; /* bridges that are none of the engine's may have changed */
    bool bystanders; /* somebody is managed, so who is not is told from them everywhere */
    struct ww_vigils vigils;
    struct ww_ports *ports; /* NULL: endpoints cannot be bound to their bridge ports */
    struct ww_seats seats;
    struct ww_fences *fences; /* desired */
    struct ww_fences *fences_applied;
    bool whole;           /* the kernel's content is not known to be `applied`: compare all of it */
    bool ready;           /* the first whole list has been committed */
    bool resolver_looked; /* the host's name servers were looked at */
    bool settled;         /* … and what only that needed is given back */
    uint64_t listed;      /* the source's generation that was reconciled last */
    bool store_lost;      /* the log has said that nothing is remembered */
    unsigned failures;    /* transactions refused in a row, for the backoff */
    enum ww_source_state engine_state;
    struct ww_looks looks;
    struct ww_idset held; /* containers that are closed at an address until a look is over */
    struct ww_tally tally;
    struct ww_restoring restoring;

    int64_t began_real; /* when the program did, since 1970 */
    int64_t began_mono;
    struct ww_moments moments;
    int64_t engine_since; /* when it came into engine_state, since 1970 */
    char *data_dir;
    char store_trouble[WW_ERROR_TEXT];
    char kernel_release[64];
    struct ww_serving *serving; /* NULL: there is no control socket */
};

/* reconcile.c: move the kernel to what the world asks for. Never fails: what could not be done is logged and tried
 * again. */
void ww_reconcile(struct ww_agent *a);
/* The program stops: whoever waits for a look gets what it waits for now, and is not closed until the next start. */
void ww_reconcile_last(struct ww_agent *a);
/* Try the quarantined ones again whose fault lies in the kernel (a user chain that was missing may be there now), or
 * whose labels could not be read. */
void ww_reconcile_retry_faults(struct ww_agent *a);

/*
 * cut.c: have the tracked flows of all managed containers deleted that are not allowed, for they may have begun while
 * no rules were there. `late`: soon, instead of now and soon once more.
 */
void ww_cut_all(struct ww_agent *a, bool late);

/*
 * hold.c: leave of the step only what closes, where it would open an address to whom it passes before the flows of its
 * former holder are gone; note the containers in `held`. -ENOMEM. Then, where all is compared, apply all but what is
 * held: as ww_kernel_apply_all().
 */
int ww_hold_back(struct ww_agent *a, struct ww_step *step, struct ww_error *err);
int ww_hold_apply_all(struct ww_agent *a, struct ww_step *step, struct ww_refusal *refusal, struct ww_error *err);

/* restore.c: nftables has changed; what others did to our rules is closed at once, and undone at once or soon. */
void ww_restore_look(struct ww_agent *a);
void ww_restore(struct ww_agent *a);                         /* undo it, if there is something to be undone */
void ww_restore_shut(struct ww_agent *a);                    /* let nothing through until then */
bool ww_restore_keeps_shut(struct ww_agent *a);              /* is it still to be so? Then who is new is shut, too */
void ww_restore_looked(struct ww_agent *a);                  /* a look at the tracked flows is over */
bool ww_restore_excuses(struct ww_agent *a, const char *id); /* was it rather they than this container's rules? */
void ww_restore_done(struct ww_agent *a);                    /* everything is in force again: say so */
void ww_restore_follow(struct ww_agent *a); /* watch while the table is not ours, or a user chain is missing */

/* boot.c: put the last known rules in force, where the kernel has none. What cannot be had now is closed. */
int ww_boot(struct ww_agent *a, struct ww_error *err);

/* derive.c: world → facts → policy → compiled rules of one container; marks the rulesets that depend on it pending. */
int ww_derive(struct ww_agent *a, const char *id, struct ww_error *err);

/* cached.c: the policy step, but for what the database remembers of the same input. Errors as those of policy.h. */
int ww_cached_key(struct ww_agent *a, const struct ww_facts *facts, char ret_key[static WW_HASH_HEX],
                  struct ww_error *err);
int ww_cached_compile(struct ww_agent *a, const struct ww_facts *facts, const char *key,
                      struct ww_compiled *ret_compiled, struct ww_error *err);
int ww_cached_mentions(struct ww_agent *a, const char *label, struct ww_names *ret_names, struct ww_error *err);
void ww_names_done(struct ww_names *names);

/* assemble.c: compiled rules → the sealed ruleset of one container in the desired plan. */
int ww_assemble(struct ww_agent *a, const char *head, struct ww_error *err);

/* guard.c: the fence of one network (by id; also one that is gone) in the desired fences. */
int ww_guard_network(struct ww_agent *a, const char *id, struct ww_error *err);
/* Is there the first managed container, or none any more? Then every network is to be looked at again. */
void ww_guard_bystanders(struct ww_agent *a);
/* A container changed: does the default bridge's moment of guard begin or end? */
int ww_guard_container(struct ww_agent *a, const char *id, struct ww_error *err);
/* After the commit: what waits for the endpoints that are new was sent before their rules were in force. */
void ww_guard_forget_neighbours(struct ww_agent *a, const struct ww_fence_diff *fences);
/* The moment of guard began or is over: the default bridges are to be looked at again. */
void ww_guard_vigil_changed(struct ww_agent *a);

/* report.c: what the log says of containers; each thing once. */
void ww_report_subject(struct ww_agent *a, struct ww_subject *s);
void ww_report_waits(struct ww_agent *a, const struct ww_subject *s);
/* Labels of a container (network), by id, that look like ours and are none; also of one that is gone. */
void ww_report_container_strays(struct ww_agent *a, const char *id);
void ww_report_network_strays(struct ww_agent *a, const char *id);
void ww_report_commit(struct ww_agent *a, const struct ww_step *step, int64_t since);
void ww_report_stop(struct ww_agent *a);
void ww_report_store(struct ww_agent *a, int rc, const struct ww_error *err);
void ww_report_start(struct ww_agent *a, const struct ww_kernel_found *found);

/* waits.c: do rules of the container wait? Then the log is to say so, but not before others had time to start, too. */
void ww_waits_note(struct ww_agent *a, struct ww_subject *s);
void ww_waits_look(struct ww_agent *a); /* by the timer: say what has waited for so long */

/* status.c: fill an empty status in. Valid until the loop turns. -ENOMEM. */
int ww_agent_status(struct ww_agent *a, struct ww_status *ret_status, struct ww_error *err);
/* Note since when the engine is as it is. */
void ww_agent_follow_engine(struct ww_agent *a);

/* clear.c: remove all that the program made, and what it remembers; then the loop must stop. The number of objects that
 * were removed, or -errno. */
int ww_agent_clear(struct ww_agent *a, struct ww_error *err);

/* serve.c: the control socket. What fails is logged, and enforcement goes on without. A no-op where it is open. */
void ww_serving_open(struct ww_agent *a);
void ww_serving_free(struct ww_serving *s); /* after the loop, which holds its handles */

/* loop.c */
int ww_loop_new(struct ww_agent *a, struct ww_loop **ret_loop, struct ww_error *err);
void ww_loop_free(struct ww_loop *loop);
int ww_loop_run(struct ww_loop *loop, struct ww_error *err);
void ww_loop_stop(struct ww_loop *loop);
void ww_loop_fail(struct ww_loop *loop, const struct ww_error *why); /* stop; ww_loop_run fails with the first one */
struct uv_loop_s *ww_loop_uv(struct ww_loop *loop);                  /* libuv's, for handles that go with it */
struct ww_source_io ww_loop_source_io(struct ww_loop *loop);
void ww_loop_look(struct ww_loop *loop, int64_t ms);  /* call ww_looks_turn after `ms`, or earlier */
void ww_loop_seats(struct ww_loop *loop, int64_t ms); /* call ww_seats_retry after `ms`, or earlier */
void ww_loop_waits(struct ww_loop *loop, int64_t ms); /* call ww_waits_look after `ms`, or earlier */
void ww_loop_retry(struct ww_loop *loop, int64_t ms); /* reconcile again after `ms` */
void ww_loop_watch_news(struct ww_loop *loop);        /* call ww_drops_read, ww_seats_look when there is something */
void ww_loop_watch_kernel(struct ww_loop *loop, bool on); /* call ww_restore_look when nftables changes */
void ww_loop_retry_faults(struct ww_loop *loop, bool on); /* call ww_reconcile_retry_faults now and then */
void ww_loop_restore(struct ww_loop *loop, int64_t ms);   /* call ww_restore after `ms` */
void ww_loop_docker_user(struct ww_loop *loop);           /* call ww_docker_user_turn twice a second */
void ww_loop_vigil(struct ww_loop *loop, int64_t until);  /* the default bridges' guard ends then; 0: there is none */

#endif
