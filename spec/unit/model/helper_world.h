/* Worlds out of short texts. */
#ifndef WW_SPEC_HELPER_WORLD_H
#define WW_SPEC_HELPER_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "core/model/facts.h"
#include "core/model/world.h"

/*
 * "id=c1 name=web project=p service=s swarm=w image=i mode=m state=running started=7 enabled=true rules=r net=n…
 * pub=80/8080 called=nginx label=key:value…": a key each, in any order; net, pub and label as often as wanted. NULL
 * when out of memory.
 */
struct ww_container *helper_container(const char *spec);

/* "id=n1 name=net driver=bridge project=p compose=c guard=false default internal subnet=192.0.2.0/24
 * label=key:value ep=c1/192.0.2.2/2001:db8::2/02:…". Parts of ep after the first may be empty or missing. */
struct ww_network *helper_network(const char *spec);

/* One answer: "c <container>", "n <network>", "-c id", "-n id", "i <image> [label]" ("i? <image>": gone), or
 * "m <id> name…" (mentions). 0 or -errno. */
int helper_put(struct ww_world *w, const char *answer);

/* Take what is dirty: the ids, with a space between. The caller frees it. */
char *helper_dirty(struct ww_world *w);

/* The text of the facts of a container; names end with NULL. The caller frees it. */
char *helper_facts(const struct ww_world *w, const char *id, const char *const *names, bool trust_image);

#endif
