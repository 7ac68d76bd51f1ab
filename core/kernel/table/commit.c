#include "core/kernel/table/commit.h"

#include <stdio.h>
#include <string.h>

#include "core/kernel/table/layout.h"
#include "core/kernel/wire/message.h"

#define RUN 256

/* Elements of one set and one container, on their way into one message. */
struct run {
    const struct ww_image *image;
    struct ww_batch *batch;
    bool add;
    unsigned set;
    const char *id;
    const char *origin;
    struct ww_msg_element list[RUN];
    size_t n;
};

static void flush(struct run *run)
{
    if (run->n)
        ww_msg_elements(run->batch, run->add, run->set, run->list, run->n, run->id, run->origin);
    run->n = 0;
}

static void put_element(struct run *run, const struct ww_entry *e, const char *value)
{
    const struct ww_tag *tag = ww_entry_tag(run->image, e);
    if (run->n == RUN || (run->n && (run->set != e->set || run->id != tag->id)))
        flush(run);
    if (!run->n)
        run->origin = tag->origin;
    else if (run->origin != tag->origin)
        run->origin = NULL; /* not one rule's */
    run->set = e->set;
    run->id = tag->id;
    run->list[run->n++] = (struct ww_msg_element){.key = ww_entry_key(e), .value = value};
}

int ww_commit_close(const struct ww_image *image, const bool sets[static WW_SETS], struct ww_batch *batch)
{
    struct run run = {.image = image, .batch = batch, .add = true};
    int n = 0;
    for (unsigned set = 0; set < WW_SETS; set++) {
        if (!sets[set] || !ww_set_schema(set)->closing)
            continue;
        for (const struct ww_entry *e = ww_image_first(image); e; e = ww_image_next(image, e)) {
            if (e->set != set)
                continue;
            put_element(&run, e, ww_entry_kernel_value(e));
            n++;
        }
    }
    flush(&run);
    return n;
}

/* A chain that is there, but not as it should be, is made anew: its comment cannot be changed. */
static bool is_remade(const struct ww_entry *e)
{
    const char *value;
    return ww_entry_is_chain(e) && e->in_kernel && ww_entry_wanted(e, &value) && ww_entry_differs(e);
}

/* A map's element must let go of its chain while that is made anew. */
static bool must_change(const struct ww_image *image, const struct ww_entry *e)
{
    if (ww_entry_differs(e))
        return true;
    const struct ww_entry *chain = e->in_kernel ? ww_image_target(image, e) : NULL;
    return chain && is_remade(chain);
}

/* What to do with elements: take out those that get another value, or that go for good, or put in what is to be. */
enum pass { TAKE_CHANGED, TAKE_UNWANTED, ADD };

static void put_elements(const struct ww_image *image, struct ww_batch *batch, bool closing, enum pass pass)
{
    struct run run = {.image = image, .batch = batch, .add = pass == ADD};
    for (size_t i = 0; i < image->n_changes; i++) {
        const struct ww_entry *e = image->changes[i].entry;
        const char *value = NULL;
        if (ww_entry_is_chain(e) || ww_set_schema(e->set)->closing != closing || !must_change(image, e))
            continue;
        bool wanted = ww_entry_wanted(e, &value);
        if (pass == ADD ? wanted : e->in_kernel && wanted == (pass == TAKE_CHANGED))
            put_element(&run, e, value);
    }
    flush(&run);
}

static void put_name(const struct ww_entry *e, char name[static UINT8_MAX + 1])
{
    memcpy(name, ww_entry_key(e), e->len);
    name[e->len] = '\0';
}

static void put_old_chains(const struct ww_image *image, struct ww_batch *batch)
{
    char name[UINT8_MAX + 1];
    for (size_t i = 0; i < image->n_changes; i++) {
        const struct ww_entry *e = image->changes[i].entry;
        if (!ww_entry_is_chain(e) || !e->in_kernel || !ww_entry_differs(e))
            continue;
        put_name(e, name);
        batch->table = ww_entry_table(e);
        ww_msg_chain_delete(batch, name);
    }
}

