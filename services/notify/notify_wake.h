/* notify_wake.h -- who is to be woken for a change of a line, when, in which messages, and what becomes of it. Pure. */
#ifndef NOTIFY_WAKE_H
#define NOTIFY_WAKE_H

#include "notify_rules.h"

/* ---- whom a change calls for ---- */

/* A device that an event names: what policy noted of it. */
struct notify_device {
	const char *terminal_id;
	char *const *apps; /* whose answers the change alters */
	size_t app_count;
	char *const *unchanged; /* whose answers stay */
	size_t unchanged_count;
};

/* Of one line. */
struct notify_change {
	const char *tenant, *imsi;
	char *const *apps; /* for devices not named, and applications not named with their device */
	size_t app_count;
	const struct notify_device *devices;
	size_t device_count;
	char *const *answered; /* of a mass change: what any device of the line was ever answered */
	size_t answered_count;
	int64_t changed_ms;
	int64_t due_ms; /* of a mass change: not before. 0: as the rules say */
	int64_t mass;   /* 0: none */
	const char *traceparent;
};

/* A registration of that line. */
struct notify_client {
	const char *terminal_id, *app_name, *app;
	enum notify_channel channel;
	int64_t told_ms; /* 0: never */
};

/* A row of `wake`, before it is merged into what is there. Texts are those of change, clients and rules. */
struct notify_wake {
	const char *tenant, *imsi, *terminal_id, *app_name, *app;
	enum notify_channel channel;
	const char *account;
	int64_t changed_ms, due_ms, expires_ms, mass;
	int64_t rest_ms; /* by SMS: not sooner after the last one; its time is longer by as much */
	const char *traceparent;
};

#define NOTIFY_CLIENTS_MAX 64 /* NOTIFY_REGISTRATIONS_MAX */
struct notify_wakes {
	struct notify_wake items[NOTIFY_CLIENTS_MAX + NOTIFY_APPS_MAX];
	size_t count;
	size_t no_account; /* were to be woken, and the tenant has no account that could */
};

/* What policy knows of the device counts; where it knows nothing, the applications that the change may alter at all. */
bool notify_is_touched(const struct notify_change *change, const struct notify_client *client);
/* `count`: NOTIFY_CLIENTS_MAX at most, all of the line. */
void notify_wakes_of(const struct notify_rules *rules, const struct notify_change *change,
                     const struct notify_client *clients, size_t count, int64_t now_ms, struct notify_wakes *out);
/* The one that takes the place of a push which came to nothing; false: the rules want none. */
bool notify_wake_by_sms(const struct notify_rules *rules, const struct notify_wake *push, int64_t now_ms,
                        struct notify_wake *out);

/* ---- messages ---- */

/* A row as it was taken, with the push token that is registered now. */
struct notify_taken {
	int64_t id, generation, changed_ms, expires_ms, mass;
	int64_t attempts; /* this one included */
	const char *imsi, *terminal_id, *app_name, *app, *traceparent;
	enum notify_channel channel;
	struct es_slice token_hash, token_sealed; /* empty: nothing is registered, or by SMS */
};

/* Of rows in the order of IMSI, terminal, channel and token: how many of the first make one message. */
size_t notify_group(const struct notify_taken *rows, size_t count);
/* Their applications, each once, in order. Returns how many. */
size_t notify_group_apps(const struct notify_taken *rows, size_t count, const char *apps[NOTIFY_APPS_MAX]);

/* ---- what becomes of a row ---- */

enum notify_fate {
	NOTIFY_ENDS,     /* told */
	NOTIFY_STAYS,    /* free again, at due_ms */
	NOTIFY_WITHDRAW, /* the push token goes, unless it was renewed */
	NOTIFY_DIES,     /* given up */
};

struct notify_ruling {
	enum notify_fate fate;
	int64_t due_ms; /* of NOTIFY_STAYS */
};

/* `has_grown`: events came after it was taken. `random`: any number. */
struct notify_ruling notify_rule_on(const struct notify_rules *rules, const struct notify_taken *row,
                                    const struct notify_heard *heard, bool has_grown, int64_t now_ms, uint64_t random);
/* ms until the next try after `attempts`: doubling from retry_first to retry_max, half of it by lot. */
int64_t notify_back_off(const struct notify_rules *rules, int64_t attempts, uint64_t random);

#endif
