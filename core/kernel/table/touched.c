#include "core/kernel/table/touched.h"

#include <stdio.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>

#include "core/kernel/wire/message.h"

/* A chain of a container's: deleted, or with other rules than its hash says. */
static bool note_chain(struct ww_touched *touched, struct ww_image *image, const struct ww_notification *n, bool marked)
{
    size_t len = strlen(n->name);
    struct ww_entry *e = ww_image_find(image, WW_CHAINS(n->table), n->name, len);
    if (!e && !marked)
        return false;
    touched->chains = true;
    if (e && n->type == NFT_MSG_DELCHAIN)
        ww_image_lost(image, e);
    else if (n->type != NFT_MSG_DELCHAIN)
        ww_image_found(image, WW_CHAINS(n->table), n->name, len,
                       ""); /* out of memory: then its deletion is refused, and all read */
    return true;
}

/* Does the userdata hold a comment of ours? A chain that was renamed has a name that is not ours, but still its
 * comment. */
static bool is_marked(const struct ww_notification *n)
{
    const char *data = n->comment;
    return data && n->comment_len > 2 + strlen(WW_MARK) && data[0] == 0 && !strncmp(data + 2, WW_MARK, strlen(WW_MARK));
}

static void note_fixed(struct ww_touched *touched, const struct ww_fixed_chain *chain, bool rule)
{
    for (size_t i = 0; i < touched->n_fixed; i++)
        if (rule && touched->fixed[i] == chain)
            return;
    if (rule && touched->n_fixed < WW_TOUCHED_FIXED)
        touched->fixed[touched->n_fixed++] = chain;
    else
        touched->layout = true;
}

static bool note_rules(struct ww_touched *touched, struct ww_image *image, const struct ww_notification *n)
{
    const struct ww_fixed_chain *fixed = n->name ? ww_fixed_chain_find(n->table, n->name) : NULL;
    if (n->name && !fixed)
        return note_chain(touched, image, n, is_marked(n));
    if (fixed)
        note_fixed(touched, fixed, n->type == NFT_MSG_NEWRULE || n->type == NFT_MSG_DELRULE);
    else
        touched->layout = true;
    return true;
}

/* What packets count is theirs to count. */
static bool note_set(struct ww_touched *touched, const struct ww_notification *n)
{
    int set = ww_set_find(n->table, n->name);
    bool elements = n->type == NFT_MSG_NEWSETELEM || n->type == NFT_MSG_DELSETELEM;
    if (set < 0 || (elements && ww_set_is_dynamic((unsigned)set)))
        return false;
    touched->sets[set] = true;
    touched->layout = touched->layout || !elements;
    return true;
}

static bool note_gone(struct ww_touched *touched, struct ww_image *image, enum ww_table_id table)
{
    ww_image_lost_table(image, table);
    touched->gone[table] = touched->layout = true;
    for (unsigned set = 0; set < WW_SETS; set++)
        if (ww_set_table(set) == table)
            touched->sets[set] = false;
    return true;
}

bool ww_touched_note(struct ww_touched *touched, struct ww_image *image, const struct ww_notification *n)
{
    switch (n->type) {
    case NFT_MSG_DELTABLE:
        return note_gone(touched, image, n->table);
    case NFT_MSG_NEWTABLE: /* made again by another program, or put to sleep */
        return touched->layout = true;
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
        return note_rules(touched, image, n);
    case NFT_MSG_NEWSET:
    case NFT_MSG_DELSET:
    case NFT_MSG_NEWSETELEM:
    case NFT_MSG_DELSETELEM:
        return !n->name || note_set(touched, n);
    default:
        return false;
    }
}

void ww_touched_describe(const struct ww_notification *n, char *text, size_t size)
{
    static const struct {
        uint8_t type;
        const char *before; /* the name */
        const char *after;
    } kinds[] = {
        {NFT_MSG_NEWTABLE, "table ", " changed"},
        {NFT_MSG_DELTABLE, "table ", " deleted"},
        {NFT_MSG_NEWCHAIN, "chain ", " changed"},
        {NFT_MSG_DELCHAIN, "chain ", " deleted"},
        {NFT_MSG_NEWRULE, "rule added to chain ", ""},
        {NFT_MSG_DELRULE, "rule deleted from chain ", ""},
        {NFT_MSG_NEWSET, "set ", " changed"},
        {NFT_MSG_DELSET, "set ", " deleted"},
        {NFT_MSG_NEWSETELEM, "element added to set ", ""},
        {NFT_MSG_DELSETELEM, "element deleted from set ", ""},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].type == n->type)
            snprintf(text, size, "%s%s%s", kinds[i].before, n->name ? n->name : ww_table_family_name(n->table),
                     kinds[i].after);
}
