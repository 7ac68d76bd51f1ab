#include "core/control/counts.h"

/* From what one commit takes to what only a busy disk or processor explains. */
static const struct {
    int64_t ns;
    const char *text;
} bounds[WW_HISTOGRAM_BOUNDS] = {
    {100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},  {1000000, "0.001"},  {2500000, "0.0025"},
    {5000000, "0.005"},  {10000000, "0.01"},  {25000000, "0.025"}, {50000000, "0.05"},  {100000000, "0.1"},
    {250000000, "0.25"}, {500000000, "0.5"},  {1000000000, "1"},   {2500000000, "2.5"}, {10000000000, "10"},
};

int64_t ww_histogram_bound(size_t i, const char **ret_text)
{
    *ret_text = bounds[i].text;
    return bounds[i].ns;
}

void ww_histogram_add(struct ww_histogram *h, int64_t ns)
{
    size_t i = 0;
    while (i < WW_HISTOGRAM_BOUNDS && ns > bounds[i].ns)
        i++;
    h->of[i]++;
    h->sum_ns += ns > 0 ? (uint64_t)ns : 0;
}
