/* What is said of a container's rules: where they come from, why something is refused, and what the operator is told.
 */
#include "core/ir/compiled.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"

/* At the end of a character. */
static void cut(char **text, size_t max)
{
    size_t len = *text ? strlen(*text) : 0;
    if (len <= max)
        return;
    len = max;
    while (len && ((unsigned char)(*text)[len] & 0xc0) == 0x80)
        len--;
    (*text)[len] = '\0';
    char *shrunk = realloc(*text, len + 1);
    if (shrunk)
        *text = shrunk;
}

/* The first `n` stay, and one says how many more there were; it waits if one of these did. */
static int keep_notes(struct ww_compiled *c, size_t n, const char *limit)
{
    char text[128];
    bool waiting = false;
    snprintf(text, sizeof(text),
             n ? "%zu more notes are left out (%s)"
               : "what is said of the rules is cut, and %zu notes are left out (%s)",
             c->n_notes - n, limit);
    for (size_t i = n; i < c->n_notes; i++) {
        waiting = waiting || c->notes[i].waiting;
        free(c->notes[i].origin);
        free(c->notes[i].text);
    }
    c->n_notes = n;
    return ww_compiled_add_note(c, waiting, "", text);
}

int ww_compiled_limit_notes(struct ww_compiled *c)
{
    for (size_t i = 0; i < c->n_notes; i++) {
        cut(&c->notes[i].origin, WW_LIMIT_ORIGIN);
        cut(&c->notes[i].text, WW_LIMIT_ORIGIN);
    }
    return c->n_notes <= WW_LIMIT_NOTES ? 0 : keep_notes(c, WW_LIMIT_NOTES - 1, "WW_LIMIT_NOTES");
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

size_t ww_compiled_texts(const struct ww_compiled *c)
{
    size_t bytes = 0;
    for (size_t i = 0; i < c->n_rules; i++)
        bytes += length(c->rules[i].origin);
    for (size_t i = 0; i < c->n_consents; i++)
        bytes += length(c->consents[i].rule.origin);
    for (size_t i = 0; i < c->n_bans; i++)
        bytes += length(c->bans[i].rule.origin) + length(c->bans[i].reason);
    for (size_t i = 0; i < c->n_notes; i++)
        bytes += length(c->notes[i].origin) + length(c->notes[i].text);
    return bytes;
}

int ww_compiled_shorten(struct ww_compiled *c, const char *limit)
{
    for (size_t i = 0; i < c->n_rules; i++)
        cut(&c->rules[i].origin, WW_LIMIT_SHORTENED);
    for (size_t i = 0; i < c->n_consents; i++)
        cut(&c->consents[i].rule.origin, WW_LIMIT_SHORTENED);
    for (size_t i = 0; i < c->n_bans; i++) {
        cut(&c->bans[i].rule.origin, WW_LIMIT_SHORTENED);
        cut(&c->bans[i].reason, WW_LIMIT_SHORTENED);
    }
    return keep_notes(c, 0, limit);
}
