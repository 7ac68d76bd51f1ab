/* Any bytes as a request for metrics, whole and in pieces: what is answered must not depend on the pieces, and what was
 * no end of a request is none of a part of it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/control/scrape_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the server reads: the first pieces that come to an answer. A copy of its own, whose end a sanitizer sees. */
static unsigned read_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    unsigned status = 0;
    bool head;
    for (size_t n = piece; status == 0 && n <= size; n += piece) {
        char *bytes = malloc(n);
        if (!bytes)
            abort();
        memcpy(bytes, data, n);
        status = ww_scrape_read(bytes, n, &head);
        free(bytes);
    }
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ww_buf body = {0};
    struct ww_buf out = {0};
    if (size > WW_LIMIT_SCRAPE_BYTES)
        size = WW_LIMIT_SCRAPE_BYTES;
    if (!size)
        return 0;
    unsigned whole = read_in_pieces(data, size, size);
    unsigned byte = read_in_pieces(data, size, 1);
    if (whole != byte && !(byte && memchr(data, '\0', size))) /* a byte 0 behind the end is seen or not */
        abort();
    if (whole) {
        ww_scrape_answer(whole, false, &body, &out);
        if (!strstr(out.data, "\r\n\r\n"))
            abort();
    }
    ww_buf_done(&out);
    return 0;
}
