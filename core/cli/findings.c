#include "core/cli/findings.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/text.h"
#include "core/cli/table.h"
#include "core/control/writer.h"

#define FORMAT 1

static const struct {
    const char *name;
    enum ww_colour colour;
} levels[] = {
    [WW_FINDING_OK] = {"ok", WW_GREEN},
    [WW_FINDING_NOTE] = {"note", WW_PLAIN},
    [WW_FINDING_WARNING] = {"warning", WW_YELLOW},
    [WW_FINDING_WRONG] = {"wrong", WW_RED},
};

void ww_findings_add(struct ww_findings *f, enum ww_finding_level level, const char *code, const char *advice,
                     const char *fmt, ...)
{
    va_list args;
    char *text = NULL;
    struct ww_finding *items = realloc(f->items, (f->n + 1) * sizeof(*items));
    if (items)
        f->items = items;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    if (!items || !text) {
        free(text);
        f->failed = true;
        return;
    }
    f->items[f->n++] = (struct ww_finding){.level = level, .code = code, .text = text, .advice = advice};
}

void ww_findings_done(struct ww_findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->items[i].text);
    free(f->items);
    *f = (struct ww_findings){0};
}

bool ww_findings_are_well(const struct ww_findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].level >= WW_FINDING_WARNING)
            return false;
    return true;
}

static void show_one(const struct ww_finding *finding, bool colours, FILE *out)
{
    struct ww_buf text = {0};
    char name[16];
    ww_text_plain(&text, finding->text, 0);
    snprintf(name, sizeof(name), "%-8s", levels[finding->level].name);
    ww_colour_print(levels[finding->level].colour, name, colours, out);
    fprintf(out, " %s: %s\n", finding->code, text.data ? text.data : "");
    if (finding->advice)
        fprintf(out, "         → %s\n", finding->advice);
    ww_buf_done(&text);
}

void ww_findings_show(const struct ww_findings *f, bool colours, FILE *out)
{
    for (int level = WW_FINDING_WRONG; level >= WW_FINDING_OK; level--)
        for (size_t i = 0; i < f->n; i++)
            if (f->items[i].level == (enum ww_finding_level)level)
                show_one(&f->items[i], colours, out);
}

void ww_findings_json(const struct ww_findings *f, FILE *out)
{
    struct ww_buf text = {0};
    struct ww_writer w = {.out = &text};
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", FORMAT);
    ww_write_bool(&w, "ok", ww_findings_are_well(f));
    ww_write_open(&w, "findings", '[');
    for (size_t i = 0; i < f->n; i++) {
        ww_write_open(&w, NULL, '{');
        ww_write_text(&w, "level", levels[f->items[i].level].name);
        ww_write_text(&w, "code", f->items[i].code);
        ww_write_text(&w, "text", f->items[i].text);
        ww_write_text(&w, "advice", f->items[i].advice);
        ww_write_close(&w, '}');
    }
    ww_write_close(&w, ']');
    ww_write_close(&w, '}');
    fprintf(out, "%s\n", text.data ? text.data : "");
    ww_buf_done(&text);
}
