/* Changes of our tables by other programs: noted, and what they touched closed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "core/kernel/kernel_internal.h"
#include "core/kernel/table/commit.h"
#include "core/kernel/table/layout.h"
#include "core/kernel/wire/message.h"

int ww_kernel_watch(struct ww_kernel *k, bool on, struct ww_error *err)
{
    if (on && !k->watch)
        return ww_watch_new(mnl_socket_get_portid(k->commits), &k->watch, err);
    if (!on) {
        ww_watch_free(k->watch);
        k->watch = NULL;
    }
    return 0;
}

int ww_kernel_watch_fd(const struct ww_kernel *k)
{
    return k->watch ? ww_watch_fd(k->watch) : -1;
}

struct noting {
    struct ww_kernel *k;
    struct ww_external_change *change;
};

/* A flush of everything begins with single rules: that the table went says more. */
static void take_notification(const struct ww_notification *n, void *arg)
{
    const struct noting *to = arg;
    struct ww_external_change *t = to->change;
    if (!ww_touched_note(&to->k->touched, &to->k->image, n)) {
        t->elsewhere++;
        return;
    }
    t->gone = t->gone || (n->type == NFT_MSG_DELTABLE && n->table == WW_INET);
    if (!t->changes++ || n->type == NFT_MSG_DELTABLE)
        ww_touched_describe(n, t->what, sizeof(t->what));
}

int ww_kernel_watch_drain(struct ww_kernel *k, struct ww_external_change *change, struct ww_error *err)
{
    struct noting to = {.k = k, .change = change};
    if (!k->watch)
        return 0;
    int rc = ww_watch_drain(k->watch, take_notification, &to, err);
    while (rc == -ENOBUFS) {
        change->lost = true;
        k->adopted = false;
        rc = ww_watch_drain(k->watch, take_notification, &to, err);
    }
    const struct ww_author *author = ww_watch_author(k->watch);
    if (author) {
        change->pid = author->pid;
        snprintf(change->process, sizeof(change->process), "%s", author->name);
    }
    return rc < 0 ? rc : 0;
}

/* What closes is there again afterwards, what opens is not there yet. */
static int note_closed(struct ww_kernel *k, const struct ww_touched *touched)
{
    for (struct ww_entry *e = ww_image_first(&k->image); e; e = ww_image_next(&k->image, e)) {
        const char *value = ww_entry_kernel_value(e);
        if (ww_entry_is_chain(e) || !(touched->gone[ww_set_table(e->set)] || touched->sets[e->set]))
            continue;
        ww_entry_wanted(e, &value);
        if (!ww_set_schema(e->set)->closing)
            ww_image_lost(&k->image, e);
        else if (ww_image_found(&k->image, e->set, ww_entry_key(e), e->len, value) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* A part of the table that nothing needs is not there. */
static bool is_there(const struct ww_kernel *k, unsigned set)
{
    return ww_set_exists(set) && k->image.parts & WW_PART_BIT(ww_set_part(set));
}

static void put_closed(const struct ww_kernel *k, const struct ww_touched *touched, struct ww_batch *batch)
{
    bool sets[WW_SETS];
    if (touched->layout)
        ww_layout_put(batch, &k->manner, k->image.parts);
    for (size_t i = 0; i < touched->n_fixed && !touched->layout; i++)
        ww_layout_chain(batch, &k->manner, touched->fixed[i]);
    for (unsigned set = 0; set < WW_SETS; set++) {
        sets[set] = touched->sets[set] || touched->gone[ww_set_table(set)];
        if (touched->sets[set] && is_there(k, set))
            ww_msg_set_flush(batch, set);
    }
    ww_commit_close(&k->image, sets, batch);
}

/* With the flags of a new one. */
static void renew_flags(struct ww_kernel *k, const struct ww_touched *touched)
{
    for (enum ww_table_id id = 0; id < WW_TABLES; id++)
        if (touched->gone[id])
            k->manner.flags[id] = ww_kernel_flags(k, &(struct ww_found_table){0});
}

int ww_kernel_keep(struct ww_kernel *k)
{
    int rc = 0;
    for (const struct ww_entry *e = ww_image_first(&k->image); e && rc == 0; e = ww_image_next(&k->image, e)) {
        const char *value = ww_entry_kernel_value(e);
        if (ww_entry_is_chain(e) || !ww_layout_in_lockdown(e->set))
            continue;
        ww_entry_wanted(e, &value);
        rc = ww_image_found(&k->kept, e->set, ww_entry_key(e), e->len, value);
    }
    return rc;
}

int ww_kernel_recall(struct ww_kernel *k, struct ww_batch *batch)
{
    int rc = 0;
    for (const struct ww_entry *e = ww_image_first(&k->kept); e && rc == 0; e = ww_image_next(&k->kept, e)) {
        const struct ww_entry *known = ww_image_find(&k->image, e->set, ww_entry_key(e), e->len);
        const struct ww_msg_element element = {.key = ww_entry_key(e), .value = ww_entry_kernel_value(e)};
        if (known && known->in_kernel)
            continue;
        if (batch)
            ww_msg_elements(batch, true, e->set, &element, 1, NULL, NULL);
        rc = ww_image_found(&k->image, e->set, ww_entry_key(e), e->len, ww_entry_kernel_value(e));
    }
    return rc;
}

/* What closes, of all that is known: what is wanted, or was found, or was known before the table was read again. */
static int put_lockdown(struct ww_kernel *k, struct ww_batch *batch)
{
    struct ww_touched all = {0};
    for (unsigned set = 0; set < WW_SETS; set++)
        all.sets[set] = ww_layout_in_lockdown(set);
    if (ww_kernel_recall(k, NULL) < 0 || note_closed(k, &all) < 0)
        return -ENOMEM;
    ww_layout_lockdown(batch, &k->manner);
    return ww_commit_close(&k->image, all.sets, batch);
}

int ww_kernel_lockdown(struct ww_kernel *k, struct ww_error *err)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    if (k->other.tables[WW_INET].exists)
        return ww_fail(err, -EAGAIN, "the table has another layout");
    renew_flags(k, &k->touched);
    int rc = put_lockdown(k, &batch);
    if (rc == -ENOMEM)
        return ww_fail(err, rc, "out of memory");
    if (rc == 0)
        return 0;
    rc = ww_batch_send(&batch, k->commits, NULL, err);
    k->touched.layout = true; /* its base chains are not as they should be */
    if (rc < 0)
        k->adopted = false;
    return rc < 0 ? rc : 1;
}

static int send_closed(struct ww_kernel *k, struct ww_touched *touched, struct ww_error *err)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    renew_flags(k, touched);
    for (unsigned set = 0; touched->chains && set < WW_SETS; set++)
        touched->sets[set] = touched->sets[set] || ww_set_is_map(set);
    if (note_closed(k, touched) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    k->image.parts = ww_kernel_parts(k);
    put_closed(k, touched, &batch);
    return ww_batch_send(&batch, k->commits, NULL, err);
}

int ww_kernel_close_touched(struct ww_kernel *k, struct ww_error *err)
{
    struct ww_touched touched = k->touched;
    if (!k->adopted || k->other.tables[WW_INET].exists)
        return ww_fail(err, -EAGAIN, "the table must be read again first");
    k->touched = (struct ww_touched){0};
    int rc = send_closed(k, &touched, err);
    if (rc < 0)
        k->adopted = false; /* what the kernel holds is not known any more */
    return rc;
}
