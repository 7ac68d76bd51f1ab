/* What the steps of one lowering put into it: elements, chains, and how these are called. */
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/kernel/lower/lower_internal.h"

#define TAG_NAME 80 /* of a name, in chain names */

/* Room for one more in an array of the lowered form. */
static bool grow_array(struct ww_lowering *l, void **array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    size_t more = *cap ? 2 * *cap : 16;
    void *p = realloc(*array, more * size);
    if (!p) {
        l->out->arena.failed = true;
        return false;
    }
    *array = p;
    *cap = more;
    return true;
}

void ww_lower_put(struct ww_lowering *l, enum ww_stem stem, int family, const struct ww_key *key, const char *value,
                  const char *origin)
{
    struct ww_lowered *out = l->out;
    if (!grow_array(l, (void **)&out->elements, out->n_elements, &out->cap_elements, sizeof(*out->elements)))
        return;
    struct ww_element *e = &out->elements[out->n_elements++];
    *e = (struct ww_element){.set = (uint16_t)ww_set_id(stem, family), .value = value, .origin = origin};
    e->len = ww_set_key_len(e->set);
    memcpy(e->key, key->bytes, e->len);
}

void ww_lower_push(struct ww_lowering *l, struct ww_stmts *list, const struct ww_stmt *stmt)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 4;
        struct ww_stmt *v = ww_arena_alloc(&l->out->arena, cap * sizeof(*v));
        if (!v)
            return;
        if (list->n)
            memcpy(v, list->v, list->n * sizeof(*v));
        list->v = v;
        list->cap = cap;
    }
    list->v[list->n++] = *stmt;
}

void ww_lower_chain(struct ww_lowering *l, const char *name, const struct ww_stmts *stmts)
{
    struct ww_lowered *out = l->out;
    struct ww_buf text = {0};
    for (size_t i = 0; i < stmts->n; i++) {
        ww_stmt_write(&stmts->v[i], &text);
        ww_buf_fmt(&text, " # %s\n", stmts->v[i].origin ? stmts->v[i].origin : "");
    }
    char hex[WW_HASH_HEX] = "";
    if (ww_buf_ok(&text) &&
        grow_array(l, (void **)&out->chains, out->n_chains, &out->cap_chains, sizeof(*out->chains))) {
        ww_hash_hex(text.data, text.len, hex);
        struct ww_chain *chain = &out->chains[out->n_chains++];
        *chain = (struct ww_chain){.name = name, .stmts = stmts->v, .n = stmts->n};
        memcpy(chain->hash, hex, WW_CHAIN_HASH - 1);
    } else
        out->arena.failed = true;
    ww_buf_done(&text);
}

/* Docker's names are names for nft, too, but nothing here depends on it. */
const char *ww_lower_tag(struct ww_lowering *l, const char *name, const char *id)
{
    char *tag = ww_arena_fmt(&l->out->arena, "%.*s-%.12s", TAG_NAME, name, id);
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (char *c = tag; c && *c; c++)
        if (!strchr(plain, *c))
            *c = '_';
    return tag;
}
