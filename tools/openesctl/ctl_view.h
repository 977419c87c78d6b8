/* ctl_view.h -- JSON for people: aligned tables, one thing as a list of its members. Pure.
 *
 * Values come from devices and operators alike: control characters are shown as '?', so that none of them can speak to
 * the terminal. */
#ifndef CTL_VIEW_H
#define CTL_VIEW_H

#include <cjson/cJSON.h>

#include "es_buf.h"

struct ctl_column {
	const char *title, *member; /* member "vowifi.terms"; title NULL ends a list of columns */
	size_t width;               /* at least; pages of one listing then look the same */
};
struct ctl_view {
	const struct ctl_column *columns;
};

/* ctl_tables.c: of each command that lists. */
extern const struct ctl_view ctl_view_tenants, ctl_view_plans, ctl_view_clients, ctl_view_enterprises,
	ctl_view_subscribers, ctl_view_trail, ctl_view_credentials, ctl_view_store_users, ctl_view_consents,
	ctl_view_authentications, ctl_view_equipment, ctl_view_models, ctl_view_letters, ctl_view_qos_orders,
	ctl_view_orders, ctl_view_profiles, ctl_view_failures, ctl_view_mass_changes, ctl_view_stock, ctl_view_rules,
	ctl_view_addons, ctl_view_outages;

/* The elements of the array as lines; `header` first. */
void ctl_view_lines(const struct ctl_view *view, const cJSON *array, bool header, struct es_buf *out);
/* "member  value", nested members by "outer.inner". */
void ctl_view_object(const cJSON *object, struct es_buf *out);
/* One value as text: lists by commas, nothing as "-". */
void ctl_view_value(const cJSON *value, struct es_buf *out);
/* "outer.inner" of an object; NULL when absent. */
const cJSON *ctl_view_member(const cJSON *object, const char *path);

/* ctl_tree.c: an answer of explain as a tree of the rules that were looked at. */
void ctl_tree_write(const cJSON *explained, struct es_buf *out);

#endif
