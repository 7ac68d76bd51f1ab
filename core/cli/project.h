/* The containers of a compose project, as the running program knows them. */
#ifndef WW_CLI_PROJECT_H
#define WW_CLI_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

/* Strings are owned. */
struct ww_project_container {
    char *id;
    char *name;
    char *service; /* NULL: it is of none */
    bool managed;
};

struct ww_project {
    struct ww_project_container *list; /* by service, then by name */
    size_t n;
};

/* Ask the program that runs with this data directory. -ESRCH: there is no container of that project; else as
 * ww_ask_program. */
int ww_project_ask(const char *data_dir, const char *name, struct ww_project *ret_project, struct ww_error *err);
void ww_project_done(struct ww_project *p);

/* Those that one answer of `enforced` has. */
int ww_project_add(struct ww_project *p, const char *answer, const char *name, struct ww_error *err);
void ww_project_sort(struct ww_project *p);

#endif
