/* policy_eir_config.h -- the EIR file: a section [n5g NAME] for each N5g-eir (docs/equipment.md). */
#ifndef POLICY_EIR_CONFIG_H
#define POLICY_EIR_CONFIG_H

#include "es_config_named.h"
#include "es_peer.h"

struct policy_n5g_config {
	struct es_peer_settings peer; /* url: apiRoot; http://: HTTP/2 by prior knowledge */
};
#define POLICY_N5G_KEYS 7
extern const struct es_conf_key policy_n5g_keys[POLICY_N5G_KEYS];

/* What is wrong with a section; NULL: nothing. */
const char *policy_n5g_fault(const struct policy_n5g_config *config);

#endif
