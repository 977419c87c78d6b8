/* gw_config.c -- the gateway's configuration table. */
#include "gw_config.h"

#include <string.h>

#include "es_cleanup.h"

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(gateway, struct gw_config, field, kind, fallback, min, max, help)

#define PATH_CHARACTERS "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

/* clang-format off */
const struct es_conf_key gw_config_keys[] = {
	ES_SERVICE_CONF_KEYS(gateway, struct gw_config, "127.0.0.1:9100"),
	KEY(device_listen,           ES_CONF_STRING,   "0.0.0.0:8443",   0, 0, "address for devices: TS.43 over HTTPS"),
	KEY(device_cert_file,        ES_CONF_STRING,   "",               0, 0, "certificate chain (PEM) of the device address; empty: plain HTTP, behind something that ends TLS"),
	KEY(device_key_file,         ES_CONF_STRING,   "",               0, 0, "private key (PEM) of that certificate"),
	KEY(ticket_key_file,         ES_CONF_STRING,   "",               0, 0, "key of TLS session tickets, 128 hex digits, the same on all replicas; empty: a random one"),
	KEY(device_paths,            ES_CONF_STRING,   "/",              0, 0, "paths served to devices, comma-separated; elsewhere it is 404"),
	KEY(sheet_path,              ES_CONF_STRING,   "/otp",           0, 0, "path of the web sheet where a one-time code is entered; none of device_paths"),
	KEY(pages_path,              ES_CONF_STRING,   "/sheet",         0, 0, "path of the web sheets of applications (docs/sheets.md), none of device_paths; empty: none are shown"),
	KEY(device_threads,          ES_CONF_U32,      "0",              0, 64, "HTTP threads for devices; 0: one per processor, 4 at most"),
	KEY(connections_max,         ES_CONF_U32,      "4096",           1, 1000000, "connections of devices at once"),
	KEY(connections_per_address, ES_CONF_U32,      "0",              0, 1000000, "connections of one address (IPv6: of one /64); 0: no limit"),
	KEY(requests_per_minute,     ES_CONF_U32,      "0",              0, 1000000, "requests of one address (IPv6: of one /64); 0: no limit"),
	KEY(body_max,                ES_CONF_SIZE,     "64k",            1024, 262144, "longest request body, before and after gzip"),
	KEY(header_max,              ES_CONF_SIZE,     "16k",            4096, 262144, "longest request line and headers"),
	KEY(request_time,            ES_CONF_DURATION, "10s",            100, 300000, "time a device has to send one request"),
	KEY(idle_time,               ES_CONF_DURATION, "60s",            1000, 3600000, "time a connection may be idle"),
	KEY(call_time,               ES_CONF_DURATION, "8s",             100, 25000, "time the other processes have to answer one request"),
	KEY(retry_after_s,           ES_CONF_U32,      "30",             1, 86400, "Retry-After of a 503, in seconds"),
	KEY(answer_keys_file,        ES_CONF_STRING,   "",               0, 0, "file of the keys that sign answers to devices (docs/signatures.md); empty: nothing is signed"),
	KEY(version_major_max,       ES_CONF_U32,      "12",             1, 99, "newest major of entitlement_version that is served"),
	KEY(admin_listen,            ES_CONF_STRING,   "127.0.0.1:8444", 0, 0, "address of the operators' API"),
	KEY(admin_cert_file,         ES_CONF_STRING,   "",               0, 0, "certificate chain (PEM) of the operators' API; empty: plain HTTP"),
	KEY(admin_key_file,          ES_CONF_STRING,   "",               0, 0, "private key (PEM) of that certificate"),
	KEY(admin_client_ca_file,    ES_CONF_STRING,   "",               0, 0, "authority (PEM) whose client certificates the operators' API requires; empty: none required"),
	KEY(server_listen,           ES_CONF_STRING,   "",               0, 0, "address of the token endpoint for servers; empty: none"),
	KEY(server_cert_file,        ES_CONF_STRING,   "",               0, 0, "certificate chain (PEM) of the token endpoint; empty: plain HTTP, behind something that ends TLS"),
	KEY(server_key_file,         ES_CONF_STRING,   "",               0, 0, "private key (PEM) of that certificate"),
	KEY(server_client_ca_file,   ES_CONF_STRING,   "",               0, 0, "authority (PEM) whose client certificates the token endpoint requires; empty: none required"),
	KEY(server_requests_per_minute, ES_CONF_U32,   "600",            0, 1000000, "requests of one address at the token endpoint; 0: no limit"),
	KEY(es2_listen,              ES_CONF_STRING,   "",               0, 0, "address where SM-DP+s tell what became of downloads (ES2+, docs/smdp.md); empty: none"),
	KEY(es2_cert_file,           ES_CONF_STRING,   "",               0, 0, "certificate chain (PEM) of that address"),
	KEY(es2_key_file,            ES_CONF_STRING,   "",               0, 0, "private key (PEM) of that certificate"),
	KEY(es2_client_ca_file,      ES_CONF_STRING,   "",               0, 0, "authorities (PEM) of the certificates that SM-DP+s come with, which are required there"),
	KEY(auth_target,             ES_CONF_STRING,   "ipc:///run/openes/auth.sock",   0, 0, "where auth listens"),
	KEY(policy_target,           ES_CONF_STRING,   "ipc:///run/openes/policy.sock", 0, 0, "where policy listens"),
	KEY(esim_target,             ES_CONF_STRING,   "ipc:///run/openes/esim.sock",   0, 0, "where esim listens"),
	KEY(notify_target,           ES_CONF_STRING,   "ipc:///run/openes/notify.sock", 0, 0, "where notify listens"),
};
/* clang-format on */

static bool is_pair(const char *a, const char *b)
{
	return (a[0] == '\0') == (b[0] == '\0');
}

es_status gw_config_check(const void *config, struct es_buf *error)
{
	const struct gw_config *c = config;

	if (!is_pair(c->device_cert_file, c->device_key_file) || !is_pair(c->admin_cert_file, c->admin_key_file) ||
	    !is_pair(c->server_cert_file, c->server_key_file)) {
		es_put_str(error, "a certificate file and its key file come together");
		return ES_MALFORMED;
	}
	if (c->sheet_path[0] != '/') {
		es_put_str(error, "sheet_path begins with '/'");
		return ES_MALFORMED;
	}
	if (c->pages_path[0] != '\0' && (c->pages_path[0] != '/' || c->pages_path[1] == '\0' ||
	                                 c->pages_path[strspn(c->pages_path, PATH_CHARACTERS)] != '\0')) {
		es_put_str(error, "pages_path begins with '/', and has letters, digits, '/', '-', '_' and '.' in it");
		return ES_MALFORMED;
	}
	if (c->admin_client_ca_file[0] != '\0' && c->admin_cert_file[0] == '\0') {
		es_put_str(error, "admin_client_ca_file needs admin_cert_file: without TLS there are no client certificates");
		return ES_MALFORMED;
	}
	if (c->server_client_ca_file[0] != '\0' && c->server_cert_file[0] == '\0') {
		es_put_str(error, "server_client_ca_file needs server_cert_file: without TLS there are no client certificates");
		return ES_MALFORMED;
	}
	if (c->es2_listen[0] != '\0' &&
	    (c->es2_cert_file[0] == '\0' || c->es2_key_file[0] == '\0' || c->es2_client_ca_file[0] == '\0')) {
		es_put_str(error,
		           "es2_listen needs es2_cert_file, es2_key_file and es2_client_ca_file: an SM-DP+ is known by its "
		           "certificate");
		return ES_MALFORMED;
	}
	return ES_OK;
}
