/* A time as the engine writes it (RFC 3339) to nanoseconds. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/docker/decode.h"

/* ".870409939": nanoseconds; more digits are cut. */
static int64_t time_fraction(const char **at)
{
    int64_t ns = 0;
    int64_t unit = WW_NS_PER_S / 10;
    if (**at != '.')
        return 0;
    for (++*at; **at >= '0' && **at <= '9'; ++*at) {
        ns += (**at - '0') * unit;
        unit /= 10;
    }
    return ns;
}

static bool time_two_digits(const char *at, int *ret_number)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *ret_number = (at[0] - '0') * 10 + at[1] - '0';
    return true;
}

/* "Z" or "+02:00": seconds east of Greenwich. Nothing may follow. */
static bool time_offset(const char *at, int64_t *ret_seconds)
{
    int hours = 0;
    int minutes = 0;
    *ret_seconds = 0;
    if (strcmp(at, "Z") == 0)
        return true;
    if ((at[0] != '+' && at[0] != '-') || strlen(at) != 6 || at[3] != ':' || !time_two_digits(at + 1, &hours) ||
        !time_two_digits(at + 4, &minutes))
        return false;
    *ret_seconds = (at[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

int64_t ww_decode_time(const char *text)
{
    struct tm tm = {0};
    int64_t offset = 0;
    const char *at = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!at)
        return 0;
    int64_t ns = time_fraction(&at);
    if (!time_offset(at, &offset) || tm.tm_year < 70 || tm.tm_year > 300)
        return 0;
    return (timegm(&tm) - offset) * WW_NS_PER_S + ns;
}
