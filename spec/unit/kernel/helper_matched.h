/*
 * Which rules of the fixed chains a test's packets match: a rule that none matches could be left out without a test's
 * noticing, so it need not be tried; and neither need what is known of a set that the test puts nothing into. With
 * WW_MATCHED in the environment each rule counts, its comment is its name (helper_without.h), and the names of those
 * with packets are appended to that file: whenever the rules are about to be made anew or to go.
 */
#ifndef WW_SPEC_HELPER_MATCHED_H
#define WW_SPEC_HELPER_MATCHED_H

#include "core/kernel/base_ruleset/stmt.h"

/* The statement, or where that is wanted one that counts, in *buf; the name is kept in the kernel only. */
const struct ww_stmt *matched_by(const struct ww_stmt *stmt, const char *name, struct ww_stmt *buf);
void matched_note(void);
/* Something is put into the set: the line is "flag elements" and its name. */
void matched_elements(const char *stem);

#endif
