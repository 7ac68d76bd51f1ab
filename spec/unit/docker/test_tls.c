/* TLS with certificates made on the spot, against the fake engine on a loopback port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper_fake.h"

static struct fake engine;    /* asks for a client certificate */
static struct fake elsewhere; /* its certificate is for another name */
static struct fake expired;   /* its certificate was valid until yesterday */

/* In the test's folder: server/ (ca, server, server-key), named/ (the same for another name), past/ (expired), good/
 * (ca, cert, key), no-client/ (ca), wrong-ca/ (another ca, cert, key). */
static const char make_certificates[] =
    "set -e\n"
    "cd \"$1\"\n"
    "mkdir -p server named past good no-client wrong-ca\n"
    "ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj \"/CN=$1\" -keyout "
    "$1-key.pem"
    " -out $1.pem; }\n"
    "signed() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout $2 -out "
    "request.pem\n"
    " printf '%s' \"$4\" > extensions\n"
    " openssl x509 -req -in request.pem -CA $1.pem -CAkey $1-key.pem -CAcreateserial -days ${5:-2} -extfile extensions "
    "-out "
    "$3; }\n"
    "ca one; ca two\n"
    "signed one server/server-key.pem server/server.pem subjectAltName=IP:127.0.0.1,DNS:localhost\n"
    "signed one named/server-key.pem named/server.pem subjectAltName=DNS:engine.example\n"
    "signed one past/server-key.pem past/server.pem subjectAltName=IP:127.0.0.1 -1\n"
    "signed one good/key.pem good/cert.pem extendedKeyUsage=clientAuth\n"
    "cp good/key.pem good/cert.pem wrong-ca\n"
    "for d in server named past good no-client; do cp one.pem $d/ca.pem; done\n"
    "cp two.pem wrong-ca/ca.pem\n";

static int start_engines(void **state)
{
    char command[4096];
    char folder[128];
    (void)state;
    setenv("SCRIPT", make_certificates, 1);
    snprintf(command, sizeof(command), "sh -c \"$SCRIPT\" sh '%s' >/dev/null 2>&1", fake_folder());
    assert_int_equal(system(command), 0); /* NOLINT: a fixed script on a folder of our own */
    snprintf(folder, sizeof(folder), "%s/server", fake_folder());
    fake_start(&engine, "tcp://127.0.0.1:0", (const char *const[]){"--tls", folder, "--client-certificates", NULL});
    snprintf(folder, sizeof(folder), "%s/named", fake_folder());
    fake_start(&elsewhere, "tcp://127.0.0.1:0", (const char *const[]){"--tls", folder, NULL});
    snprintf(folder, sizeof(folder), "%s/past", fake_folder());
    fake_start(&expired, "tcp://127.0.0.1:0", (const char *const[]){"--tls", folder, NULL});
    return 0;
}

static int stop_engines(void **state)
{
    (void)state;
    fake_stop(&engine);
    fake_stop(&elsewhere);
    fake_stop(&expired);
    return 0;
}

static void open_with(struct client *client, const struct fake *fake, const char *certificates, bool verify)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", fake_folder(), certificates);
    client_open(client, fake, (struct ww_source_options){.cert_path = path, .tls_verify = verify});
    ww_source_start(client->source);
}

static void a_verified_engine_is_followed(void **state)
{
    (void)state;
    struct client client;
    struct ww_notice notice;
    open_with(&client, &engine, "good", true);
    client_settle(&client);
    assert_non_null(ww_world_network_by_name(client.world, "bridge"));
    assert_false(ww_source_take_notice(client.source, &notice));
    client_close(&client);
}

static void an_unverified_engine_is_followed_with_a_warning(void **state)
{
    static const char *const folders[] = {"good", "wrong-ca"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct client client;
        struct ww_notice notice;
        open_with(&client, &engine, folders[i], false);
        client_settle(&client);
        assert_true(ww_source_take_notice(client.source, &notice));
        assert_int_equal(notice.level, WW_WARN);
        assert_non_null(
            strstr(notice.text, "encrypted, but the other end will not be verified: set DOCKER_TLS_VERIFY"));
        client_close(&client);
    }
}

