/* ctl.h -- what the parts of openesctl share: one run of one command.
 *
 * A command returns how the program ends. Whoever finds out that something failed says so on standard error, once:
 * what happened, and what to do next. Standard output carries results only, so that it can be piped. */
#ifndef CTL_H
#define CTL_H

#include "ctl_api.h"
#include "ctl_args.h"

enum ctl_exit { CTL_OK = 0, CTL_REFUSED = 1, CTL_USAGE = 2, CTL_UNREACHABLE = 3 };

struct ctl {
	struct ctl_args args;
	struct ctl_api *api;
};

/* The value of an option, NULL when it was not given. */
const char *ctl_value(const struct ctl *ctl, enum ctl_opt opt);
bool ctl_wants_json(const struct ctl *ctl);

/* "openesctl: ..." on standard error. Gives back `code`, so that it can be returned. */
int ctl_complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A sentence for people on standard output; silent with --json. */
void ctl_say(const struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One call. When it fails the problem has been said. `path` is a template with options in braces. */
int ctl_request(struct ctl *ctl, const char *method, const char *path, const cJSON *body, struct ctl_answer *out);
/* Sets what the line gave into `body`; NULL: there was no memory for one. When it fails that has been said. */
int ctl_fill(const struct ctl *ctl, cJSON *body);
/* One call without a word: for commands that judge the failure themselves (ctl_api_problem()). */
int ctl_ask(struct ctl *ctl, const char *method, const char *path, const cJSON *body, struct ctl_answer *out);

/* ctl_run.c: commands that are one request or one page after another, and those that set. */
int ctl_run_request(struct ctl *ctl);
int ctl_run_list(struct ctl *ctl);
int ctl_run_set(struct ctl *ctl);
int ctl_run_credential_add(struct ctl *ctl);
int ctl_run_explain(struct ctl *ctl);
/* Goes through all pages; `each` returning other than CTL_OK ends it. `limit` 0: all. */
typedef int ctl_each(struct ctl *ctl, const cJSON *item, void *user);
int ctl_pages(struct ctl *ctl, const char *path, const uint8_t *query, size_t limit, ctl_each *each, void *user);

/* A file that is a JSON object; "-" is standard input. The caller's to free. When it fails the problem has been said. */
int ctl_json_file(const char *path, cJSON **out);

/* ctl_policy.c: versions of rules. */
int ctl_run_policy_show(struct ctl *ctl);
int ctl_run_policy_put(struct ctl *ctl);
int ctl_run_policy_test(struct ctl *ctl);
int ctl_run_policy_activate(struct ctl *ctl); /* rollback and off, too */

/* ctl_subscriber.c: what spans policy and auth. */
int ctl_run_subscriber_add(struct ctl *ctl);
int ctl_run_subscriber_remove(struct ctl *ctl);
int ctl_run_keys_set(struct ctl *ctl);
int ctl_run_swap_sim(struct ctl *ctl);
/* What became of keys whose subscriber could not be stored. */
enum ctl_undo {
	CTL_UNDONE, /* nobody has that IMSI: they are removed again */
	CTL_KEPT,   /* a subscriber has it, with these keys now */
	CTL_LEFT,   /* it cannot be told: they may still be there */
};
enum ctl_undo ctl_keys_undo(struct ctl *ctl); /* of --imsi */
void ctl_print_json(const cJSON *json);
/* For people, or as JSON. */
int ctl_print_object(const struct ctl *ctl, const cJSON *object);
/* To standard output; wiped. */
int ctl_print(struct es_buf *text);
/* ctl_tenant.c: puts the only tenant there is in the place of a --tenant that was not given. */
int ctl_tenant_default(struct ctl *ctl);
/* ctl_rows.c: what is put under its key, and lists of it. */
int ctl_run_put(struct ctl *ctl);
int ctl_run_rows(struct ctl *ctl);
/* ctl_esim.c: orders and profiles of eSIM. */
int ctl_run_order_show(struct ctl *ctl);
int ctl_run_profile_put(struct ctl *ctl);
/* ctl_notify.c, ctl_mass.c: waking devices. */
int ctl_run_notify_show(struct ctl *ctl);
int ctl_run_notify_test(struct ctl *ctl);
int ctl_run_notify_replay(struct ctl *ctl);
int ctl_run_notify_channels(struct ctl *ctl);
int ctl_run_mass_show(struct ctl *ctl);
int ctl_run_mass_rate(struct ctl *ctl);
/* ctl_import.c, ctl_check.c */
int ctl_run_import(struct ctl *ctl);
/* ctl_feed.c: the list of one of the operator's own systems. Whether the options, or the file, say that it is one. */
int ctl_run_feed(struct ctl *ctl);
bool ctl_feed_is_wanted(const struct ctl *ctl);
int ctl_run_check(struct ctl *ctl);

#endif
