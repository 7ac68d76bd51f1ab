/*
 * whalewall, to be carried inside of another program: labels of Docker containers become nftables rules.
 *
 * Two things can be had, and need nothing of each other:
 *
 *   struct whalewall_world   what an engine said of containers and networks, without an engine, a kernel or root: which
 *                            rules their labels come to, whether a packet would pass, and why.
 *   struct whalewall_agent   follows an engine and keeps its containers' rules in the kernel, in a loop of yours.
 *
 * What holds for all of it. Functions return 0 or a count, or a negative errno; then *error, which may be NULL, has a
 * line for a person. Results go to `ret_…` and are written only on success. Texts are UTF-8. The library writes to no
 * standard stream, takes no signal, keeps no state of its own, and changes nothing of the process: no umask, no
 * environment, no locale. An object is used by one thread at a time; different objects by different threads as you
 * like. docs/embedding.md has the rest, with programs to start from.
 *
 * Structs that begin with `size` can grow, at their end. Its maker says how large it is, by sizeof: the host of
 * what it fills in, and of what it has the library fill in, where a field is 0 that the library does not know; the
 * library of what callbacks get, where a field beyond `size` is not there. `reserved` is zero: new fields of a byte are
 * to come there. The other structs stay as they are.
 */
#ifndef WHALEWALL_H
#define WHALEWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Never grows. code: a negative errno. text: what is wrong, and what would be right, without a trailing dot. */
struct whalewall_error {
    int code;
    char text[1024];
};

const char *whalewall_version(void); /* of the library that is loaded: "0.3.0" */

void whalewall_free(void *memory); /* texts that were given away */

/* --- A world: labels and facts become rules, and packets are judged by them. */

struct whalewall_world;

/* Of a world. Zero means the default; an older program's `size` tells which fields it knows. */
struct whalewall_world_options {
    size_t size;                 /* sizeof(struct whalewall_world_options) */
    const char *const *policies; /* of the site, as the option -policy names them; may be NULL */
    size_t n_policies;
    const char *policy_config; /* the file that configures these; NULL: none */
    bool trust_image_labels;   /* labels that come from an image open something, too */
    unsigned char reserved[7]; /* must be zero */
};

#define WHALEWALL_WORLD_OPTIONS                                                                                        \
    {                                                                                                                  \
        sizeof(struct whalewall_world_options), NULL, 0, NULL, false,                                                  \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }

/* options NULL: the defaults. -EINVAL: a policy is faulty; the text says which file and where. */
int whalewall_world_new(const struct whalewall_world_options *options, struct whalewall_world **ret_world,
                        struct whalewall_error *error);
void whalewall_world_free(struct whalewall_world *world); /* NULL is a no-op */

/* Is this text a label `whalewall.rules` that can be read? -EINVAL: no, and the text says at which line and column. */
int whalewall_world_check(struct whalewall_world *world, const char *label, struct whalewall_error *error);

/*
 * Facts, as the engine tells them: what `docker inspect` of containers, networks and images prints (Docker Engine API
 * 1.24 to 1.51), one object or an array. What is there already by its id is replaced. A container's addresses are those
 * that its networks name, by its id of 64 digits: without networks it has none. A container's `whalewall.rules` that
 * equals its image's opens nothing, nor does that of one without `Image`; an image that is not added has no labels.
 * -EBADMSG: not that; the text names the field.
 */
int whalewall_world_add_containers(struct whalewall_world *world, const char *json, size_t len,
                                   struct whalewall_error *error);
int whalewall_world_add_networks(struct whalewall_world *world, const char *json, size_t len,
                                 struct whalewall_error *error);
int whalewall_world_add_images(struct whalewall_world *world, const char *json, size_t len,
                               struct whalewall_error *error);

/* Make rules of all labels: the number of containers that are closed, for their labels are faulty or a policy says so.
 * The functions below do so by themselves after something was added. */
int whalewall_world_compile(struct whalewall_world *world, struct whalewall_error *error);

