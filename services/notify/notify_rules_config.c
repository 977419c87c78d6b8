/* notify_rules_config.c -- the keys of rules, with their defaults, and what does not go together. Pure. */
#include "notify_rules_config.h"

#include <inttypes.h>
#include <string.h>

#include "es_cleanup.h"

#define SECOND INT64_C(1000)
#define DAY (86400 * SECOND)

#define RULE(field, kind, fallback, min, max, help)                                                                    \
	{                                                                                                                  \
		"default", #field, kind, offsetof(struct notify_rules_config, rules.field), fallback, min, max, help           \
	}

const struct es_conf_key notify_default_keys[NOTIFY_RULES_KEYS] = {
	RULE(apns, ES_CONF_STRING, "", 0, 0, "name of the [apns] section that wakes Apple's devices; empty: they are not"),
	RULE(fcm, ES_CONF_STRING, "", 0, 0, "name of the [fcm] section, for clients registered with FCM or GCM"),
	RULE(wns, ES_CONF_STRING, "", 0, 0, "name of the [wns] section"),
	RULE(sms, ES_CONF_STRING, "", 0, 0, "name of the [smsc] or [sms] section, for wake-ups by SMS and one-time codes"),
	{ "default", "order", ES_CONF_STRING, offsetof(struct notify_rules_config, order), "push sms", 0, 0,
	  "push sms: by SMS what push cannot reach; push; sms; none" },
	RULE(ttl, ES_CONF_DURATION, "1d", 10 * SECOND, 28 * DAY, "how long a wake-up is worth sending"),
	RULE(coalesce, ES_CONF_DURATION, "1s", 0, 3600 * SECOND,
	     "how long more changes are waited for before the first message"),
	RULE(device_interval, ES_CONF_DURATION, "10s", 0, DAY, "between two messages to one client"),
	RULE(sms_interval, ES_CONF_DURATION, "10m", 0, DAY, "between two wake-ups by SMS to one line"),
	RULE(retry_first, ES_CONF_DURATION, "10s", 100, DAY, "pause before the second try; it doubles from then on"),
	RULE(retry_max, ES_CONF_DURATION, "15m", 100, DAY, "longest pause between tries"),
	RULE(rate, ES_CONF_U32, "0", 0, 1000000, "messages a second of this tenant, of one process; 0: no bound"),
	RULE(mass_rate, ES_CONF_U32, "100", 1, 100000, "wake-ups a second of a change that concerns many lines"),
	RULE(mass_delay, ES_CONF_DURATION, "30s", 0, DAY, "how long such a change waits for another edit of the same"),
	RULE(mass_hold, ES_CONF_BOOL, "no", 0, 0, "such a change waits for a person to resume it"),
	RULE(also_vowifi, ES_CONF_BOOL, "no", 0, 0,
	     "name ap2004 beside ap2003 and ap2005 to who is registered for it: Android's client acts on that alone"),
};

/* ---- what [default] says, as the defaults of others ---- */

static const char *as_text(const struct es_conf_key *key, const struct notify_rules_config *from,
                           struct es_arena *arena)
{
	const char *at = (const char *)from + key->offset;
	const char *text;
	int64_t ms;
	uint32_t number;
	bool flag;

	switch (key->kind) {
	case ES_CONF_U32: memcpy(&number, at, sizeof number); return es_arena_printf(arena, "%" PRIu32, number);
	case ES_CONF_DURATION: memcpy(&ms, at, sizeof ms); return es_arena_printf(arena, "%" PRId64 "ms", ms);
	case ES_CONF_BOOL: memcpy(&flag, at, sizeof flag); return flag ? "yes" : "no";
	case ES_CONF_STRING:
	case ES_CONF_SECRET:
	case ES_CONF_SIZE: break;
	}
	memcpy(&text, at, sizeof text);
	return text;
}

const struct es_conf_key *notify_tenant_keys(const struct notify_rules_config *of_all, struct es_arena *arena)
{
	struct es_conf_key *keys = es_arena_array(arena, NOTIFY_RULES_KEYS, sizeof *keys);

	for (size_t i = 0; keys != NULL && i < NOTIFY_RULES_KEYS; i++) {
		keys[i] = notify_default_keys[i];
		keys[i].section = "tenant";
		if ((keys[i].fallback = as_text(&keys[i], of_all, arena)) == NULL)
			return NULL;
	}
	return keys;
}

/* ---- what does not go together ---- */

static const struct {
	const char *text;
	enum notify_order order;
} orders[] = {
	{ "push sms", NOTIFY_PUSH_THEN_SMS },
	{ "push", NOTIFY_PUSH_ONLY },
	{ "sms", NOTIFY_SMS_ONLY },
	{ "none", NOTIFY_NOBODY },
};

const char *notify_rules_fault(const struct notify_rules_config *config, struct notify_rules *rules)
{
	size_t i = 0;

	while (i < ES_COUNT(orders) && strcmp(config->order, orders[i].text) != 0)
		i++;
	if (i == ES_COUNT(orders))
		return "order is one of: push sms, push, sms, none";
	*rules = config->rules;
	rules->order = orders[i].order;
	if (rules->order == NOTIFY_SMS_ONLY && rules->sms[0] == '\0')
		return "order is sms, and sms names no account";
	if (rules->order == NOTIFY_PUSH_ONLY && rules->apns[0] == '\0' && rules->fcm[0] == '\0' && rules->wns[0] == '\0')
		return "order is push, and none of apns, fcm and wns names an account";
	if (rules->retry_first > rules->retry_max)
		return "retry_first is above retry_max";
	return rules->coalesce + rules->device_interval < rules->ttl
	           ? NULL
	           : "coalesce and device_interval together are not below ttl: wake-ups would end before they are due";
}
