/* es_config_named.c -- headers first, then what inih finds under them, then the checks of each section's table.
 *
 * inih tells of keys only, so that a section without any would go unseen: the headers are read here. */
#include "es_config_named.h"

#include <string.h>

#include "es_config_file.h"
#include "es_config_ini.h"
#include "es_config_value.h"

struct setting {
	const char *text; /* NULL: nothing */
	unsigned line;
};

/* One section of the file. */
struct entry {
	const struct es_conf_section *section;
	const char *header; /* between the brackets, as inih gives it */
	const char *name;
	struct setting *settings; /* one for each key */
	unsigned line;
};

struct named {
	const struct es_conf_section *kinds;
	size_t kind_count;
	const char *file;
	struct es_arena *arena;
	struct es_buf *error;
	struct entry *entries;
	size_t count;
};

static es_status no_memory(const struct named *n)
{
	es_put_printf(n->error, "%s: does not fit into memory", n->file);
	return ES_TOO_LARGE;
}

/* ---- headers ---- */

static const struct es_conf_section *find_kind(const struct named *n, struct es_slice kind)
{
	for (size_t i = 0; i < n->kind_count; i++)
		if (es_slice_eq_str(kind, n->kinds[i].kind))
			return &n->kinds[i];
	return NULL;
}

static bool is_name(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return text.len > 0 && text.len <= ES_CONFIG_NAME_MAX;
}

/* What is wrong with a header; NULL: nothing. */
static const char *judge_header(const struct named *n, const struct es_conf_section *section, struct es_slice name)
{
	if (section == NULL)
		return "is no section of this file";
	if (section->is_single && name.len > 0)
		return "takes no name";
	if (!section->is_single && !is_name(name))
		return "needs a name: 1 to 31 of a-z, 0-9, '-' and '_'";
	return n->count == ES_CONFIG_NAMED_MAX ? "is one section too many" : NULL;
}

static es_status add_header(struct named *n, struct es_slice header, unsigned line)
{
	struct es_slice name = es_slice_trim(header);
	const struct es_slice kind = es_slice_cut(&name, ' ');
	const struct es_conf_section *section = find_kind(n, kind);

	name = es_slice_trim(name);
	const char *why = judge_header(n, section, name);
	if (why != NULL) {
		es_put_printf(n->error, "%s:%u: [" ES_SLICE_FMT "] %s", n->file, line,
		              ES_SLICE_ARG(es_slice_sub(header, 0, 60)), why);
		return ES_MALFORMED;
	}
	for (size_t i = 0; i < n->count; i++)
		if (n->entries[i].section == section && es_slice_eq_str(name, n->entries[i].name)) {
			es_put_printf(n->error, "%s:%u: [" ES_SLICE_FMT "] stands there twice, first in line %u", n->file, line,
			              ES_SLICE_ARG(header), n->entries[i].line);
			return ES_MALFORMED;
		}
	struct entry *entry = &n->entries[n->count];
	*entry = (struct entry){ .section = section,
		                     .header = es_arena_strdup(n->arena, header),
		                     .name = es_arena_strdup(n->arena, name),
		                     .settings = es_arena_array(n->arena, section->key_count, sizeof *entry->settings),
		                     .line = line };
	if (entry->header == NULL || entry->name == NULL || entry->settings == NULL)
		return no_memory(n);
	n->count++;
	return ES_OK;
}

static es_status read_headers(struct named *n, struct es_slice text)
{
	unsigned line = 0;

	while (text.ptr != NULL) {
		const struct es_slice row = es_slice_trim(es_slice_cut(&text, '\n'));
		line++;
		if (row.len == 0 || row.ptr[0] != '[')
			continue;
		const size_t end = es_slice_find(row, ']');
		if (end == row.len)
			continue; /* inih says what is wrong with it */
		ES_TRY(add_header(n, es_slice_sub(row, 1, end), line));
	}
	return ES_OK;
}

/* ---- keys ---- */

static struct entry *find_entry(const struct named *n, const char *header)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->entries[i].header, header) == 0)
			return &n->entries[i];
	return NULL;
}

static bool set(struct named *n, struct setting *setting, unsigned line, const char *header, const char *name,
                const char *value)
{
	if (setting->text != NULL) {
		es_put_printf(n->error, "%s:%u: [%s] %s is set twice, first in line %u", n->file, line, header, name,
		              setting->line);
		return false;
	}
	setting->text = es_arena_strdup(n->arena, es_slice_str(value));
	setting->line = line;
	if (setting->text == NULL)
		(void)no_memory(n);
	return setting->text != NULL;
}

