/* notify_channels.c -- channels_file read: rules of tenants, and accounts opened by the table of kinds. */
#include "notify_channels.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_kind.h"
#include "notify_rules_config.h"
#include "notify_store_credential.h"

#define FILE_MAX (1u << 20)

static const struct notify_kind *const kinds[] = { &notify_kind_apns, &notify_kind_fcm, &notify_kind_wns,
	                                               &notify_kind_smsc, &notify_kind_sms };
/* Sections of the file: of rules, and of each kind. */
enum { OF_ALL, OF_TENANT, OF_KINDS, SECTIONS = OF_KINDS + ES_COUNT(kinds) };

struct opened {
	const struct notify_kind *kind;
	struct notify_section section;
	struct notify_account *account;
};

struct tenant {
	const char *name;
	struct notify_rules rules;
};

struct notify_channels {
	struct es_arena *arena; /* what the file says */
	struct notify_vault vault;
	struct notify_rules rules; /* of all */
	struct tenant tenants[ES_CONFIG_NAMED_MAX];
	size_t tenant_count;
	struct opened accounts[ES_CONFIG_NAMED_MAX];
	size_t account_count;
};

/* ---- reading ---- */

struct reading {
	struct notify_channels *channels;
	const char *path;
	struct es_conf_section sections[SECTIONS];
	const struct es_conf_named *named;
	size_t count;
	struct es_buf *error;
};

static es_status load(struct reading *r)
{
	return es_config_named_load(r->sections, SECTIONS, r->path, r->channels->arena, &r->named, &r->count, r->error);
}

/* [default] first: what it says is what the others begin with. */
static es_status load_default(struct reading *r, struct notify_rules_config *out)
{
	struct es_buf *error = r->error;

	r->sections[OF_ALL] = (struct es_conf_section){ "default", notify_default_keys, NOTIFY_RULES_KEYS,
		                                            sizeof(struct notify_rules_config), true };
	r->sections[OF_TENANT] = (struct es_conf_section){ .kind = "tenant" };
	for (size_t k = 0; k < ES_COUNT(kinds); k++)
		r->sections[OF_KINDS + k] = (struct es_conf_section){ .kind = kinds[k]->name };
	ES_TRY(load(r));
	ES_TRY(es_config_parse(notify_default_keys, NOTIFY_RULES_KEYS, ES_SLICE_LIT(""), out, r->channels->arena, error));
	for (size_t i = 0; i < r->count; i++)
		if (r->named[i].section == &r->sections[OF_ALL])
			*out = *(const struct notify_rules_config *)r->named[i].values;
	return ES_OK;
}

static es_status load_all(struct reading *r)
{
	struct notify_rules_config of_all = { .order = NULL };

	ES_TRY(load_default(r, &of_all));
	r->sections[OF_TENANT] = (struct es_conf_section){ "tenant", notify_tenant_keys(&of_all, r->channels->arena),
		                                               NOTIFY_RULES_KEYS, sizeof(struct notify_rules_config), false };
	if (r->sections[OF_TENANT].keys == NULL)
		return ES_TOO_LARGE;
	for (size_t k = 0; k < ES_COUNT(kinds); k++)
		r->sections[OF_KINDS + k] =
			(struct es_conf_section){ kinds[k]->name, kinds[k]->keys, kinds[k]->key_count, kinds[k]->size, false };
	return load(r);
}

/* ---- what is wrong, with its place ---- */

static void put_place(const struct reading *r, const struct es_conf_named *named)
{
	es_put_printf(r->error, "%s:%u: [%s%s%s] ", r->path, named->line, named->section->kind,
	              named->name[0] != '\0' ? " " : "", named->name);
}

static es_status fault(const struct reading *r, const struct es_conf_named *named, const char *what)
{
	put_place(r, named);
	es_put_str(r->error, what);
	return ES_MALFORMED;
}

/* ---- rules ---- */

static const struct opened *find(const struct notify_channels *c, const char *name)
{
	for (size_t i = 0; i < c->account_count; i++)
		if (strcmp(c->accounts[i].section.name, name) == 0)
			return &c->accounts[i];
	return NULL;
}

static es_status check_account(const struct reading *r, const struct es_conf_named *named, const char *key,
                               const char *name)
{
	const struct opened *account = name[0] != '\0' ? find(r->channels, name) : NULL;

	if (name[0] == '\0')
		return ES_OK;
	if (account == NULL) {
		put_place(r, named);
		es_put_printf(r->error, "%s: there is no account %s", key, name);
		return ES_NOT_FOUND;
	}
	if (account->kind->is_sms ? strcmp(key, "sms") == 0 : strcmp(key, account->kind->name) == 0)
		return ES_OK;
	put_place(r, named);
	es_put_printf(r->error, "%s: %s is an account of kind %s", key, name, account->kind->name);
	return ES_MALFORMED;
}

