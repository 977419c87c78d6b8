/* policy_eir_config.c -- the keys of a section, and what has to go together. */
#include "policy_eir_config.h"

#include <stddef.h>
#include <string.h>

#include "es_cleanup.h"
#include "policy_n5g.h"

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_PEER_KEY(n5g, struct policy_n5g_config, peer, field, kind, fallback, min, max, help)

const struct es_conf_key policy_n5g_keys[] = {
	KEY(url, ES_CONF_STRING, NULL, 0, 0, "the EIR's apiRoot; http:// is HTTP/2 by prior knowledge"),
	ES_PEER_KEYS_TLS(n5g, struct policy_n5g_config, peer),
	KEY(timeout, ES_CONF_DURATION, "2s", 100, 30000, "for one question"),
	KEY(in_flight_max, ES_CONF_U32, "64", 1, 1024, "questions under way at once; more are as good as not answered"),
	KEY(connections_max, ES_CONF_U32, "4", 1, 64, "connections to the EIR"),
};
_Static_assert(ES_COUNT(policy_n5g_keys) == POLICY_N5G_KEYS, "every key is counted");

const char *policy_n5g_fault(const struct policy_n5g_config *c)
{
	const char *fault = es_peer_fault(&c->peer, true);

	return fault == NULL && strlen(c->peer.url) > POLICY_N5G_URL_MAX / 2 ? "url is too long" : fault;
}
