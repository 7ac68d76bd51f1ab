/* Follows the changes that other programs make in nftables, while that is wanted. */
#ifndef WW_AGENT_NFT_WATCH_H
#define WW_AGENT_NFT_WATCH_H

#include <stdbool.h>

#include "core/base/error.h"

struct ww_agent;
struct ww_nft_watch;

/* changed: what to do when there is something to be read. Not freed before the loop is closed. -ENOMEM. */
int ww_nft_watch_new(struct ww_agent *a, void (*changed)(struct ww_agent *a), struct ww_nft_watch **ret_watch,
                     struct ww_error *err);
void ww_nft_watch_free(struct ww_nft_watch *w);

/* Begin, or stop. What fails is logged, and tried again by WW_TIMER_WATCH. */
void ww_nft_watch_set(struct ww_nft_watch *w, bool on);
/* By that timer. True: nothing was watched until now, so everything is to be compared. */
bool ww_nft_watch_retry(struct ww_nft_watch *w);

#endif
