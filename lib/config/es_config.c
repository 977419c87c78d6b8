/* es_config.c -- from file, environment and defaults to one checked struct, and from the table to its texts. */
#include "es_config.h"

#include <stdlib.h>
#include <string.h>

#include "es_config_file.h"
#include "es_config_ini.h"
#include "es_config_value.h"

enum { ENV_NAME_MAX = 128 };

/* What was said about a key, and where. */
struct setting {
	const char *text; /* NULL: nothing */
	unsigned line;    /* of the file; 0: the environment, or the default */
	bool from_environment;
};

struct load {
	const struct es_conf_key *keys;
	size_t count;
	const char *name; /* of the file, in messages */
	struct setting *settings;
	struct es_arena *arena;
	struct es_buf *error;
};

/* ---- file ---- */

static bool has_section(const struct load *load, const char *section)
{
	for (size_t i = 0; i < load->count; i++)
		if (strcmp(load->keys[i].section, section) == 0)
			return true;
	return false;
}

static bool on_value(void *user, unsigned line, const char *section, const char *name, const char *value)
{
	struct load *load = user;

	for (size_t i = 0; i < load->count; i++) {
		struct setting *setting = &load->settings[i];
		if (strcmp(load->keys[i].section, section) != 0 || strcmp(load->keys[i].name, name) != 0)
			continue;
		if (setting->text != NULL) {
			es_put_printf(load->error, "%s:%u: [%s] %s is set twice, first in line %u", load->name, line, section, name,
			              setting->line);
			return false;
		}
		setting->text = es_arena_strdup(load->arena, es_slice_str(value));
		setting->line = line;
		if (setting->text == NULL)
			es_put_printf(load->error, "%s:%u: does not fit into memory", load->name, line);
		return setting->text != NULL;
	}
	if (section[0] == '\0') {
		es_put_printf(load->error, "%s:%u: %s stands before any [section]", load->name, line, name);
		return false;
	}
	if (!has_section(load, section))
		return true; /* another program's */
	es_put_printf(load->error, "%s:%u: [%s] has no key %s", load->name, line, section, name);
	return false;
}

static es_status read_settings(struct load *load, struct es_slice text)
{
	const char *reason = NULL;
	unsigned line = 0;
	size_t before = load->error->len;
	es_status status = conf_ini_parse(text, on_value, load, &line, &reason);

	if (status == ES_MALFORMED && reason != NULL) {
		load->error->len = before; /* inih goes on after a syntax error: what on_value() said came later */
		es_put_printf(load->error, "%s:%u: %s", load->name, line, reason);
	} else if (status == ES_TOO_LARGE) {
		es_put_printf(load->error, "%s: does not fit into memory", load->name);
	}
	return status;
}

/* ---- environment ---- */

/* OPENES_<SECTION>_<KEY> */
static void put_env_name(struct es_buf *out, const struct es_conf_key *key)
{
	const char *parts[] = { "OPENES_", key->section, "_", key->name };

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (const char *p = parts[i]; *p != '\0'; p++)
			es_put_u8(out, (uint8_t)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p));
}

static void read_environment(struct load *load)
{
	for (size_t i = 0; i < load->count; i++) {
		char name[ENV_NAME_MAX];
		struct es_buf b;
		es_buf_init_fixed(&b, name, sizeof name);
		put_env_name(&b, &load->keys[i]);
		es_put_u8(&b, '\0');
		const char *text = b.bad ? NULL : getenv(name);
		if (text != NULL)
			load->settings[i] = (struct setting){ .text = text, .from_environment = true };
	}
}

/* ---- validation ---- */

/* Where the value came from, then which key it is. */
static void put_origin(const struct load *load, size_t i)
{
	const struct setting *setting = &load->settings[i];
	const struct es_conf_key *key = &load->keys[i];

	if (setting->from_environment) {
		put_env_name(load->error, key);
		es_put_str(load->error, " in the environment ");
		return;
	}
	if (setting->line != 0)
		es_put_printf(load->error, "%s:%u: ", load->name, setting->line);
	es_put_printf(load->error, "[%s] %s ", key->section, key->name);
}

