/* What spec/mutation/run can leave out, one line each: the name, a tab, what it is. */
#include <stdio.h>

#include "spec/unit/kernel/helper_without.h"

static void print(const char *name, const char *what)
{
    printf("%s\t%s\n", name, what);
}

int main(void)
{
    without_each(print);
    return 0;
}
