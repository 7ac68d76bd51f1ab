/* Any bytes as the stream of events, in pieces: the first bytes say how long each is. The lines must not depend on it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/docker/decode.h"
#include "core/docker/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT 256

static int take(void *arg, const char *line, size_t len, struct ww_error *err)
{
    struct ww_event event;
    if (!len || len > LIMIT || memchr(line, '\n', len))
        abort();
    ww_decode_event(line, len, &event, err);
    ww_buf_add(arg, line, len);
    ww_buf_add(arg, "\n", 1);
    return 0;
}

static int feed_in_pieces(const uint8_t *data, size_t size, size_t piece, struct ww_buf *out)
{
    struct ww_lines lines = {.limit = LIMIT};
    int rc = 0;
    for (size_t at = 0; at < size && rc == 0; at += piece)
        rc = ww_lines_feed(&lines, (const char *)data + at, size - at < piece ? size - at : piece, take, out, NULL);
    ww_lines_done(&lines);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_buf whole = {0};
    struct ww_buf pieces = {0};
    if (!size)
        return 0;
    int rc = feed_in_pieces(data + 1, size - 1, size, &whole);
    if (feed_in_pieces(data + 1, size - 1, 1 + data[0] % 32, &pieces) != rc || whole.len != pieces.len ||
        (whole.len && memcmp(whole.data, pieces.data, whole.len) != 0))
        abort();
    ww_buf_done(&whole);
    ww_buf_done(&pieces);
    return 0;
}
