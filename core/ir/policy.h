/*
 * The policy step behind a table of functions: labels and facts in, rules out. It is pure: the same input gives the
 * same output, and it touches neither files nor network. bindings/ implements it with Lua in this process, core/sandbox
 * puts that into processes that can do nothing else.
 */
#ifndef WW_IR_POLICY_H
#define WW_IR_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/compiled.h"
#include "core/ir/groups.h"
#include "core/ir/names.h"

struct ww_facts; /* core/model/facts.h */

struct ww_policy_ops {
    /*
     * The names of containers, services and networks that this `whalewall.rules` label mentions (container names
     * without the slash). label NULL: none. -EINVAL when the label is faulty: err->text is the whole message for the
     * operator, with label, line, column, key path, and what would be right.
     */
    int (*mentions)(void *self, const char *label, struct ww_names *ret_names, struct ww_error *err);

    /*
     * Translate. With site policies -EINVAL, too, when one denies the container or fails: it is then to be closed,
     * whatever its label says. Same errors as mentions; also -E2BIG when the budget of instructions or memory is
     * overrun. Both, where they have a process of their own: -ECHILD when it died of this container, was silent, or
     * answered what it may not: the container's fault until it is tried again; -EAGAIN when it cannot be had now;
     * -EPIPE when it can be had no more.
     */
    int (*compile)(void *self, const struct ww_facts *facts, struct ww_compiled *ret_compiled, struct ww_error *err);

    /*
     * With site policies, in place of mentions: all names that the rules of this container mention; `facts` without
     * networks and targets. NULL: there are no site policies. Errors as those of compile.
     */
    int (*names)(void *self, const struct ww_facts *facts, struct ww_names *ret_names, struct ww_error *err);

    /* What the site's policies read (enum ww_reads); 0: there are none. NULL: the same. */
    unsigned (*reads)(void *self);

    /* The groups of addresses that the site's policies name, as many as ww_groups_check takes. Borrowed, until the next
     * call of it. NULL: there are none. */
    const struct ww_groups *(*groups)(void *self);

    /* Changes whenever the same facts might give other rules: goes into the key of the cache. Borrowed. */
    const char *(*version)(void *self);

    /* What was asked has been put to use, and nothing is asked now: get ready for what is next. NULL: it is. */
    void (*prepare)(void *self);

    /* No caller waits for an answer: give back what the next one does not need. NULL: nothing to give. */
    void (*rest)(void *self);

    /*
     * This process was just forked of the one that made it, for few calls: get ready for them. waits: it is not asked
     * anything yet, so there is time. NULL: it is ready.
     */
    void (*forked)(void *self, bool waits);

    /*
     * Readable when the process that waits for the next question has ended: look, then. look has another one made, and
     * returns in how many milliseconds it is to be called again, -1: when that is readable. Both NULL: none waits.
     * waiting_fd is the same one as long as the policy lives; -1: it cannot be told.
     */
    int (*waiting_fd)(void *self);
    int64_t (*look)(void *self);

    /* How many processes of it have failed and were, or will be, replaced. NULL: it has none. */
    uint64_t (*failures)(void *self);

    void (*free)(void *self);
};

struct ww_policy {
    const struct ww_policy_ops *ops;
    void *self;
};

#endif
