#include "core/base/trim.h"

#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static void *address(uintptr_t at)
{
    return (void *)at; /* NOLINT(performance-no-int-to-ptr): where the linker says that an object is */
}

/* Has loading it written to its code? */
static bool is_relocated_in_place(const struct dl_phdr_info *info)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_DYNAMIC)
            continue;
        const ElfW(Dyn) *d = address(info->dlpi_addr + segment->p_vaddr);
        for (; d->d_tag != DT_NULL; d++)
            if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_TEXTREL)))
                return true;
    }
    return false;
}

/* Segments that are not writable, and were not: the file has all that is in them. */
static int trim_object(struct dl_phdr_info *info, size_t size, void *arg)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size;
    (void)arg;
    if (is_relocated_in_place(info))
        return 0;
    for (size_t i = info->dlpi_phnum; i-- > 0;) {
        const ElfW(Phdr) segment = info->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W))
            continue;
        uintptr_t begin = (info->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        uintptr_t end = info->dlpi_addr + segment.p_vaddr + segment.p_memsz;
        madvise(address(begin), end - begin, MADV_DONTNEED);
        if (segment.p_offset == 0)
            break; /* it has the table of segments in it: looking there again would bring it back */
    }
    return 0;
}

void ww_trim(void)
{
    malloc_trim(0);
    dl_iterate_phdr(trim_object, NULL);
}
