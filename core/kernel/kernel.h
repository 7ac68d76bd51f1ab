/*
 * The kernel's side: table `inet whalewall`. Rulesets are lowered to elements of a few global sets (and to chains where
 * they must), and all that is pending goes in with one netlink transaction.
 */
#ifndef WW_KERNEL_KERNEL_H
#define WW_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/ir/fences.h"
#include "core/ir/plan.h"
#include "core/kernel/docker_user/docker_place.h"
#include "core/kernel/wire/refusal.h"

struct ww_kernel;

/* What was found when taking over. */
struct ww_kernel_found {
    bool existed;      /* our table was there */
    bool other_layout; /* it was there, but made by another version: contents are replaced, base chains stay */
    size_t elements;   /* elements found in the table that judges */
    size_t chains;     /* per-container chains found */
    size_t go_objects; /* objects that the Go program left in `ip filter` */
};

/* Open the netlink sockets. -EPERM without CAP_NET_ADMIN; -EOPNOTSUPP without nf_tables. */
int ww_kernel_new(struct ww_kernel **ret_kernel, struct ww_error *err);
void ww_kernel_free(struct ww_kernel *k);

/*
 * Be the only one in this network namespace, until ww_kernel_free, where no table has an owner: by an NFLOG group,
 * which one socket can have, and only with CAP_NET_ADMIN. 0; -EBUSY: another process is; -EOPNOTSUPP: this kernel has
 * no NFLOG.
 */
#define WW_LOCK_GROUP 30584
int ww_kernel_lock(struct ww_kernel *k, struct ww_error *err);

/* Shall the table have no owner, so that other programs can put chains into it? No at first; counts at the next adopt.
 */
void ww_kernel_share_table(struct ww_kernel *k, bool on);
/* Could the kernel give it an owner? 1 or 0; -1: not asked, for it is to have none. */
int ww_kernel_can_own(const struct ww_kernel *k);
/* Is it ours alone since adopt, so that no other program can change it? */
bool ww_kernel_owns_table(const struct ww_kernel *k);

/* Shall allowed packets from and to managed containers be marked? Off at first; counts at the next adopt. */
void ww_kernel_mark_allowed(struct ww_kernel *k, bool on);

/*
 * Keep the rule that accepts what is marked in Docker's chain DOCKER-USER, after all rules of other programs; one that
 * is missing is put there only with `put`. Number of tables (`ip filter`, `ip6 filter`) that have it now, -ENOENT where
 * neither has the chain, with a text that says what to do; or another -errno. *ret_found is how it was before.
 */
int ww_kernel_docker_user_keep(struct ww_kernel *k, bool put,
                               enum ww_docker_user_place ret_found[WW_DOCKER_USER_FAMILIES], struct ww_error *err);
/* Take it away. Number of rules removed, or -errno. */
int ww_kernel_docker_user_take(struct ww_kernel *k, struct ww_error *err);

/* A number that is another one after every change of nftables in this network namespace, whichever program makes it. */
int ww_kernel_generation(struct ww_kernel *k, uint32_t *ret_generation, struct ww_error *err);

/*
 * Take over: make the table and its base chains and sets if they are not there, else read what they hold, and own it
 * where the kernel can. Nothing that is in force stops being in force. -EPERM, with a text that names it, when another
 * program owns the table. *ret_found may be NULL.
 */
int ww_kernel_adopt(struct ww_kernel *k, struct ww_kernel_found *ret_found, struct ww_error *err);

/*
 * Move the kernel along both diffs (fences may be NULL: none) in one transaction. -errno when the kernel refused:
 * nothing was changed, and *ret_refusal says which container or network was at fault, so that the caller can quarantine
 * that one and try again.
 */
int ww_kernel_apply(struct ww_kernel *k, const struct ww_diff *diff, const struct ww_fence_diff *fences,
                    struct ww_refusal *ret_refusal, struct ww_error *err);

/* As apply, from whatever adopt found to exactly these (fences NULL: none): what is there and wanted stays untouched,
 * the rest is mended.
 */
int ww_kernel_apply_all(struct ww_kernel *k, const struct ww_plan *plan, const struct ww_fences *fences,
                        struct ww_refusal *ret_refusal, struct ww_error *err);