static void check_refused(const struct fake *fake, const char *certificates, const char *why)
{
    struct client client;
    struct ww_notice notice;
    open_with(&client, fake, certificates, true);
    if (!client_hears(&client, "is away", &notice, 3000))
        fail_msg("%s: followed", certificates);
    if (!strstr(notice.text, why))
        fail_msg("%s: said instead: %s", certificates, notice.text);
    assert_int_equal(ww_source_state(client.source), WW_SOURCE_AWAY);
    client_close(&client);
}

static void an_engine_of_another_authority_is_refused(void **state)
{
    (void)state;
    check_refused(&engine, "wrong-ca", "the certificate of tcp://127.0.0.1:");
}

static void an_engine_of_another_name_is_refused(void **state)
{
    (void)state;
    check_refused(&elsewhere, "good", "the certificate of tcp://127.0.0.1:");
}

static void an_engine_whose_certificate_has_expired_is_refused(void **state)
{
    (void)state;
    check_refused(&expired, "good", "expired");
}

static void without_a_client_certificate_the_engine_refuses(void **state)
{
    (void)state;
    /* The alert that says so may be lost when the engine closes at once. */
    check_refused(&engine, "no-client", "(no client certificate was shown)");
}

static void plain_http_is_not_what_a_tls_engine_speaks(void **state)
{
    (void)state;
    struct client client;
    struct ww_notice notice;
    client_open(&client, &engine, (struct ww_source_options){0});
    ww_source_start(client.source);
    assert_true(client_hears(&client, "is away", &notice, 3000));
    if (!strstr(notice.text, "where the engine speaks TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"))
        fail_msg("said instead: %s", notice.text);
    client_close(&client);
}

static void the_systems_authorities_do_not_vouch_for_an_engine_without_ours(void **state)
{
    (void)state;
    struct client client;
    struct ww_notice notice;
    /* Verification is asked for, no folder is given: the system's authorities count, and they do not know this one. */
    client_open(&client, &elsewhere, (struct ww_source_options){.tls_verify = true});
    ww_source_start(client.source);
    assert_true(client_hears(&client, "the certificate of tcp://127.0.0.1:", &notice, 3000));
    client_close(&client);
}

static void half_a_client_certificate_is_refused_at_once(void **state)
{
    (void)state;
    struct loop loop;
    struct ww_source *source = NULL;
    struct ww_error err = {0};
    char path[128];
    char command[512];
    snprintf(path, sizeof(path), "%s/half", fake_folder());
    snprintf(command, sizeof(command), "mkdir '%s' && cp '%s/good/cert.pem' '%s/good/ca.pem' '%s'", path, fake_folder(),
             fake_folder(), path);
    assert_int_equal(system(command), 0); /* NOLINT: fixed commands on a folder of our own */
    loop_init(&loop);
    struct ww_source_io io = loop_io(&loop);
    struct ww_world *world = ww_world_new();
    struct ww_source_options options = {.host = engine.address, .cert_path = path};
    assert_true(ww_source_new(&options, &io, world, &source, &err) < 0);
    assert_non_null(strstr(err.text, "/half/key.pem': No such file"));
    ww_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verified_engine_is_followed),
        cmocka_unit_test(an_unverified_engine_is_followed_with_a_warning),
        cmocka_unit_test(an_engine_of_another_authority_is_refused),
        cmocka_unit_test(an_engine_of_another_name_is_refused),
        cmocka_unit_test(an_engine_whose_certificate_has_expired_is_refused),
        cmocka_unit_test(without_a_client_certificate_the_engine_refuses),
        cmocka_unit_test(plain_http_is_not_what_a_tls_engine_speaks),
        cmocka_unit_test(the_systems_authorities_do_not_vouch_for_an_engine_without_ours),
        cmocka_unit_test(half_a_client_certificate_is_refused_at_once),
    };
    return cmocka_run_group_tests_name("docker.tls", tests, start_engines, stop_engines);
}
