/* Where the database and the locks are: made where it is missing, and refused where another user could write to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/data_dir.h"
#include "spec/unit/kernel/helper_netns.h"

static int set_up(void **state)
{
    static char dir[32];
    strcpy(dir, "/tmp/wwdata-XXXXXX");
    *state = mkdtemp(dir);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    helper_run("rm -rf %s", (const char *)*state);
    return 0;
}

static unsigned mode_of(const char *path)
{
    struct stat info;
    return stat(path, &info) < 0 ? 0 : info.st_mode & 07777;
}

static void what_is_missing_is_made_for_the_user_only(void **state)
{
    static const char *const forms[] = {"/a/b/c", "/a/b/c/", "//a//b//c", "/./a/../a/b/c"};
    mode_t before = umask(0);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        static const char *const parts[] = {"a", "a/b", "a/b/c"};
        struct ww_error err = {0};
        char path[64];
        snprintf(path, sizeof(path), "%s%s", (const char *)*state, forms[i]);
        if (ww_data_dir_open(path, true, &err) < 0)
            fail_msg("%s", err.text);
        for (size_t k = 0; k < 3; k++) {
            snprintf(path, sizeof(path), "%s/%s", (const char *)*state, parts[k]);
            assert_int_equal(mode_of(path), 0700);
        }
        helper_run("rm -r %s/a", (const char *)*state);
    }
    umask(before);
}

static void nothing_is_made_where_it_is_not_asked_for(void **state)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/a", (const char *)*state);
    assert_int_equal(ww_data_dir_open(path, false, NULL), 0);
    assert_int_equal(access(path, F_OK), -1);
}

/* The program enforces without it. */
static void what_cannot_be_had_is_not_refused(void **state)
{
    char path[64];
    (void)state;
    assert_int_equal(ww_data_dir_open("/proc/no/such/folder", true, NULL), 0);
    snprintf(path, sizeof(path), "%s/file", (const char *)*state);
    helper_run("touch %s", path);
    assert_int_equal(ww_data_dir_open(path, true, NULL), 0);
}

static const struct {
    const char *command; /* in the directory */
    const char *why;     /* NULL: it is taken */
} rows[] = {
    {"chmod 0700 .", NULL},
    {"chmod 0755 .", NULL},
    {"chmod 0750 .; chgrp 65534 .", NULL},
    {"touch lock whalewall.sqlite control.lock", NULL},
    {"ln -s elsewhere other", NULL},
    {"chmod 0770 .", "(mode 0770): take that away (chmod go-w)"},
    {"chmod 0702 .", "(mode 0702): take that away (chmod go-w)"},
    {"chmod 1777 .", "(mode 1777): take that away (chmod go-w)"},
    {"chown 65534 .", "is user 65534's, who could change what is remembered there: give it to the user"},
    {"ln -s elsewhere lock", "/lock' is a symbolic link, which is not followed: remove it"},
    {"ln -s /etc/passwd whalewall.sqlite", "/whalewall.sqlite' is a symbolic link"},
    {"touch whalewall.sqlite; ln -s whalewall.sqlite whalewall.sqlite-wal",
     "/whalewall.sqlite-wal' is a symbolic link"},
    {"ln -s elsewhere whalewall.sqlite-shm", "/whalewall.sqlite-shm' is a symbolic link"},
    {"ln -s elsewhere control.sock", "/control.sock' is a symbolic link"},
    {"ln -s elsewhere control.lock", "/control.lock' is a symbolic link"},
};

static void what_others_may_have_their_hand_in_is_refused(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_error err = {0};
        char path[64];
        snprintf(path, sizeof(path), "%s/d", (const char *)*state);
        helper_run("mkdir -m 0700 %s; cd %s; %s", path, path, rows[i].command);
        for (int make = 0; make < 2; make++) {
            int rc = ww_data_dir_open(path, make, &err);
            if (!rows[i].why && rc < 0)
                fail_msg("%s: %s", rows[i].command, err.text);
            if (rows[i].why && (rc != -EPERM || !strstr(err.text, rows[i].why) || !strstr(err.text, path)))
                fail_msg("%s: %d: %s", rows[i].command, rc, err.text);
            if (rows[i].why && !strstr(err.text, "(-d, or data_dir of the library)"))
                fail_msg("%s: it is not said how to choose another directory: %s", rows[i].command, err.text);
        }
        helper_run("rm -r %s", path);
    }
}

/* An administrator's own link to where the data is. */
static void the_directory_itself_may_be_a_link(void **state)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/link", (const char *)*state);
    helper_run("mkdir -m 0700 %s/d; ln -s d %s", (const char *)*state, path);
    assert_int_equal(ww_data_dir_open(path, true, NULL), 0);
    helper_run("chmod 0777 %s/d", (const char *)*state);
    assert_int_equal(ww_data_dir_open(path, true, NULL), -EPERM);
}

/* As -clear does, as root, with the directory of a service that has a user of its own. */
static void root_takes_it_as_its_owner(void **state)
{
    struct ww_error err = {0};
    char path[64];
    snprintf(path, sizeof(path), "%s/d", (const char *)*state);
    helper_run("mkdir -m 0700 %s; chown 65534 %s; chmod 0711 %s", path, path, (const char *)*state);
    ww_data_dir_as_owner(path);
    int rc = ww_data_dir_open(path, false, &err);
    int others = open("/etc/shadow", O_RDONLY | O_CLOEXEC);
    int made = open(strcat(path, "/lock"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    setfsuid(0);
    struct stat info = {0};
    if (rc < 0)
        fail_msg("%s", err.text);
    assert_int_equal(others, -1);
    assert_int_not_equal(made, -1);
    assert_int_equal(fstat(made, &info), 0);
    assert_int_equal(info.st_uid, 65534);
    close(made);
    helper_run("mkdir -m 0700 %s/root", (const char *)*state);
    snprintf(path, sizeof(path), "%s/root", (const char *)*state);
    ww_data_dir_as_owner(path);
    assert_int_equal(setfsuid((uid_t)-1), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_missing_is_made_for_the_user_only), TEST(nothing_is_made_where_it_is_not_asked_for),
        TEST(what_cannot_be_had_is_not_refused),         TEST(what_others_may_have_their_hand_in_is_refused),
        TEST(the_directory_itself_may_be_a_link),        TEST(root_takes_it_as_its_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
