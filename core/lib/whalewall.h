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
 */
#ifndef WHALEWALL_H
#define WHALEWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* code: a negative errno. text: what is wrong, and what would be right, without a trailing dot. */
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
};

#define WHALEWALL_WORLD_OPTIONS                                                                                        \
    {                                                                                                                  \
        sizeof(struct whalewall_world_options), NULL, 0, NULL, false                                                   \
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
 * that its networks name, by its id of 64 digits. An image that is not added has no labels of its own: what a container
 * has of these opens nothing, where images are added. -EBADMSG: not that; the text names the field.
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
    const char *id;
    const char *name;
    bool managed;
    const char *fault; /* why it is closed; NULL: it is not */
};

/* The containers one after the other: 1 and the one at this index, from 0; 0: there are no more. */
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
    size_t size;             /* sizeof(struct whalewall_packet) */
    const char *protocol;    /* "tcp", "udp", "sctp", "icmp", … as in labels */
    const char *source;      /* its address */
    const char *destination; /* which it leads to, after destination NAT */
    const char *dialled;     /* which the sender wrote into it; NULL: the same */
    uint16_t source_port;    /* ports are 0 where the protocol has none */
    uint16_t port;           /* at `destination` */
    uint16_t dialled_port;   /* at `dialled` */
    bool from_host;          /* a process of the host sends it */
    bool to_host;            /* `destination` is an address of the host */
    bool dialled_host;       /* so is `dialled` */
};

/* Whether it passes. Texts are borrowed from the world, until something is added. */
struct whalewall_verdict {
    bool allowed;
    const char *reason;     /* why not, or that no end is managed */
    const char *sender;     /* which rule of the sender's lets it out ("output[0] line 4"); NULL: it is not managed */
    const char *receiver;   /* which rule of the receiver's lets it in; NULL */
    const char *refused_by; /* the container whose rules refuse it; NULL: none does */
};

/* -EINVAL: that is no packet. */
int whalewall_world_evaluate(struct whalewall_world *world, const struct whalewall_packet *packet,
                             struct whalewall_verdict *ret_verdict, struct whalewall_error *error);

/*
 * Whether a flow may pass, on which ways, by which lines of which labels, and what would allow it: the JSON that
 * `whalewall explain -json` prints (docs/control.md), for whalewall_free. from, to: a container, a service, an address,
 * "host" or "internet"; what: "tcp/443", "icmp". -EINVAL, -ENOENT: the question is not one.
 */
int whalewall_world_explain(struct whalewall_world *world, const char *from, const char *to, const char *what,
                            char **ret_json, struct whalewall_error *error);

#ifdef __cplusplus
}
#endif

#endif