/* In table bridge nothing applies a verdict that is only noted: what it is for is dropped there. */
static void close_verdict(struct ww_stmt *stmt, const char *chain)
{
    for (size_t i = 0; i < ww_stmt_count(stmt); i++) {
        if (stmt->terms[i].kind != WW_T_LABEL)
            continue;
        stmt->terms[i] = (struct ww_term){.kind = WW_T_GOTO, .text = strncmp(chain, "in-", 3) ? "drop-out" : "drop-in"};
        if (i + 1 < WW_STMT_TERMS)
            stmt->terms[i + 1] = (struct ww_term){0};
    }
}

static void put_chain(struct ww_batch *batch, const struct ww_tag *tag)
{
    const struct ww_chain *chain = tag->chain;
    char comment[64];
    snprintf(comment, sizeof(comment), WW_MARK "%s %zu", chain->hash, chain->n);
    ww_msg_chain(batch, chain->name, comment, tag->id);
    for (size_t i = 0; i < chain->n; i++) {
        struct ww_stmt stmt = chain->stmts[i];
        if (batch->table == WW_BRIDGE)
            close_verdict(&stmt, chain->name);
        ww_msg_rule(batch, chain->name, &stmt, tag->id);
    }
}

static void put_new_chains(const struct ww_image *image, struct ww_batch *batch)
{
    const char *value;
    for (size_t i = 0; i < image->n_changes; i++) {
        const struct ww_entry *e = image->changes[i].entry;
        if (!ww_entry_is_chain(e) || !ww_entry_wanted(e, &value) || !ww_entry_differs(e))
            continue;
        batch->table = ww_entry_table(e);
        put_chain(batch, ww_entry_tag(image, e));
    }
}

struct ww_widths ww_commit_widths(const long needs[static WW_NEEDS])
{
    struct ww_widths widths = {0};
    for (unsigned set = 0; set < WW_NET_SETS; set++)
        for (unsigned width = 0; width < WW_WIDTHS; width++)
            widths.there[set][width] = needs[WW_PARTS + set * WW_WIDTHS + width] > 0;
    return widths;
}

static void needs_after(const struct ww_image *image, long ret_needs[static WW_NEEDS])
{
    memcpy(ret_needs, image->needs, sizeof(image->needs));
    for (size_t i = 0; i < image->n_changes; i++) {
        const struct ww_entry *e = image->changes[i].entry;
        const char *value;
        ww_entry_count(e, (int)ww_entry_wanted(e, &value) - (int)e->in_kernel, ret_needs);
    }
}

/* The parts (bits) that are needed afterwards. Those that no element needs stay as they are. */
static unsigned parts_after(const struct ww_image *image, const long needs[static WW_NEEDS])
{
    unsigned parts = image->parts;
    for (unsigned set = 0; set < WW_SETS; set++) {
        enum ww_part part = ww_set_needs(set);
        if (part != WW_PART_ALWAYS)
            parts = needs[part] > 0 ? parts | WW_PART_BIT(part) : parts & ~WW_PART_BIT(part);
    }
    return ww_parts_whole(parts);
}

void ww_commit_put(const struct ww_image *image, struct ww_batch *batch, const struct ww_manner *manner,
                   struct ww_after *ret_after)
{
    long needs[WW_NEEDS];
    struct ww_manner then = *manner;
    needs_after(image, needs);
    then.widths = ww_commit_widths(needs);
    unsigned parts = parts_after(image, needs);
    for (enum ww_part part = 0; part < WW_PARTS; part++)
        if (parts & ~image->parts & WW_PART_BIT(part))
            ww_layout_part(batch, &then, part);
    const bool other_widths = memcmp(&then.widths, &manner->widths, sizeof(then.widths)) != 0;
    for (enum ww_part part = 0; other_widths && part < WW_PARTS; part++)
        if (parts & image->parts & WW_PART_BIT(part))
            ww_layout_widths(batch, &then, part);
    put_elements(image, batch, true, TAKE_CHANGED);
    put_elements(image, batch, true, ADD);
    put_elements(image, batch, false, TAKE_CHANGED);
    put_elements(image, batch, false, TAKE_UNWANTED);
    put_old_chains(image, batch);
    put_new_chains(image, batch);
    put_elements(image, batch, false, ADD);
    put_elements(image, batch, true, TAKE_UNWANTED);
    for (enum ww_part part = WW_PARTS; part-- > 0;) /* what looks into another comes after it */
        if (image->parts & ~parts & WW_PART_BIT(part))
            ww_layout_part_delete(batch, part);
    *ret_after = (struct ww_after){.parts = parts, .widths = then.widths};
}
