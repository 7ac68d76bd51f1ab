/*
 * The kernel's unit tests, without one rule of the fixed chains or one fact of the schema: WW_WITHOUT in their
 * environment says which, in the words of ww_without_each. What calls base_ruleset from outside gets it through here
 * (ld's --wrap, in cmake/tests.cmake); the program itself has none of this. spec/mutation/run sees what misses it.
 */
#ifndef WW_SPEC_HELPER_WITHOUT_H
#define WW_SPEC_HELPER_WITHOUT_H

/* Each that can be left out: its name for WW_WITHOUT, and what it is, for the eye. */
void without_each(void (*fn)(const char *name, const char *what));

#endif
