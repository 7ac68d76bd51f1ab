/* Memory that only starting needed. */
#ifndef WW_BASE_TRIM_H
#define WW_BASE_TRIM_H

/*
 * Give back to the system what the program does not use any more: free pages of the heap; and the pages of code and
 * constants, most of which were touched only to load and to initialize libraries. What is needed of these is mapped
 * again when it is touched, from the page cache. Takes about a millisecond.
 */
void ww_trim(void);

#endif