static es_status check(const struct load *load, size_t i, struct conf_value *out)
{
	const struct es_conf_key *key = &load->keys[i];
	const char *text = load->settings[i].text != NULL ? load->settings[i].text : key->fallback;
	struct es_buf reason;
	char storage[128];

	if (text == NULL) {
		put_origin(load, i);
		es_put_str(load->error, "is required, in the file or as ");
		put_env_name(load->error, key);
		return ES_MALFORMED;
	}
	es_buf_init_fixed(&reason, storage, sizeof storage);
	es_status status = conf_value_parse(key, es_slice_str(text), load->arena, out, &reason);
	if (status != ES_OK) {
		put_origin(load, i);
		es_put_bytes(load->error, es_buf_slice(&reason));
	}
	return status;
}

/* The whole is checked before the first member is written. */
static es_status fill(struct load *load, struct es_slice text, void *into)
{
	struct conf_value *values = es_arena_array(load->arena, load->count, sizeof *values);

	load->settings = es_arena_array(load->arena, load->count, sizeof *load->settings);
	if (values == NULL || load->settings == NULL) {
		es_put_printf(load->error, "%s: does not fit into memory", load->name);
		return ES_TOO_LARGE;
	}
	ES_TRY(read_settings(load, text));
	read_environment(load);
	for (size_t i = 0; i < load->count; i++)
		ES_TRY(check(load, i, &values[i]));
	for (size_t i = 0; i < load->count; i++)
		conf_value_store(&load->keys[i], &values[i], into);
	return ES_OK;
}

es_status es_config_parse(const struct es_conf_key *keys, size_t count, struct es_slice text, void *into,
                          struct es_arena *arena, struct es_buf *error)
{
	struct load load = { .keys = keys, .count = count, .name = "configuration", .arena = arena, .error = error };

	return fill(&load, text, into);
}

es_status es_config_load(const struct es_conf_key *keys, size_t count, const char *path, void *into,
                         struct es_arena *arena, struct es_buf *error)
{
	struct load load = { .keys = keys, .count = count, .name = path, .arena = arena, .error = error };
	struct es_buf text;

	if (path == NULL)
		return es_config_parse(keys, count, es_slice_str(NULL), into, arena, error);
	es_buf_init(&text, CONF_FILE_MAX);
	es_status status = conf_file_read(path, &text, error);
	if (status == ES_OK)
		status = fill(&load, es_buf_slice(&text), into);
	es_buf_wipe(&text); /* it may hold a password */
	return status;
}

/* ---- texts from the table ---- */

static void put_section(const struct es_conf_key *keys, size_t i, struct es_buf *out)
{
	if (i == 0 || strcmp(keys[i].section, keys[i - 1].section) != 0)
		es_put_printf(out, "%s[%s]\n", i == 0 ? "" : "\n", keys[i].section);
}

void es_config_print(const struct es_conf_key *keys, size_t count, const void *from, struct es_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct conf_value value = conf_value_load(&keys[i], from);
		put_section(keys, i, out);
		es_put_printf(out, "%s = ", keys[i].name);
		conf_value_print(&keys[i], &value, out);
		es_put_u8(out, '\n');
	}
}

void es_config_print_help(const struct es_conf_key *keys, size_t count, struct es_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct es_conf_key *key = &keys[i];
		char storage[64];
		struct es_buf bounds;
		es_buf_init_fixed(&bounds, storage, sizeof storage);
		conf_bounds_print(key, &bounds);
		put_section(keys, i, out);
		es_put_printf(out, "  %s (%s%s" ES_SLICE_FMT, key->name, conf_kind_name(key->kind), bounds.len > 0 ? ", " : "",
		              ES_SLICE_ARG(es_buf_slice(&bounds)));
		if (key->fallback == NULL)
			es_put_str(out, ", required");
		else
			es_put_printf(out, ", default %s", key->fallback[0] == '\0' ? "empty" : key->fallback);
		es_put_printf(out, ")\n      %s\n", key->help);
	}
	es_put_str(out,
	           "\nEach key can be given in the environment as OPENES_<SECTION>_<KEY>, which stands over the file.\n");
}
