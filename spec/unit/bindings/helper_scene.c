#include "spec/unit/bindings/helper_scene.h"
#include "spec/unit/addr.h"

#include <netinet/in.h>

void set_scene(struct scene *s)
{
    const struct ww_facts_network net = {
        .id = "n1", .name = "app_default", .project = "app", .compose_network = "default"};

    *s = (struct scene){0};
    s->own =
        (struct ww_facts_endpoint){.network = net, .addrs.ipv4 = addr_of("10.1.0.2"), .addrs.ipv6 = addr_of("fd00::2")};
    s->other = (struct ww_facts_endpoint){.network = net, .addrs.ipv4 = addr_of("10.1.0.3")};
    s->published = (struct ww_publish){IPPROTO_TCP, 5432, addr_of("0.0.0.0"), 15432};
    s->db = (struct ww_facts_target){.id = "bbb",
                                     .name = "app-db-1",
                                     .project = "app",
                                     .service = "db",
                                     .endpoints = &s->other,
                                     .n_endpoints = 1,
                                     .published = &s->published,
                                     .n_published = 1};
    s->facts = (struct ww_facts){.id = "aaa",
                                 .name = "app-web-1",
                                 .project = "app",
                                 .service = "web",
                                 .endpoints = &s->own,
                                 .n_endpoints = 1,
                                 .networks = &s->own.network,
                                 .n_networks = 1,
                                 .targets = &s->db,
                                 .n_targets = 1};
    s->facts.label_rules = "output:\n- network: default\n  container: db\n  proto: tcp\n  src_ports: [1024-65535]\n"
                           "  dst_ports: [5432]\n  log_prefix: db\n"
                           "  verdict: {queue: 1, input_est_queue: 2, output_est_queue: 3}\n";
}
