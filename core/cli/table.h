/* Aligned columns for a terminal, or for people. */
#ifndef WW_CLI_TABLE_H
#define WW_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum ww_colour { WW_PLAIN, WW_FAINT, WW_GREEN, WW_YELLOW, WW_RED };

struct ww_cell {
    char *text; /* owned; without control characters */
    enum ww_colour colour;
};

/* {.columns = n, .indent = 2}, the rest zero. */
struct ww_table {
    size_t columns;
    size_t indent;
    struct ww_cell *cells; /* row by row */
    size_t n;
    bool failed; /* out of memory */
};

/* The next cell of the row. The text is copied; control characters in it become spaces. */
void ww_table_add(struct ww_table *t, enum ww_colour colour, const char *text);
void ww_table_fmt(struct ww_table *t, enum ww_colour colour, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Print and empty it. -ENOMEM when a cell is missing; whether `out` took it, is for the caller to ask. */
int ww_table_print(struct ww_table *t, bool colours, FILE *out);

/* Is it a terminal whose user wants colours? */
bool ww_colours_wanted(FILE *out);

/* One text in a colour, without a line's end. */
void ww_colour_print(enum ww_colour colour, const char *text, bool colours, FILE *out);

#endif
