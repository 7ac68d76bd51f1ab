/*
 * Would these labels do what they are meant to? No engine, no root.
 *
 *     docker inspect $(docker ps -q) > containers.json
 *     docker network inspect $(docker network ls -q) > networks.json
 *     check containers.json networks.json [FROM TO WHAT]        such as: web db tcp/5432
 */
#include <stdio.h>
#include <stdlib.h>
#include <whalewall.h>

static int fail(const struct whalewall_error *error)
{
    fprintf(stderr, "check: %s\n", error->text);
    return 2;
}

static size_t read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, size, file) : 0;
    if (file)
        fclose(file);
    return n;
}

int main(int argc, char *argv[])
{
    static char text[1 << 20];
    struct whalewall_error error = {0};
    struct whalewall_world *world = NULL;
    struct whalewall_container c = WHALEWALL_CONTAINER;
    char *answer = NULL;
    if (argc != 3 && argc != 6)
        return fputs("usage: check CONTAINERS NETWORKS [FROM TO WHAT]\n", stderr), 2;
    if (whalewall_world_new(NULL, &world, &error) < 0 ||
        whalewall_world_add_containers(world, text, read_file(argv[1], text, sizeof(text)), &error) < 0 ||
        whalewall_world_add_networks(world, text, read_file(argv[2], text, sizeof(text)), &error) < 0)
        return fail(&error);
    for (size_t i = 0; whalewall_world_container(world, i, &c, &error) > 0; i++)
        if (c.fault)
            printf("%s is closed: %s\n", c.name, c.fault);
    int closed = whalewall_world_compile(world, &error);
    if (closed < 0 || (argc == 6 && whalewall_world_explain(world, argv[3], argv[4], argv[5], &answer, &error) < 0))
        return fail(&error);
    if (answer)
        fputs(answer, stdout);
    whalewall_free(answer);
    whalewall_world_free(world);
    return closed > 0;
}
