#include "core/base/utf8.h"

/* The length that the first byte announces, and its own bits. */
static size_t utf8_begin(unsigned char byte, uint32_t *ret_code)
{
    if (byte < 0x80) {
        *ret_code = byte;
        return 1;
    }
    if (byte >= 0xc2 && byte <= 0xdf) {
        *ret_code = byte & 0x1f;
        return 2;
    }
    if (byte >= 0xe0 && byte <= 0xef) {
        *ret_code = byte & 0x0f;
        return 3;
    }
    *ret_code = byte & 0x07;
    return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
}

size_t ww_utf8_next(const char *text, size_t len, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = 0;
    size_t size = len ? utf8_begin((unsigned char)text[0], &code) : 0;
    if (!size || size > len)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    }
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    if (ret_code)
        *ret_code = code;
    return size;
}

bool ww_utf8_is_control(uint32_t code)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},       /* soft hyphen */
        {0x061c, 0x061c},                                       /* Arabic letter mark */
        {0x180e, 0x180e}, {0x200b, 0x200f},                     /* without a width; marks of direction */
        {0x2028, 0x202e},                                       /* ends of lines; embeddings and overrides */
        {0x2060, 0x206f},                                       /* without a width; isolates */
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}, /* byte order mark; annotations; tags */
    };
    if (code < 0x7f) /* nearly all there is */
        return code < 0x20;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}
