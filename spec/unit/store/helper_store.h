/* What the tests of the store share: a directory, rulesets and diffs, SQL behind the store's back. */
#ifndef HELPER_STORE_H
#define HELPER_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ir/plan.h"
#include "core/store/store.h"

/* cmocka setup and teardown: *state is the path of a new, empty directory; everything in it goes in the end. */
int helper_setup(void **state);
int helper_teardown(void **state);

/* "<dir>/<name>", valid until the next four calls. */
const char *helper_path(const char *dir, const char *name);

struct ww_store *helper_open(const char *dir);                                       /* fails the test on any trouble */
struct ww_store *helper_open_trouble(const char *dir, int code, const char *needle); /* expects this trouble */

/* A sealed ruleset with one output rule to `port`. */
struct ww_ruleset *helper_ruleset(const char *id, uint16_t port);

/* Save "this container now has that rule" (port 0: it has none any more). The result of ww_store_save_diff. */
int helper_save(struct ww_store *s, const char *id, uint16_t port, struct ww_error *err);

/* "id:port id:port …" of what the store would load. */
char *helper_loaded(struct ww_store *s, size_t *ret_bad);

/* Fails unless the store at `dir`, opened anew, is durable and loads exactly this. */
void helper_expect_on_disk(const char *dir, const char *loaded);

/* Run SQL on <dir>/whalewall.sqlite; `text` is the first column of the first row, or "". */
void helper_sql(const char *dir, const char *sql);
char *helper_sql_text(const char *dir, const char *sql);

/* How many files of the directory have names that begin so. */
int helper_count(const char *dir, const char *prefix);

void helper_write_file(const char *path, const void *data, size_t len);

#endif
