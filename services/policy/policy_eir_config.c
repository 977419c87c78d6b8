/* policy_eir_config.c -- the keys of a section, and what has to go together. */
#include "policy_eir_config.h"

#include <stddef.h>
#include <string.h>

#include "es_cleanup.h"
#include "policy_n5g.h"

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(n5g, struct policy_n5g_config, field, kind, fallback, min, max, help)

const struct es_conf_key policy_n5g_keys[] = {
	KEY(url, ES_CONF_STRING, NULL, 0, 0, "the EIR's apiRoot; http:// is HTTP/2 by prior knowledge"),
	KEY(ca_file, ES_CONF_STRING, "", 0, 0, "CA of its certificate; empty: the system's"),
	KEY(cert_file, ES_CONF_STRING, "", 0, 0, "our certificate for mutual TLS, PEM"),
	KEY(key_file, ES_CONF_STRING, "", 0, 0, "its private key, PEM"),
	KEY(timeout, ES_CONF_DURATION, "2s", 100, 30000, "for one question"),
	KEY(in_flight_max, ES_CONF_U32, "64", 1, 1024, "questions under way at once; more are as good as not answered"),
	KEY(connections_max, ES_CONF_U32, "4", 1, 64, "connections to the EIR"),
};
_Static_assert(ES_COUNT(policy_n5g_keys) == POLICY_N5G_KEYS, "every key is counted");

const char *policy_n5g_fault(const struct policy_n5g_config *c)
{
	if (strncmp(c->url, "http://", 7) != 0 && strncmp(c->url, "https://", 8) != 0)
		return "url must begin with https:// or http://";
	if (strlen(c->url) > POLICY_N5G_URL_MAX / 2)
		return "url is too long";
	if ((c->cert_file[0] == '\0') != (c->key_file[0] == '\0'))
		return "cert_file and key_file belong together";
	return NULL;
}
