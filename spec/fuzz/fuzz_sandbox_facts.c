/*
 * What a worker reads of a request, on anything: it must not crash, and facts that it takes must be written as the same
 * bytes. A container's name, labels and networks are in them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/sandbox/facts_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_facts facts;
    struct ww_buf again = {0};
    struct ww_error err = {0};
    if (ww_facts_decode((const char *)data, size, &facts, &err) < 0) {
        if (err.code < 0 && *err.text)
            return 0;
        abort(); /* failed without saying why */
    }
    ww_facts_encode(&facts, &again);
    if (again.len != size || memcmp(again.data, data, size) != 0)
        abort();
    ww_facts_decoded_done(&facts);
    ww_buf_done(&again);
    return 0;
}
