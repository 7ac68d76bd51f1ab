/*
 * What the agent's files share. It has the parts of all of them, and no functions: a file includes the header of each
 * file that it calls.
 */
#ifndef WW_AGENT_INTERNAL_H
#define WW_AGENT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/agent/audit.h"
#include "core/agent/cached.h"
#include "core/agent/ct_scans.h"
#include "core/agent/docker_user.h"
#include "core/agent/faults.h"
#include "core/agent/go_program.h"
#include "core/agent/guard.h"
#include "core/agent/idset.h"
#include "core/agent/managed_container.h"
#include "core/agent/manager.h"
#include "core/agent/port_binding_fault.h"
#include "core/agent/port_bindings.h"
#include "core/agent/reconcile.h"
#include "core/agent/repair_state.h"
#include "core/agent/report.h"
#include "core/agent/resolver.h"
#include "core/agent/site.h"
#include "core/agent/start_latency.h"
#include "core/agent/state.h"
#include "core/agent/status.h"
#include "core/base/log.h"
#include "core/control/counts.h"
#include "core/docker/source.h"
#include "core/ir/fences.h"
#include "core/ir/plan.h"
#include "core/ir/policy.h"
#include "core/kernel/bridge/ports.h"
#include "core/kernel/kernel.h"
#include "core/model/world.h"
#include "core/store/store.h"

struct uv_loop_s;
struct ww_drops;
struct ww_events;
struct ww_loop;
struct ww_nft_watch;
struct ww_reader_watch;
struct ww_scraping;
struct ww_serving;
struct ww_timers;
struct ww_work;

struct ww_agent {
    /* What it is made of: opened and closed by agent.c. */
    struct ww_log *log;
    struct ww_policy policy;
    struct ww_world *world;
    struct ww_source *source;
    struct ww_kernel *kernel;
    bool (*sees_bridged)(const struct ww_kernel *k, int family); /* NULL: as if it did; see offline.h */
    struct ww_ports *ports; /* NULL: endpoints cannot be bound to their bridge ports */
    struct ww_store *store;
    struct ww_loop *loop;
    struct uv_loop_s *uv; /* libuv's, for handles that go with it */
    struct ww_timers *timers;
    struct ww_work *work; /* the other thread */
    struct ww_nft_watch *nft_watch;
    struct ww_reader_watch *reader_watch;
    struct ww_drops *drops;
    struct ww_events *events;     /* what the log said of late */
    struct ww_serving *serving;   /* NULL: there is no control socket */
    struct ww_scraping *scraping; /* NULL: there are no metrics over TCP */
    int metrics_fd;               /* the socket for them, until then; 0: none */
    char *data_dir;
    int locks[2]; /* of the data directory and of the network namespace; -1: none */
    bool trust_image_labels;
    bool audit; /* whatever has no label that says otherwise */
    enum ww_audit_labels audit_labels;
    bool shared_table;
    bool no_control_socket;
    bool trims;            /* the process is its own: what it does not need is given back for all of it */
    bool sandbox;          /* the policy is in processes of its own */
    uint32_t system_calls; /* that are left to the program; 0: all */
    int64_t began_real;    /* when the program did, since 1970 */
    int64_t began_mono;
    char kernel_release[64];

    /* What is desired, what applies, and where they may differ. */
    struct ww_managed_containers managed;
    struct ww_faults faults;
    struct ww_plan *desired;
    struct ww_plan *applied;
    struct ww_fences *fences; /* desired */
    struct ww_fences *fences_applied;
    struct ww_idset pending;   /* containers whose ruleset is to be sealed anew */
    struct ww_idset unapplied; /* containers whose desired ruleset may not be in the kernel yet */
    struct ww_idset unfenced;  /* networks whose desired fence may not be in the kernel yet */
    struct ww_idset troubled;  /* containers whose fault may have been the machine's: to be tried again */
    struct ww_idset deferred;  /* containers that are closed at an address until a scan is over */
    bool look_apart;           /* bridges that are none of the engine's may have changed */
    bool resync;               /* the kernel's content is not known to be `applied`: compare all of it */
    bool ready;                /* the first full list has been committed */
    bool cleared;              /* all was removed, and nothing is put in force any more: about to stop */
    bool stopped;              /* the loop is to turn no more */
    bool ended;                /* what is done last is done */

    /* What each file keeps for itself. */
    struct ww_tally tally;
    struct ww_site site;
    struct ww_port_bindings port_bindings;
    struct ww_port_binding_faults port_binding_faults;
    struct ww_guarding guard;
    struct ww_reconciling reconciling;
    struct ww_ct_scans ct_scans;
    struct ww_repair_state repair;
    struct ww_said said;
    struct ww_start_latencies start_latencies;
    struct ww_engine_seen engine;
    struct ww_resolver resolver;
    struct ww_docker_user docker_user;
    struct ww_go_program go_program;
    struct ww_manager manager;
    struct ww_state_listener state;
    struct ww_counts counts; /* of all of them */
};

#endif
