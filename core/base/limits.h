/* Every limit on what comes from outside, in one place. An error that a limit causes names it. */
#ifndef WW_BASE_LIMITS_H
#define WW_BASE_LIMITS_H

/* Labels */
#define WW_LIMIT_LABEL_BYTES (64 * 1024) /* one label's value */
#define WW_LIMIT_STRAYS 4                /* labels with a mistaken key of which one container or network is told */
#define WW_LIMIT_STRAY_KEY 64            /* bytes of such a key that are shown */
#define WW_LIMIT_YAML_DEPTH 16
#define WW_LIMIT_YAML_NODES 20000
#define WW_LIMIT_RULES 1000         /* rules of one container */
#define WW_LIMIT_NOTES 1000         /* what is said of one container's rules */
#define WW_LIMIT_TEXTS 1048576      /* bytes of that, of where its rules come from, and why something is refused, … */
#define WW_LIMIT_ALL_TEXTS 33554432 /* … and of all containers: what is kept of it */
#define WW_LIMIT_SHORTENED 80       /* bytes of an origin or a reason where it is more */
#define WW_LIMIT_LIST 4096          /* entries of one list in a rule */
#define WW_LIMIT_ATOMS 1024         /* exact elements that one rule may become; above it becomes a chain rule */
#define WW_LIMIT_PREFIXES 8         /* prefixes that one range in it may become; above it the same */
#define WW_LIMIT_PREFIX_BITS 64     /* the longest prefix that sets hold, but for single addresses; above it the same */
#define WW_LIMIT_ELEMENTS 32768     /* of the kernel's sets, of one container's rules */
#define WW_LIMIT_OPENED 131072      /* the same, of what the rules of all others open at one container */
#define WW_LIMIT_VERDICTS 64        /* rules of one container with a chain or a queue */
#define WW_LIMIT_TEXT_LINES 262144  /* of one ruleset, or of one container's compiled rules, as text */

/* Compose files, for the commands that read them */
#define WW_LIMIT_COMPOSE_BYTES (4 * 1024 * 1024) /* one file */
#define WW_LIMIT_COMPOSE_NODES 500000            /* values of one file, those of aliases counted wherever they stand */
#define WW_LIMIT_COMPOSE_DEPTH 32
#define WW_LIMIT_COMPOSE_FILES 64 /* named on the command line, or read because other files name them */

/* The policy step */
#define WW_LIMIT_LUA_INSTRUCTIONS 20000000LL
#define WW_LIMIT_LUA_BYTES (32L * 1024 * 1024)
#define WW_LIMIT_LUA_TEXT (256 * 1024) /* one text that it makes */
#define WW_LIMIT_LUA_MS 750            /* of the processor's time; less than WW_LIMIT_JAIL_CPU_S, and it says where */

/* Site policies */
#define WW_LIMIT_POLICIES 100
#define WW_LIMIT_POLICY_BYTES (256 * 1024)  /* one file */
#define WW_LIMIT_CONFIG_BYTES (1024 * 1024) /* the configuration file, and each file that it names */
#define WW_LIMIT_CONFIG_FILES 100
#define WW_LIMIT_BAN_WORK 5000000  /* ranges of addresses and ports of one container's rules, held against refusals */
#define WW_LIMIT_GROUPS 256        /* that the program is told of, for suggestions: what is more it does not know */
#define WW_LIMIT_GROUP_RANGES 1024 /* of all of these */
#define WW_LIMIT_GROUP_NAME 64     /* bytes */

/* The process that labels are read in (core/sandbox) */
#define WW_LIMIT_JAIL_BYTES (8L * 1024 * 1024)    /* of one request to it, and of its answer */
#define WW_LIMIT_JAIL_MS 1000                     /* for one request: so long the loop waits, at most */
#define WW_LIMIT_JAIL_CPU_S 1                     /* of the processor's time, for its whole life */
#define WW_LIMIT_JAIL_MEMORY (256L * 1024 * 1024) /* of its address space, the program's own included */
#define WW_LIMIT_JAIL_LOADER_BYTES                                                                                     \
    (32L * 1024 * 1024)               /* of a site's policies, with all that they are configured with */
#define WW_LIMIT_JAIL_LOADER_MS 5000  /* until they are loaded */
#define WW_LIMIT_JAIL_LOADER_CPU_S 60 /* of the processor's time, for all workers that are forked of them */
#define WW_LIMIT_ORIGIN 4096          /* bytes of where a rule comes from, why it is refused, or what is said of it */

/* The engine */
#define WW_LIMIT_EVENT_BYTES (1024 * 1024)         /* one line of the event stream */
#define WW_LIMIT_ANSWER_BYTES (256L * 1024 * 1024) /* one answer (a list of all containers) */
#define WW_LIMIT_INSPECT_BYTES (16L * 1024 * 1024) /* one container, network or image */
#define WW_LIMIT_REQUESTS 32                       /* requests in flight */

/* The kernel (linux/netfilter/nf_tables.h, nf_log.h) */
#define WW_LIMIT_CHAIN_NAME 127
#define WW_LIMIT_LOG_PREFIX 127
#define WW_LIMIT_COMMENT 127 /* nft(8) reads no longer ones */

/* The control socket */
#define WW_LIMIT_CONTROL_CONNECTIONS 16
#define WW_LIMIT_CONTROL_BYTES 8192 /* of a request, with what libmicrohttpd needs to work on it */
#define WW_LIMIT_CONTROL_MS 5000    /* from connecting to the last byte of the answer */
#define WW_LIMIT_CONTROL_REST 3     /* after an answer the next one waits so many times as long as that one took */

/* Metrics */
#define WW_LIMIT_METRICS_CONTAINERS 500 /* whose dropped packets are told one by one */
#define WW_LIMIT_SCRAPE_CLIENTS 8       /* over TCP, at a time */
#define WW_LIMIT_SCRAPE_RATE 50         /* … that come in a second */
#define WW_LIMIT_SCRAPE_BYTES 4096      /* of a request */
#define WW_LIMIT_SCRAPE_MS 5000         /* from connecting to the last byte of the answer */

/* The database */
#define WW_LIMIT_CACHE_ROWS 10000                   /* compiled rules kept by hash */
#define WW_LIMIT_CACHE_BYTES (64L * 1024 * 1024)    /* of all their texts */
#define WW_LIMIT_CACHE_ROW_BYTES (1L * 1024 * 1024) /* of one of them; a longer one is not kept */

#endif