/* Texts are borrowed from the world, until something is added. */
struct whalewall_container {
    size_t size; /* sizeof(struct whalewall_container), of the host's */
    const char *id;
    const char *name;
    const char *fault; /* why it is closed; NULL: it is not */
    bool managed;
    unsigned char reserved[7];
};

#define WHALEWALL_CONTAINER                                                                                            \
    {                                                                                                                  \
        sizeof(struct whalewall_container), NULL, NULL, NULL, false,                                                   \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }

/* The containers one after the other: 1 and the one at this index, from 0; 0: there are no more. -EINVAL: no size. */
int whalewall_world_container(struct whalewall_world *world, size_t index, struct whalewall_container *ret_container,
                              struct whalewall_error *error);

/*
 * One container and its rules, as the JSON that `whalewall show -json` prints (docs/control.md): a text for
 * whalewall_free. container: a name, an id, or a service's name. -ENOENT.
 */
int whalewall_world_show(struct whalewall_world *world, const char *container, char **ret_json,
                         struct whalewall_error *error);

/* The first packet of a flow. Addresses are texts. */
struct whalewall_packet {
    size_t size;               /* sizeof(struct whalewall_packet) */
    const char *protocol;      /* "tcp", "udp", "sctp", "icmp", … as in labels */
    const char *source;        /* its address */
    const char *destination;   /* which it leads to, after destination NAT */
    const char *dialled;       /* which the sender wrote into it; NULL: the same */
    uint16_t source_port;      /* ports are 0 where the protocol has none */
    uint16_t port;             /* at `destination` */
    uint16_t dialled_port;     /* at `dialled` */
    bool from_host;            /* a process of the host sends it */
    bool to_host;              /* `destination` is an address of the host */
    bool dialled_host;         /* so is `dialled` */
    unsigned char reserved[7]; /* must be zero */
};

/* Whether it passes. Texts are borrowed from the world, until something is added. */
struct whalewall_verdict {
    size_t size;            /* sizeof(struct whalewall_verdict), of the host's */
    const char *reason;     /* why not, or that no end is managed */
    const char *sender;     /* which rule of the sender's lets it out ("output[0] line 4"); NULL: it is not managed */
    const char *receiver;   /* which rule of the receiver's lets it in; NULL */
    const char *refused_by; /* the container whose rules refuse it; NULL: none does */
    bool allowed;
    unsigned char reserved[7];
};

#define WHALEWALL_VERDICT                                                                                              \
    {                                                                                                                  \
        sizeof(struct whalewall_verdict), NULL, NULL, NULL, NULL, false,                                               \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }

/* -EINVAL: that is no packet, or one of the two has no size. */
int whalewall_world_evaluate(struct whalewall_world *world, const struct whalewall_packet *packet,
                             struct whalewall_verdict *ret_verdict, struct whalewall_error *error);

/*
 * Whether a flow may pass, on which ways, by which lines of which labels, and what would allow it: the JSON that
 * `whalewall explain -json` prints (docs/control.md), for whalewall_free. from, to: a container, a service, an address,
 * "host" or "internet"; what: "tcp/443", "icmp"; NULL: what of all ports may pass. -EINVAL, -ENOENT: the question is
 * not one.
 */
int whalewall_world_explain(struct whalewall_world *world, const char *from, const char *to, const char *what,
                            char **ret_json, struct whalewall_error *error);

/* --- An agent: the containers of an engine are kept in force in the kernel, as by the program. */

struct whalewall_agent;
struct whalewall_jail;

/*
 * Labels are written by strangers. With a jail they are read in processes that can do nothing else, as in the program;
 * without one in the host's own, where a fault in what reads them gives away the host. Such processes are forked by one
 * that is forked here: before the host has threads, and before it opens what must not get out. They end with the agent.
 * The host does not wait for children that are not its own (waitpid(-1)), and leaves SIGCHLD unignored. policies: the
 * agent will have policies of a site. -errno: this system has no such jail; the text says what is missing.
 */
int whalewall_jail_new(bool policies, struct whalewall_jail **ret_jail, struct whalewall_error *error);
void whalewall_jail_free(struct whalewall_jail *jail); /* one that no agent got; NULL is a no-op */

