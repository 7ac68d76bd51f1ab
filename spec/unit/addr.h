/* Addresses as tests write them. */
#ifndef WW_SPEC_ADDR_H
#define WW_SPEC_ADDR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/model/addr.h"

/* The address that the text says; NULL: none, all zeros. */
static inline struct ww_addr addr_of(const char *text)
{
    struct ww_addr addr = {0};
    if (text && ww_addr_parse(text, &addr, NULL) != 0)
        fail_msg("'%s' is no address", text);
    return addr;
}

#endif
