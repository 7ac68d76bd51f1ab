/* A kernel side of the test's own, and looks at what it did through the eyes of nft(8). */
#ifndef WW_SPEC_HELPER_KERNEL_H
#define WW_SPEC_HELPER_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/kernel/kernel.h"

struct bench {
    struct ww_kernel *kernel;
    struct ww_plan *plan; /* what is applied */
    struct ww_error err;
    bool shared; /* the table has no owner: tests may change it behind the kernel side's back */
};

/* In a fresh network namespace, taken over, nothing applied. Fails the test without the right to. For cmocka. */
int bench_open(void **state);       /* shared */
int bench_open_owned(void **state); /* owned where the kernel can */
int bench_close(void **state);
/* A second agent takes over what the first left. *ret_found may be NULL. */
void bench_restart(struct bench *b, struct ww_kernel_found *ret_found);

/* A plan with these texts of rulesets, up to a NULL. The caller frees it. */
struct ww_plan *bench_plan_of(const char *const *texts);
#define bench_plan(...) bench_plan_of((const char *const[]){__VA_ARGS__})

/* Move to the plan by a difference; takes it over when that succeeds. *ret_refusal may be NULL. */
int bench_apply(struct bench *b, struct ww_plan *plan, struct ww_refusal *ret_refusal);
/* The same, and must succeed. */
void bench_go(struct bench *b, struct ww_plan *plan);

/* What nft lists of the table, counters left out. The caller frees it. */
char *bench_list(void);

/* The number of transactions so far in this network namespace (NFT_MSG_GETGEN). */
uint32_t bench_generation(void);

#endif