enum whalewall_level { WHALEWALL_DEBUG = -1, WHALEWALL_INFO, WHALEWALL_WARN, WHALEWALL_ERROR };

/* A named value of a log line. It never grows: lines have arrays of it. */
struct whalewall_field {
    const char *key;
    const char *text; /* of `len` bytes, not terminated; NULL: it is a number */
    size_t len;
    int64_t number;
};

/* What the program would write as one line of its log; valid during the call. */
struct whalewall_line {
    size_t size; /* of the library's struct */
    enum whalewall_level level;
    const char *message;
    const struct whalewall_field *fields;
    size_t n_fields;
};

/* Write it as text, "message key=value …", without control characters, as snprintf does: the length it has or would
 * have. */
size_t whalewall_line_text(const struct whalewall_line *line, char *text, size_t size);

enum whalewall_engine {
    WHALEWALL_AWAY,     /* it does not answer; it is asked again and again, and the last known rules are in force */
    WHALEWALL_READING,  /* its first list is being read */
    WHALEWALL_FOLLOWED, /* all is known, and followed */
};

struct whalewall_state {
    size_t size;       /* of the library's struct */
    size_t containers; /* that have rules in force */
    uint64_t drops;    /* packets that were reported as dropped, so far */
    enum whalewall_engine engine;
    bool ready;   /* the engine's first list is in force */
    bool refused; /* the kernel refused the last change, which is tried again */
    unsigned char reserved[2];
};

enum whalewall_guard { WHALEWALL_GUARD_AUTO, WHALEWALL_GUARD_ALL, WHALEWALL_GUARD_OFF }; /* the option -guard */

/* The option -audit-labels. */
enum whalewall_audit_labels {
    WHALEWALL_AUDIT_LABELS_AUTO,
    WHALEWALL_AUDIT_LABELS_ON,
    WHALEWALL_AUDIT_LABELS_OFF,
};

/*
 * Of an agent. Zero means the default; texts are copied. Those that are named like an option of the program mean the
 * same (docs/operating.md).
 */
struct whalewall_agent_options {
    size_t size;                 /* sizeof(struct whalewall_agent_options) */
    const char *data_dir;        /* what is known after a restart, and the control socket; needed */
    const char *docker_host;     /* as DOCKER_HOST has it; NULL: unix:///var/run/docker.sock */
    const char *api_version;     /* DOCKER_API_VERSION */
    const char *cert_path;       /* DOCKER_CERT_PATH */
    int64_t timeout_ms;          /* of a request to the engine; 0: 10 s */
    struct whalewall_jail *jail; /* is taken over, also on failure; NULL: labels are read in the host's process */

    void (*log)(void *arg, const struct whalewall_line *line); /* NULL: nothing is told; events and status have it */
    void *log_arg;
    void (*state)(void *arg, const struct whalewall_state *state); /* when one of it changes; NULL */
    void *state_arg;

    const char *const *policies; /* of the site, as -policy names them; may be NULL */
    size_t n_policies;
    const char *policy_config;
    enum whalewall_level log_level; /* lines below are not told; events and status have what they have, all the same */
    bool give_back; /* the process is the agent's alone: what only the start needed, of all libraries, too,
                       is given back to the system */
    bool watch_policies;
    bool tls_verify;        /* DOCKER_TLS_VERIFY */
    bool no_control_socket; /* the program's commands cannot ask this agent then */
    enum whalewall_guard guard;
    enum whalewall_audit_labels audit_labels;
    bool trust_image_labels;
    bool
        audit; /* nothing of any container is dropped, but of those whose label says otherwise: what would be is told */
    bool docker_user;
    bool shared_table;
    const char *kernel_drop_log; /* "/dev/kmsg"; NULL: not there */
    const char *metrics;         /* "127.0.0.1:9101": served there over TCP; NULL: not */

