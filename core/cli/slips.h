/* How near one word is to another. */
#ifndef WW_CLI_SLIPS_H
#define WW_CLI_SLIPS_H

#include <stddef.h>

/*
 * How many slips lead from a word of n bytes to another one of m: a character too many, too few, another one, or two
 * that are swapped. Capitals count as small letters, and '_' as '-'. A word that is too long for that is no option's:
 * then the larger of n and m.
 */
size_t ww_slips(const char *a, size_t n, const char *b, size_t m);

#endif