static bool on_value(void *user, unsigned line, const char *header, const char *name, const char *value)
{
	struct named *n = user;
	struct entry *entry = find_entry(n, header);

	if (entry == NULL) {
		es_put_printf(n->error, "%s:%u: %s stands before any [section]", n->file, line, name);
		return false;
	}
	if (entry->section->keys == NULL)
		return true;
	for (size_t i = 0; i < entry->section->key_count; i++)
		if (strcmp(entry->section->keys[i].name, name) == 0)
			return set(n, &entry->settings[i], line, header, name, value);
	es_put_printf(n->error, "%s:%u: [%s] has no key %s", n->file, line, header, name);
	return false;
}

static es_status read_keys(struct named *n, struct es_slice text)
{
	const char *reason = NULL;
	unsigned line = 0;
	const size_t before = n->error->len;
	const es_status status = conf_ini_parse(text, on_value, n, &line, &reason);

	if (status == ES_MALFORMED && reason != NULL) {
		n->error->len = before; /* inih goes on after a syntax error: what on_value() said came later */
		es_put_printf(n->error, "%s:%u: %s", n->file, line, reason);
	} else if (status == ES_TOO_LARGE) {
		n->error->len = before;
		return no_memory(n);
	}
	return status;
}

/* ---- values ---- */

static es_status fill_key(const struct named *n, const struct entry *entry, size_t i, void *into)
{
	const struct es_conf_key *key = &entry->section->keys[i];
	const struct setting *setting = &entry->settings[i];
	const char *text = setting->text != NULL ? setting->text : key->fallback;
	struct conf_value value;
	struct es_buf reason;
	char storage[128];

	if (text == NULL) {
		es_put_printf(n->error, "%s:%u: [%s] %s is required", n->file, entry->line, entry->header, key->name);
		return ES_MALFORMED;
	}
	es_buf_init_fixed(&reason, storage, sizeof storage);
	const es_status status = conf_value_parse(key, es_slice_str(text), n->arena, &value, &reason);
	if (status != ES_OK) {
		es_put_printf(n->error, "%s:%u: [%s] %s ", n->file, setting->line, entry->header, key->name);
		es_put_bytes(n->error, es_buf_slice(&reason));
		return status;
	}
	conf_value_store(key, &value, into);
	return ES_OK;
}

static es_status fill(const struct named *n, const struct es_conf_named **out, size_t *count)
{
	struct es_conf_named *list = es_arena_array(n->arena, n->count, sizeof *list);
	size_t used = 0;

	if (list == NULL)
		return no_memory(n);
	for (size_t i = 0; i < n->count; i++) {
		const struct entry *entry = &n->entries[i];
		void *values = NULL;
		if (entry->section->keys != NULL) {
			values = es_arena_alloc(n->arena, entry->section->size);
			if (values == NULL)
				return no_memory(n);
		}
		for (size_t k = 0; k < entry->section->key_count; k++)
			ES_TRY(fill_key(n, entry, k, values));
		list[used++] = (struct es_conf_named){
			.section = entry->section, .name = entry->name, .values = values, .line = entry->line
		};
	}
	*out = list;
	*count = used;
	return ES_OK;
}

static es_status load(struct named *n, struct es_slice text, const struct es_conf_named **out, size_t *count)
{
	n->entries = es_arena_array(n->arena, ES_CONFIG_NAMED_MAX, sizeof *n->entries);
	if (n->entries == NULL)
		return no_memory(n);
	ES_TRY(read_headers(n, text));
	ES_TRY(read_keys(n, text));
	return fill(n, out, count);
}

es_status es_config_named_parse(const struct es_conf_section *kinds, size_t kind_count, struct es_slice text,
                                struct es_arena *arena, const struct es_conf_named **out, size_t *count,
                                struct es_buf *error)
{
	struct named n = {
		.kinds = kinds, .kind_count = kind_count, .file = "configuration", .arena = arena, .error = error
	};

	return load(&n, text, out, count);
}

es_status es_config_named_load(const struct es_conf_section *kinds, size_t kind_count, const char *path,
                               struct es_arena *arena, const struct es_conf_named **out, size_t *count,
                               struct es_buf *error)
{
	struct named n = { .kinds = kinds, .kind_count = kind_count, .file = path, .arena = arena, .error = error };
	struct es_buf text;

	es_buf_init(&text, CONF_FILE_MAX);
	es_status status = conf_file_read(path, &text, error);
	if (status == ES_OK)
		status = load(&n, es_buf_slice(&text), out, count);
	es_buf_wipe(&text);
	return status;
}
