#include "helper_matched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel/kernel.h"
#include "core/kernel/table/layout.h"

void __real_ww_kernel_free(struct ww_kernel *kernel);
void __real_ww_layout_part_delete(struct ww_batch *batch, enum ww_part part);
/* A test has the same sets filled again and again: the last name is not written twice in a row. */
void matched_elements(const char *stem)
{
    static const char *last;
    const char *path = getenv("WW_MATCHED");
    FILE *f = path && stem != last ? fopen(path, "ae") : NULL;
    if (!f)
        return;
    last = stem;
    fprintf(f, "flag elements %s\n", stem);
    if (fclose(f) != 0)
        perror("WW_MATCHED");
}

void __wrap_ww_kernel_free(struct ww_kernel *kernel);
void __wrap_ww_layout_part_delete(struct ww_batch *batch, enum ww_part part);

static bool is_condition(const struct ww_term *term)
{
    return term->kind >= WW_T_IS && term->kind <= WW_T_SAMPLE;
}

/* A counter behind the conditions: what comes there matches. */
const struct ww_stmt *matched_by(const struct ww_stmt *stmt, const char *name, struct ww_stmt *buf)
{
    size_t n = ww_stmt_count(stmt);
    size_t at = 0;
    if (!getenv("WW_MATCHED") || n == WW_STMT_TERMS)
        return stmt;
    while (at < n && is_condition(&stmt->terms[at]))
        at++;
    *buf = *stmt;
    memmove(&buf->terms[at + 1], &stmt->terms[at], (n - at) * sizeof(stmt->terms[0]));
    buf->terms[at] = (struct ww_term){.kind = WW_T_COUNTER};
    buf->origin = name;
    return buf;
}

/* The network namespace is the one whose tables they are. */
void matched_note(void)
{
    if (getenv("WW_MATCHED") &&
        system("nft list ruleset 2>&1 | grep 'packets [1-9]' | grep -o '\"row [^\"]*\"$' >>\"$WW_MATCHED\"") < 0)
        perror("WW_MATCHED");
}

void __wrap_ww_kernel_free(struct ww_kernel *kernel)
{
    if (kernel)
        matched_note();
    __real_ww_kernel_free(kernel);
}

void __wrap_ww_layout_part_delete(struct ww_batch *batch, enum ww_part part)
{
    matched_note();
    __real_ww_layout_part_delete(batch, part);
}
