/* The options of a request to curl, TLS included, and what is wrong in words where one fails. */
#include "core/docker/http_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"

/* Of a TCP connection on which nothing happens: probe after 30 s, give up 30 s later. */
#define HTTP_KEEPALIVE_S 30L
#define HTTP_KEEPALIVE_INTERVAL_S 10L

static curl_socket_t http_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct ww_http *http = arg;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0 && http->opened)
        http->opened(http->arg, fd);
    return fd;
}

static CURLcode http_setup_tls(const struct ww_http *http, CURL *easy)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, http->verify ? 1L : 0L);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, http->verify ? 2L : 0L);
    if (!rc && http->ca)
        rc = curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca);
    if (!rc && http->ca)
        rc = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* that one authority only, not the system's */
    if (!rc && http->cert)
        rc = curl_easy_setopt(easy, CURLOPT_SSLCERT, http->cert);
    if (!rc && http->key)
        rc = curl_easy_setopt(easy, CURLOPT_SSLKEY, http->key);
    return rc;
}

static CURLcode http_setup_connection(const struct ww_http *http, CURL *easy)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, http_open_socket);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, HTTP_KEEPALIVE_S);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, HTTP_KEEPALIVE_INTERVAL_S);
    if (!rc && http->socket)
        rc = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, http->socket);
    return rc ? rc : http_setup_tls(http, easy);
}

CURLcode ww_http_setup(struct ww_http_call *call)
{
    CURL *easy = call->easy;
    ww_auto_free char *url = NULL;
    if (asprintf(&url, "%s%s", call->http->base, call->get.path) < 0) {
        url = NULL;
        return CURLE_OUT_OF_MEMORY;
    }
    CURLcode rc = http_setup_connection(call->http, easy);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_URL, url);
    if (!rc && call->get.post)
        rc = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, ""); /* makes it a POST */
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_USERAGENT, "whalewall/" WW_VERSION);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->get.timeout_ms);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->get.connect_ms);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->detail);
    return rc;
}

/* Why connecting failed: curl only says that it did. */
static int http_explain_connect(const struct ww_http_call *call, struct ww_error *err)
{
    long number = 0;
    curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
    if (number > 0)
        return ww_fail(err, -(int)number, "cannot connect to %s: %s", call->http->text, strerror((int)number));
    return ww_fail(err, -ECONNREFUSED, "cannot connect to %s: %s", call->http->text,
                   call->detail[0] ? call->detail : "refused");
}

/*
 * An engine that wants a client certificate only says so after the handshake, and then often just closes. One that
 * wants TLS closes, or answers with bytes that are no HTTP.
 */
static const char *http_hint(const struct ww_http_call *call)
{
    const struct ww_http *http = call->http;
    if (strncmp(http->base, "https:", 6) == 0)
        return http->cert ? "" : " (no client certificate was shown)";
    if (strncmp(http->text, "tcp:", 4) == 0 && strcmp(call->get.path, "/version") == 0)
        return " (where the engine speaks TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH)";
    return "";
}

int ww_http_explain(const struct ww_http_call *call, CURLcode code, struct ww_error *err)
{
    const char *detail = call->detail[0] ? call->detail : curl_easy_strerror(code);
    if (call->error.code) {
        *err = call->error;
        return err->code;
    }
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return http_explain_connect(call, err);
    case CURLE_COULDNT_RESOLVE_HOST:
        return ww_fail(err, -EHOSTUNREACH, "cannot connect to %s: %s", call->http->text, detail);
    case CURLE_OPERATION_TIMEDOUT:
        return ww_fail(err, -ETIMEDOUT, "no answer to GET %s in time", call->get.path);
    case CURLE_PARTIAL_FILE:
        return ww_fail(err, -EPIPE, "the connection ended within the answer to GET %s", call->get.path);
    case CURLE_OUT_OF_MEMORY:
        return ww_fail(err, -ENOMEM, "out of memory");
    case CURLE_PEER_FAILED_VERIFICATION:
        return ww_fail(err, -EKEYREJECTED, "the certificate of %s is refused: %s", call->http->text, detail);
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
        return ww_fail(err, -EPROTO, "no TLS with %s: %s", call->http->text, detail);
    default:
        return ww_fail(err, -EIO, "GET %s: %s%s", call->get.path, detail, http_hint(call));
    }
}

/* 0, -ENOENT when it is not there, -EINVAL when it cannot be read. */
static int http_check_file(const char *folder, const char *name, struct ww_error *err)
{
    ww_auto_free char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    ww_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        return 0;
    int code = errno;
    return ww_fail(err, code == ENOENT ? -ENOENT : -EINVAL, "DOCKER_CERT_PATH: cannot read '%s': %s", path,
                   strerror(code));
}

static int http_missing(int rc, struct ww_error *err)
{
    if (rc == -ENOENT && err)
        err->code = -EINVAL;
    return rc == -ENOENT ? -EINVAL : rc;
}

int ww_http_check_certificates(const char *path, bool verify, struct ww_error *err)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return ww_fail(err, -EINVAL, "DOCKER_CERT_PATH '%s': %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return ww_fail(err, -EINVAL, "DOCKER_CERT_PATH '%s' is not a folder", path);
    int rc = verify ? http_check_file(path, "ca.pem", err) : 0;
    if (rc < 0)
        return http_missing(rc, err);
    struct ww_error first = {0};
    int cert = http_check_file(path, "cert.pem", &first);
    int key = http_check_file(path, "key.pem", err);
    if (cert == -ENOENT && key == -ENOENT)
        return 0;
    if (key < 0)
        return http_missing(key, err);
    if (cert < 0 && err)
        *err = first;
    return http_missing(cert, err);
}
