/* notify_admin_call.h -- one action inside its transaction. Internal to notify_admin*.c. */
#ifndef NOTIFY_ADMIN_CALL_H
#define NOTIFY_ADMIN_CALL_H

#include "notify_admin.h"
#include "notify_admin_form.h"
#include "notify_store_view.h"

const struct notify_admin_world *notify_admin_world(const struct es_admin_call *call);
struct notify_admin_effect *notify_admin_effect(const struct es_admin_call *call);
const struct notify_rules *notify_admin_rules(const struct es_admin_call *call);
/* "": the tenant has none. */
const char *notify_admin_account(const struct es_admin_call *call, enum notify_channel channel);

/* Of a filter; 0: any. Refused where it is none. */
es_status notify_admin_channel(struct es_admin_call *call, enum notify_channel *out) ES_MUST_USE;
/* A page's last number; 0: the first page. Refused where it is none. */
es_status notify_admin_cursor(struct es_admin_call *call, int64_t *out) ES_MUST_USE;
void notify_admin_put_id(struct es_json_out *j, const char *name, int64_t id);

/* Due at once, for five minutes at least. `changed_ms`, `traceparent`: what it is for. */
es_status notify_admin_wake(struct es_admin_call *call, struct notify_wake *wake) ES_MUST_USE;

/* notify_admin_line.c */
es_admin_fn notify_do_line_get, notify_do_line_test;
/* notify_admin_failure.c */
es_admin_fn notify_do_failure_list, notify_do_failure_get, notify_do_failure_replay, notify_do_failure_replay_all,
	notify_do_failure_delete;
/* notify_admin_mass.c */
es_admin_fn notify_do_mass_list, notify_do_mass_get, notify_do_mass_patch, notify_do_mass_pause, notify_do_mass_resume,
	notify_do_mass_cancel;
/* notify_admin_channel.c */
es_admin_fn notify_do_channel_list;

#endif
