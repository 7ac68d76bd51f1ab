/* An agent whose labels are read in the process, which is its own: follow DATA-DIRECTORY ENGINE. */
#include <stdio.h>
#include <whalewall.h>

static void note_state(void *arg, const struct whalewall_state *state)
{
    (void)arg;
    printf("state ready=%d containers=%zu\n", state->ready, state->containers);
    fflush(stdout);
}

int main(int argc, char *argv[])
{
    struct whalewall_error error = {0};
    struct whalewall_agent_options options = WHALEWALL_AGENT_OPTIONS;
    struct whalewall_agent *agent = NULL;
    if (argc != 3)
        return 2;
    options.data_dir = argv[1];
    options.docker_host = argv[2];
    options.state = note_state;
    options.give_back = true;
    if (whalewall_agent_new(&options, &agent, &error) < 0 || whalewall_agent_start(agent, &error) < 0 ||
        whalewall_agent_run(agent, &error) < 0)
        return fprintf(stderr, "follow: %s\n", error.text), 1;
    whalewall_agent_free(agent);
    return 0;
}
