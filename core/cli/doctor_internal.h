/* What the parts of `whalewall doctor` share. */
#ifndef WW_CLI_DOCTOR_INTERNAL_H
#define WW_CLI_DOCTOR_INTERNAL_H

#include "core/cli/doctor.h"
#include "core/cli/findings.h"
#include "core/docker/json.h"
#include "core/kernel/foreign/chains.h"

struct ww_doctor {
    const struct ww_doctor_options *options;
    cJSON *status;     /* of the running program; NULL: none answers */
    cJSON *info;       /* of the engine; NULL: it does not answer */
    cJSON *containers; /* its list of running ones; NULL: the same */
    struct ww_findings found;
};

void ww_doctor_program(struct ww_doctor *d);      /* fills in status */
void ww_doctor_program_tell(struct ww_doctor *d); /* what the status says */
void ww_doctor_starts(struct ww_doctor *d);
void ww_doctor_engine(struct ww_doctor *d); /* fills in info and containers */
void ww_doctor_ports(struct ww_doctor *d);
void ww_doctor_kernel(struct ww_doctor *d);
void ww_doctor_host(struct ww_doctor *d);
void ww_doctor_firewalls(struct ww_doctor *d);

/* The engine's major version; 0: not known. */
long ww_doctor_engine_major(const struct ww_doctor *d);

/* Which firewalls these chains are of, and in which order packets that are forwarded meet them. */
struct ww_doctor_chains;
struct ww_doctor_chains *ww_doctor_chains_new(void); /* NULL: out of memory */
void ww_doctor_chains_free(struct ww_doctor_chains *c);
void ww_doctor_chains_add(const struct ww_foreign_chain *chain, void *chains);
void ww_doctor_chains_tell(struct ww_doctor_chains *c, struct ww_findings *found);

#endif
