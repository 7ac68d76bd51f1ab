#include "core/cli/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/text.h"

/* SGR parameters (ECMA-48). */
static const char *const codes[] = {"", "2", "32", "33", "31"};

void ww_table_add(struct ww_table *t, enum ww_colour colour, const char *text)
{
    struct ww_buf plain = {0};
    struct ww_cell *cells = reallocarray(t->cells, t->n + 1, sizeof(*cells));
    if (cells)
        t->cells = cells;
    ww_buf_str(&plain, "");
    ww_text_plain(&plain, text, 0);
    char *copy = cells ? ww_buf_take(&plain) : NULL;
    ww_buf_done(&plain);
    if (!copy) {
        t->failed = true;
        return;
    }
    t->cells[t->n++] = (struct ww_cell){.text = copy, .colour = colour};
}

void ww_table_fmt(struct ww_table *t, enum ww_colour colour, const char *fmt, ...)
{
    char text[WW_ERROR_TEXT + 64];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    ww_table_add(t, colour, text);
}

/* Characters, not bytes. */
static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* https://no-color.org: any value that is not empty. */
bool ww_colours_wanted(FILE *out)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fileno(out)) == 1 && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

void ww_colour_print(enum ww_colour colour, const char *text, bool colours, FILE *out)
{
    if (colours && colour != WW_PLAIN)
        fprintf(out, "\033[%sm%s\033[0m", codes[colour], text);
    else
        fputs(text, out);
}

static size_t column_width(const struct ww_table *t, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < t->n; i += t->columns) {
        size_t width = width_of(t->cells[i].text);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_cell(const struct ww_table *t, size_t i, const size_t *widths, bool colours, FILE *out)
{
    const struct ww_cell *cell = &t->cells[i];
    size_t column = i % t->columns;
    bool last = column + 1 == t->columns;
    if (column == 0)
        fprintf(out, "%*s", (int)t->indent, "");
    ww_colour_print(cell->colour, cell->text, colours, out);
    if (last)
        fputs("\n", out);
    else
        fprintf(out, "%*s", (int)(widths[column] - width_of(cell->text) + 2), "");
}

int ww_table_print(struct ww_table *t, bool colours, FILE *out)
{
    size_t *widths = calloc(t->columns, sizeof(*widths));
    bool failed = t->failed || !widths;
    for (size_t column = 0; !failed && column < t->columns; column++)
        widths[column] = column_width(t, column);
    for (size_t i = 0; i < t->n; i++) {
        if (!failed)
            print_cell(t, i, widths, colours, out);
        free(t->cells[i].text);
    }
    free(widths);
    free(t->cells);
    t->cells = NULL;
    t->n = 0;
    t->failed = false;
    return failed ? -ENOMEM : 0;
}
