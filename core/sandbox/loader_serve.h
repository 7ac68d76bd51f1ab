/*
 * A loader: a process that has loaded the policies of a site, and forks a worker for each container. Nothing that a
 * policy does with one container is there for the next one, and none has to be loaded twice. It is in jail before it
 * reads the first byte of them.
 */
#ifndef WW_SANDBOX_LOADER_SERVE_H
#define WW_SANDBOX_LOADER_SERVE_H

#include "core/base/error.h"

/* A zygote's job (zygote.h), with a pointer to a struct ww_worker whose `site` says how policies are loaded. */
int ww_loader_prepare(void *worker, struct ww_error *err);
void ww_loader_serve(void *worker);

#endif
