#include "bindings/lua_cost.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define AT_ONCE 16.0 /* bytes of a text that is looked for as it is, which are compared in the time of a step */

/* Matching backtracks: it tries all ways in which the items of a pattern can share a text. */
struct cost {
    const char *pattern;
    size_t len;
    double left;  /* places in the text where an item can end */
    double ways;  /* how often the item that is looked at now is reached */
    double steps; /* bytes of the pattern that were read for all items before */
    unsigned k;   /* items before that can be of any length */
};

/* k things of any length end at n places, one after the other, in (n + k - 1)! / k! / (n - 1)! ways. */
static void multiply(struct cost *c)
{
    c->ways *= (c->left + c->k) / (c->k + 1);
    c->k++;
}

/* Behind the ']' that ends the set which begins at i, where there is one. */
static size_t end_of_set(const struct cost *c, size_t i)
{
    i += i + 1 < c->len && c->pattern[i + 1] == '^' ? 2 : 1;
    for (size_t first = i; i < c->len && (c->pattern[i] != ']' || i == first); i++)
        if (c->pattern[i] == '%')
            i++;
    return i + 1;
}

/* '%' and what is behind it: pairs (%b) and what was matched before (%1) are of any length. Where it ends. */
static size_t end_of_escape(struct cost *c, size_t i)
{
    char what = i + 1 < c->len ? c->pattern[i + 1] : '\0';
    if (what == 'b' || isdigit((unsigned char)what))
        multiply(c);
    return i + (what == 'b' ? 4 : 2);
}

static size_t end_of_item(struct cost *c, size_t i)
{
    return c->pattern[i] == '[' ? end_of_set(c, i) : c->pattern[i] == '%' ? end_of_escape(c, i) : i + 1;
}

/* Is the repetition at pattern[i] the end of it, so that nothing behind can make it try again? */
static bool is_last(const struct cost *c, size_t i)
{
    while (++i < c->len)
        if (c->pattern[i] != '(' && c->pattern[i] != ')')
            return false;
    return true;
}

/* The item of `bytes` is repeated by the sign at pattern[i]. Each place that it goes on to is a test of it. */
static void add_repeated(struct cost *c, double bytes, size_t i)
{
    const bool last = is_last(c, i);
    if (c->pattern[i] == '?') {
        c->steps += c->ways * bytes;
        c->ways *= last ? 1 : 2;
        return;
    }
    if (last)
        c->steps += c->left * bytes;
    else
        multiply(c);
    c->steps += c->ways * bytes;
}

/* Is there a sign at i that repeats the item which begins there? Captures are not repeated. */
static bool repeats(const struct cost *c, size_t begin, size_t i)
{
    static const char signs[] = {'*', '+', '-', '?'};
    return i < c->len && c->pattern[begin] != '(' && c->pattern[begin] != ')' &&
           memchr(signs, c->pattern[i], sizeof(signs));
}

double ww_lua_pattern_cost(const char *pattern, size_t len, size_t left, bool anchors)
{
    struct cost c = {.pattern = pattern, .len = len, .left = (double)left + 1, .ways = 1};
    size_t i = anchors && len && pattern[0] == '^';
    if (i == 0)
        multiply(&c);
    while (i < len) {
        const size_t begin = i;
        i = end_of_item(&c, i);
        const double bytes = (double)(i - begin);
        if (repeats(&c, begin, i))
            add_repeated(&c, bytes, i++);
        else
            c.steps += c.ways * bytes;
    }
    return c.steps + c.ways;
}

bool ww_lua_pattern_is_plain(const char *pattern, size_t len)
{
    static const char signs[] = "^$*+?.([%-";
    for (size_t i = 0; i < len; i++)
        if (memchr(signs, pattern[i], sizeof(signs) - 1))
            return false;
    return true;
}

double ww_lua_plain_cost(size_t len, size_t left)
{
    return ((double)left + 1) * (1 + (double)len / AT_ONCE);
}