/*
 * Can this ruleset be had here: do its user chains exist, has the kernel nfqueue, does it track SCTP? 0, or -ENOENT /
 * -EOPNOTSUPP with a text that says which rule, what is missing and what to do.
 */
int ww_kernel_check(struct ww_kernel *k, const struct ww_ruleset *rs, struct ww_error *err);

/* Can rules send packets to queues here? 1 or 0, asked of the kernel once; or -errno. */
int ww_kernel_can_queue(struct ww_kernel *k, struct ww_error *err);

/*
 * Has it tables of family bridge, so that endpoints can be bound to their bridge port? 1 or 0, asked of the kernel
 * once; or -errno. Where it has not, no fence may name a port.
 */
int ww_kernel_can_bind(struct ww_kernel *k, struct ww_error *err);

/*
 * Can rules of family bridge name the bridge that a port belongs to? 1 or 0, asked of the kernel once; or -errno. Where
 * they cannot, ports that the program has never seen are not told apart by their network: docs/security.md.
 */
int ww_kernel_can_name(struct ww_kernel *k, struct ww_error *err);

/* What other programs did to the table. All zero: nothing. */
struct ww_external_change {
    int changes;      /* of what is ours */
    int elsewhere;    /* of chains and sets of their own in the table */
    bool gone;        /* the whole table went */
    bool lost;        /* notifications were lost: anything may have happened */
    uint32_t pid;     /* of the process that made the last change; 0: unknown */
    char process[16]; /* its name, "" if unknown */
    char what[192];   /* in words, the gravest change of what is ours */
};

/*
 * Call it when a step is in force: what the host sent to the new addresses of managed endpoints before, and what waits
 * there for a neighbour to answer, is thrown away. 0, or -errno.
 */
int ww_kernel_forget_neighbours(struct ww_kernel *k, const struct ww_fence_diff *fences, struct ww_error *err);
/* The same: frames to reserved groups from the ports of managed endpoints meet the bridge's hooks (groups.h). */
int ww_kernel_bridge_groups(struct ww_kernel *k, const struct ww_fence_diff *fences, struct ww_error *err);

/*
 * Watching: a descriptor that becomes readable when another program changes nftables; open only while asked for (it
 * costs every commit). drain reads what is there, without waiting, and adds it to *change. -errno when that fails.
 */
int ww_kernel_watch(struct ww_kernel *k, bool on, struct ww_error *err);
int ww_kernel_watch_fd(const struct ww_kernel *k); /* -1 while off */
int ww_kernel_watch_drain(struct ww_kernel *k, struct ww_external_change *change, struct ww_error *err);

/*
 * As little as stops every packet from and to managed containers, established ones too, and from and to endpoints that
 * are not known on a guarded bridge, whatever is left of the table; until close_touched or adopt. 1: done, 0: there is
 * no container to be shut, or -errno.
 */
int ww_kernel_lockdown(struct ww_kernel *k, struct ww_error *err);
/* The same, and for the endpoints in these, too. */
int ww_kernel_lockdown_more(struct ww_kernel *k, const struct ww_plan *plan, const struct ww_fences *fences,
                            struct ww_error *err);

/*
 * The first step after other programs have changed what is ours: a transaction that makes what was touched of the fixed
 * chains and of the closing elements what it should be, and empties whatever else was touched, so that nothing is open
 * that should not be. apply_all then repairs the rest without reading the table. -EAGAIN when too little is known of
 * it, other -errno when the kernel refuses: adopt and apply_all mend it.
 */
int ww_kernel_close_touched(struct ww_kernel *k, struct ww_error *err);

/*
 * Is traffic inside one bridge judged: by table inet (net.bridge.bridge-nf-call-iptables and -ip6tables of this network
 * namespace), or, where connections can be tracked there, by table bridge, as it was found to be at the last adopt?
 */
bool ww_kernel_sees_bridged(const struct ww_kernel *k, int family);

/*
 * Remove all that the program made, and what the Go program left in `ip filter`. Removed objects, or -errno; -EPERM,
 * with a text that names it, when another program owns the table.
 */
int ww_kernel_clear(struct ww_kernel *k, struct ww_error *err);

#endif
