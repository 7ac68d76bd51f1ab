/* Private to core/store: the database under the name that earlier versions gave it, and that the Go program gives its.
 */
#ifndef WW_STORE_FORMER_H
#define WW_STORE_FORMER_H

/*
 * Where there is no file at `path` yet, and `former` is this program's, move it there, with what its log holds; nothing
 * is lost wherever that is interrupted, and the next call goes on. A file that is not this program's is only read. 0:
 * done, or there is nothing to do; -errno: it is this program's, and has to stay where it is for now.
 */
int ww_former_move(const char *former, const char *path);

#endif
