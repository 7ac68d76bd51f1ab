#include "bindings/lua_cost.h"

#include <ctype.h>
#include <stdbool.h>

#define AT_ONCE 16.0 /* bytes that are compared in the time of a step */

/* The index of the ']' that ends the set which begins at pattern[i] == '['. */
static size_t skip_set(const char *pattern, size_t len, size_t i)
{
    i += i + 1 < len && pattern[i + 1] == '^' ? 2 : 1;
    for (size_t first = i; i < len && (pattern[i] != ']' || i == first); i++)
        if (pattern[i] == '%')
            i++;
    return i;
}

/* Is a repetition at pattern[i] the end of it, so that nothing behind can make it try again? */
static bool is_last(const char *pattern, size_t len, size_t i)
{
    while (++i < len)
        if (pattern[i] != '(' && pattern[i] != ')')
            return false;
    return true;
}

/* Matching backtracks: k things of any length in a text are tried at all n^k / k! places that they can end at. */
struct cost {
    double all;
    double left;
    unsigned k;
};

static void multiply(struct cost *c)
{
    c->all *= c->left / ++c->k;
    if (c->all < 1)
        c->all = 1;
}

/* '%' and what is behind it: pairs (%b) and what was matched before (%1) are of any length. Where it ends. */
static size_t add_escape(struct cost *c, const char *pattern, size_t len, size_t i)
{
    char what = i + 1 < len ? pattern[i + 1] : '\0';
    if (what == 'b' || isdigit((unsigned char)what))
        multiply(c);
    return i + (what == 'b' ? 3 : 1);
}

double ww_lua_pattern_cost(const char *pattern, size_t len, size_t left)
{
    struct cost c = {.all = 1 + (double)len / AT_ONCE, .left = (double)left + 1};
    if (!len || pattern[0] != '^')
        multiply(&c);
    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == '%')
            i = add_escape(&c, pattern, len, i);
        else if (pattern[i] == '[')
            i = skip_set(pattern, len, i);
        else if (pattern[i] == '?')
            c.all *= is_last(pattern, len, i) ? 1 : 2;
        else if ((pattern[i] == '*' || pattern[i] == '+' || pattern[i] == '-') && !is_last(pattern, len, i))
            multiply(&c);
    }
    return c.all + c.left;
}

double ww_lua_plain_cost(size_t len, size_t left)
{
    return ((double)left + 1) * (1 + (double)len / AT_ONCE);
}
