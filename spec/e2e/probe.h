/* wwprobe: the end-to-end tests' packets. Every mode prints one line for each thing it saw. */
#ifndef WW_E2E_PROBE_H
#define WW_E2E_PROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An address of either family, ready for the socket calls. */
struct peer {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t len;
};

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0". False when the text is no address. */
bool peer_parse(const char *text, uint16_t port, struct peer *ret_peer);

/* The address without port; IPv4-mapped ones as IPv4. */
const char *peer_text(const struct sockaddr_storage *from, char *text, size_t size);
uint16_t peer_port(const struct sockaddr_storage *from);

/* CLOCK_MONOTONIC in milliseconds: the same clock as Python's time.monotonic(). */
int64_t now_ms(void);

/* SCTP (probe_sctp.c): the ends of the association, and the tag that the answer has to bear. */
struct sctp_ends {
    uint16_t sport;
    uint16_t dport;
    uint32_t tag;
};
#define SCTP_ANSWER_BYTES 320

int sctp_socket(int family);                         /* raw, and says where a packet came to; -1: errno */
bool sctp_ask(int fd, const struct sctp_ends *ends); /* connected; false: errno */
/* Is it a question, in what the raw socket gave? */
bool sctp_asked(const unsigned char *data, size_t len, int family, struct sctp_ends *ret_ends);
/* The whole packet that answers it; 0: the text is too long. */
size_t sctp_answer(const struct sctp_ends *asked, const char *text, unsigned char packet[static SCTP_ANSWER_BYTES]);
/* The answer's text, NULL if it does not answer that. */
const char *sctp_answered(const unsigned char *data, size_t len, int family, const struct sctp_ends *ends);

/* The modes; argv[0] is the mode's name. They return the exit status. */
int batch_main(int argc, char **argv);
int single_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int flow_main(int argc, char **argv);
int raw_main(int argc, char **argv);
int watch_main(int argc, char **argv);
int first_main(int argc, char **argv);
int frame_main(int argc, char **argv);
int sniff_main(int argc, char **argv);
int hear_main(int argc, char **argv);
int flood_main(int argc, char **argv);
int storm_main(int argc, char **argv);

#endif