    /*
     * A descriptor of a network namespace (/proc/PID/ns/net): the agent works there, wherever the thread is that calls
     * it, and moves that thread there and back in each call, which needs CAP_SYS_ADMIN. The host may close it after
     * whalewall_agent_new. 0: the namespace of the thread that calls, which is to be the same in all calls.
     */
    int network_namespace;
    uint32_t system_calls; /* to which the host has restricted itself, for the status; 0: it has not */

    const char *notify_socket; /* of a service manager (NOTIFY_SOCKET), which is told what sd_notify(3) tells; NULL */
    const char *watchdog_usec; /* WATCHDOG_USEC */
    const char *watchdog_pid;  /* WATCHDOG_PID */
};

#define WHALEWALL_AGENT_OPTIONS                                                                                        \
    {                                                                                                                  \
        .size = sizeof(struct whalewall_agent_options)                                                                 \
    }

/*
 * Read policies, and make what has to be there before a host gives up what it needs no more (whalewall_agent_file). No
 * thread is started, and nothing is in force. -EINVAL, -EPERM, …: the text says what is wrong.
 */
int whalewall_agent_new(const struct whalewall_agent_options *options, struct whalewall_agent **ret_agent,
                        struct whalewall_error *error);

/* Ends it; the rules stay. NULL is a no-op. */
void whalewall_agent_free(struct whalewall_agent *agent);

/* The files of policies that were read, one after the other, from 0; NULL: there are no more. Borrowed. */
const char *whalewall_agent_file(const struct whalewall_agent *agent, size_t index);

/*
 * Take the kernel's rules over, put the last known rules in force where it has none, and ask the engine, which need not
 * be there. Needs CAP_NET_ADMIN. One thread is started, which takes no signals. -EBUSY, -EPERM: another one works in
 * this network namespace, or with this data directory.
 */
int whalewall_agent_start(struct whalewall_agent *agent, struct whalewall_error *error);

/*
 * In a loop of the host's: dispatch does what is due, and never waits, but for the kernel's answers. It is called when
 * the descriptor is readable (POLLIN; the same one all the time), and when `timeout` milliseconds have passed (-1: not
 * by time); ask for that anew after each dispatch and each other call. dispatch: 0; 1: it has stopped; -errno: it
 * failed, and has stopped; the rules stay.
 */
int whalewall_agent_fd(const struct whalewall_agent *agent);
int whalewall_agent_timeout(struct whalewall_agent *agent);
int whalewall_agent_dispatch(struct whalewall_agent *agent, struct whalewall_error *error);

/* In place of all that: do so until it has stopped. */
int whalewall_agent_run(struct whalewall_agent *agent, struct whalewall_error *error);

/* From any thread, from a callback, and from within a signal's handler: stop; read policies anew, and ask the engine
 * for everything again. They only ask for it: the next dispatch does it. One that is asked to stop before it was
 * started (by a signal that came early, say) is stopped by its first dispatch. NULL is a no-op. */
void whalewall_agent_stop(struct whalewall_agent *agent);
void whalewall_agent_reload(struct whalewall_agent *agent);

/*
 * What the control socket answers, without one. Questions, and the values that they take (docs/control.md,
 * docs/status.md, docs/metrics.md, docs/audit.md):
 *
 *     "status", "metrics"
 *     "show", "suggest"    container
 *     "explain"            from, to, what: without it, of all ports
 *     "drops"              container, since: both may be left out
 *     "events"             since: may be left out
 *     "enforced"           after: may be left out
 *     "clear"              after which the agent stops: the next dispatch says so
 *
 * values: {"container", "web", NULL}, names and values; NULL: none. *ret_text is JSON, of metrics their text; for
 * whalewall_free. JSON and no structs, for it is the one form that the program's users have, too, and that grows
 * without a new library. -EINVAL, -ENOENT: the question is not one, or takes no such value; -EAGAIN: it cannot be
 * answered before the engine's first list. Not from a log callback.
 */
int whalewall_agent_ask(struct whalewall_agent *agent, const char *question, const char *const *values, char **ret_text,
                        struct whalewall_error *error);

#ifdef __cplusplus
}
#endif

#endif
