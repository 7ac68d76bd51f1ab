#include "core/sandbox/hello.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/frame.h"

#define HELLO_BYTES 4096

int ww_hello_receive(int fd, int64_t ms, struct ww_jail_report *ret_report, char ret_version[static WW_HASH_HEX],
                     struct ww_error *err)
{
    struct ww_frame frame;
    struct ww_buf said = {0};
    int64_t until = ww_clock_mono() + ms * WW_NS_PER_MS;
    int rc = ww_frame_receive(fd, HELLO_BYTES, until, &frame, &said);
    if (rc < 0)
        ww_fail(err, rc, "a reader of labels could not be started: %s", strerror(-rc));
    else if (frame.kind == WW_FRAME_REFUSED)
        rc = ww_answer_refusal_read(said.data, said.len, err);
    else if (frame.kind != WW_FRAME_HELLO || said.len < sizeof(*ret_report) ||
             said.len - sizeof(*ret_report) >= WW_HASH_HEX)
        rc = ww_fail(err, -EBADMSG, "a reader of labels said nothing that can be understood at its start");
    if (rc == 0) {
        memcpy(ret_report, said.data, sizeof(*ret_report));
        snprintf(ret_version, WW_HASH_HEX, "%s", said.data + sizeof(*ret_report));
    }
    ww_buf_done(&said);
    return rc;
}