static es_status read_rules(const struct reading *r, const struct es_conf_named *named, struct notify_rules *out)
{
	const char *what = notify_rules_fault(named->values, out);

	if (what != NULL)
		return fault(r, named, what);
	ES_TRY(check_account(r, named, "apns", out->apns));
	ES_TRY(check_account(r, named, "fcm", out->fcm));
	ES_TRY(check_account(r, named, "wns", out->wns));
	return check_account(r, named, "sms", out->sms);
}

static es_status add_rules(const struct reading *r, const struct es_conf_named *named)
{
	struct notify_channels *c = r->channels;

	if (named->section == &r->sections[OF_ALL])
		return read_rules(r, named, &c->rules);
	if (named->section != &r->sections[OF_TENANT])
		return ES_OK;
	struct tenant *tenant = &c->tenants[c->tenant_count++];
	tenant->name = named->name;
	return read_rules(r, named, &tenant->rules);
}

/* ---- accounts ---- */

static es_status add_account(const struct reading *r, const struct es_conf_named *named)
{
	struct notify_channels *c = r->channels;
	char room[768];
	struct es_buf why;

	if (named->section < &r->sections[OF_KINDS])
		return ES_OK;
	if (find(c, named->name) != NULL)
		return fault(r, named, "another account has this name already: rules name accounts by it alone");
	struct opened *o = &c->accounts[c->account_count];
	o->kind = kinds[named->section - &r->sections[OF_KINDS]];
	o->section = (struct notify_section){ .name = named->name, .config = named->values, .vault = &c->vault };
	if (c->vault.store == NULL)
		o->section.vault = NULL;
	es_buf_init_fixed(&why, room, sizeof room);
	const es_status status = o->kind->open(&o->section, &o->account, &why);
	if (status == ES_OK) {
		c->account_count++;
		return ES_OK;
	}
	put_place(r, named);
	if (why.len > 0)
		es_put_bytes(r->error, es_buf_slice(&why));
	else
		es_put_str(r->error, es_status_meaning(status));
	return status;
}

/* ---- life ---- */

static es_status read_file(struct notify_channels *c, const char *path, struct es_buf *error)
{
	struct reading r = { .channels = c, .path = path, .error = error };

	ES_TRY(load_all(&r));
	for (size_t i = 0; i < r.count; i++)
		ES_TRY(add_account(&r, &r.named[i]));
	for (size_t i = 0; i < r.count; i++)
		ES_TRY(add_rules(&r, &r.named[i]));
	return ES_OK;
}

static es_status start(struct notify_channels *c, const char *path, struct notify_store *store, struct es_buf *error)
{
	struct notify_rules_config built_in = { .order = NULL };

	if ((c->arena = es_arena_new(0, FILE_MAX)) == NULL)
		return ES_TOO_LARGE;
	if (store != NULL)
		c->vault = notify_store_vault(store);
	ES_TRY(es_config_parse(notify_default_keys, NOTIFY_RULES_KEYS, ES_SLICE_LIT(""), &built_in, c->arena, error));
	(void)notify_rules_fault(&built_in, &c->rules);
	return path[0] != '\0' ? read_file(c, path, error) : ES_OK;
}

es_status notify_channels_open(const char *path, struct notify_store *store, struct notify_channels **out,
                               struct es_buf *error)
{
	struct notify_channels *c = calloc(1, sizeof *c);

	if (c == NULL)
		return ES_TOO_LARGE;
	const es_status status = start(c, path, store, error);
	if (status != ES_OK) {
		notify_channels_close(c);
		return status;
	}
	*out = c;
	return ES_OK;
}

void notify_channels_stop(struct notify_channels *channels)
{
	if (channels == NULL)
		return;
	for (size_t i = 0; i < channels->account_count; i++)
		channels->accounts[i].account->ops->close(channels->accounts[i].account);
	channels->account_count = 0;
}

void notify_channels_close(struct notify_channels *channels)
{
	if (channels == NULL)
		return;
	notify_channels_stop(channels);
	es_arena_free(channels->arena);
	free(channels);
}

void notify_channels_on_room(struct notify_channels *channels, notify_roomy *roomy, void *user)
{
	for (size_t i = 0; i < channels->account_count; i++) {
		channels->accounts[i].account->roomy = roomy;
		channels->accounts[i].account->roomy_user = user;
	}
}

/* ---- asked ---- */

const struct notify_rules *notify_channels_rules(const struct notify_channels *channels, const char *tenant)
{
	for (size_t i = 0; i < channels->tenant_count; i++)
		if (strcmp(channels->tenants[i].name, tenant) == 0)
			return &channels->tenants[i].rules;
	return &channels->rules;
}

struct notify_account *notify_channels_account(struct notify_channels *channels, const char *name)
{
	const struct opened *account = find(channels, name);

	return account != NULL ? account->account : NULL;
}

size_t notify_channels_count(const struct notify_channels *channels)
{
	return channels->account_count;
}

struct notify_account *notify_channels_at(struct notify_channels *channels, size_t i)
{
	return channels->accounts[i].account;
}
