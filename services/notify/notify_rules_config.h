/* notify_rules_config.h -- rules of [default] and [tenant X] as they stand in channels_file, before their accounts are looked for. */
#ifndef NOTIFY_RULES_CONFIG_H
#define NOTIFY_RULES_CONFIG_H

#include "es_config_named.h"
#include "notify_channels.h"

#define NOTIFY_RULES_KEYS 16

/* What a section fills. */
struct notify_rules_config {
	struct notify_rules rules; /* but for `order` */
	const char *order;
};

extern const struct es_conf_key notify_default_keys[NOTIFY_RULES_KEYS];

/* The keys of [tenant X]: their defaults are what [default] says. In the arena; NULL: no memory. */
const struct es_conf_key *notify_tenant_keys(const struct notify_rules_config *of_all, struct es_arena *arena);
/* Reads `order`. NULL, or what does not go together. */
const char *notify_rules_fault(const struct notify_rules_config *config, struct notify_rules *rules);

#endif
