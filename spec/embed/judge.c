/* A program that only judges labels, and stays as it is then: judge CONTAINERS NETWORKS. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <whalewall.h>

typedef int add_fn(struct whalewall_world *world, const char *json, size_t len, struct whalewall_error *error);

/* What is read is not kept. */
static int add(add_fn *fn, struct whalewall_world *world, const char *path, struct whalewall_error *error)
{
    struct stat st = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = fd >= 0 && fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
    char *text = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (text == MAP_FAILED)
        return -1;
    int rc = fn(world, text, len, error);
    munmap(text, len);
    return rc;
}

int main(int argc, char *argv[])
{
    struct whalewall_error error = {0};
    struct whalewall_world *world = NULL;
    if (argc != 3 || whalewall_world_new(NULL, &world, &error) < 0 ||
        add(whalewall_world_add_containers, world, argv[1], &error) < 0 ||
        add(whalewall_world_add_networks, world, argv[2], &error) < 0 || whalewall_world_compile(world, &error) != 0)
        return fprintf(stderr, "judge: %s\n", error.text), 1;
    puts("compiled");
    fflush(stdout);
    getchar(); /* until it was looked at */
    whalewall_world_free(world);
    return 0;
}
