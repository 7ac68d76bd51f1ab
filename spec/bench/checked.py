"""`whalewall check` of a large compose file: how long somebody at a desk, or continuous integration, waits for it."""

import resource
import subprocess
import time

SERVICE = """
  service{0}:
    image: example/app:{0}
    networks: [net{1}, front]
    ports: ["{2}:80"]
    labels:
      whalewall.enabled: "true"
      whalewall.rules: |
        mapped_ports:
          external: {{allow: true, ips: [192.0.2.0/24]}}
        output:
          - network: net{1}
            container: service{3}
            proto: tcp
            dst_ports: [5432, 6379]
          - network: front
            container: service{4}
            proto: tcp
            dst_ports: [80]
          - proto: udp
            dst_ports: [53]"""


def compose(services):
    """Twenty services to a network, and one network for all; each is reached from outside, and asks two others."""
    nets = max(1, services // 20)
    text = "services:" + "".join(
        SERVICE.format(i, i % nets, 10000 + i, (i + nets) % services, (i + 1) % services) for i in range(services))
    return text + "\nnetworks:\n  front:\n" + "".join(f"  net{i}:\n" for i in range(nets))


def measure(agent, folder, services, times):
    """{"wall", "cpu": [ms…]}: of the clock, and of the processor."""
    path = folder / "compose.yml"
    path.write_text(compose(services))
    result = {"services": services, "wall": [], "cpu": []}
    for _ in range(times):
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        said = subprocess.run([agent, "check", path], stdout=subprocess.PIPE, text=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if f"0 errors, 0 warnings; {services} services" not in said:
            raise RuntimeError(said[-200:])
        result["wall"].append(1000 * (time.monotonic() - begin))
        result["cpu"].append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return result
