/* auth_core.c -- one section of the core file after the other becomes a source, a relay or a provider. */
#include "auth_core.h"

#include <stdlib.h>
#include <string.h>

#include "auth_auc_source.h"
#include "auth_diameter.h"
#include "auth_diameter_child.h"
#include "auth_oidc.h"
#include "auth_relay.h"
#include "auth_udm.h"
#include "es_cleanup.h"
#include "es_config_named.h"
#include "es_fetch.h"

#define FILE_MAX (1u << 20)
#define FETCHES_MAX 1024u
#define CHILD_STOP_MS 3000

struct auth_core {
	struct auth_env *env;
	struct es_arena *arena; /* what the file says */
	const struct es_conf_named *sections;
	size_t section_count;
	struct es_fetcher *fetcher;
	struct auth_source udms[AUTH_SOURCES_MAX];
	size_t udm_count;
	struct auth_diameter_child *child; /* openes-diameter */
	struct auth_diameter *diameter;
};

static es_status out_of_memory(struct es_buf *error)
{
	es_put_str(error, "out of memory");
	return ES_TOO_LARGE;
}

static es_status read_file(struct auth_core *core, const char *path, struct es_buf *error)
{
	const struct es_conf_section kinds[] = {
		/* openes-diameter reads these */
		{ "diameter", NULL, 0, 0, true },
		{ "peer", NULL, 0, 0, false },
		{ "swx", NULL, 0, 0, false },
		{ AUTH_RELAY_KIND, NULL, 0, 0, false },
		{ "eir", NULL, 0, 0, false },
		{ "udm", auth_udm_keys, AUTH_UDM_KEYS, sizeof(struct auth_udm_config), false },
		auth_oidc_section,
	};
	struct es_conf_section *kept = es_arena_array(core->arena, ES_COUNT(kinds), sizeof *kept);

	if (kept == NULL)
		return out_of_memory(error);
	memcpy(kept, kinds, sizeof kinds); /* the sections point to them */
	return es_config_named_load(kept, ES_COUNT(kinds), path, core->arena, &core->sections, &core->section_count, error);
}

static bool is_kind(const struct es_conf_named *section, const char *kind)
{
	return strcmp(section->section->kind, kind) == 0;
}

static es_status add_source(struct auth_core *core, const struct auth_source *source, struct es_buf *error)
{
	es_status status = auth_sources_add(core->env->sources, source);

	if (status == ES_CONFLICT)
		es_put_printf(error, "[%s %s]: another section, or openes itself, has that name", source->kind, source->name);
	else if (status != ES_OK)
		es_put_str(error, "the core file names too many sources");
	return status;
}

static es_status add_udm(struct auth_core *core, const struct es_conf_named *section, struct es_buf *error)
{
	if (core->udm_count == AUTH_SOURCES_MAX)
		return out_of_memory(error);
	struct auth_source *udm = &core->udms[core->udm_count];
	ES_TRY(auth_udm_new(core->fetcher, section->values, section->name, udm, error));
	core->udm_count++;
	return add_source(core, udm, error);
}

static es_status add_diameter(struct auth_core *core, const struct es_conf_named *section, struct es_buf *error)
{
	struct auth_source source;
	es_status status = is_kind(section, AUTH_RELAY_KIND)
	                       ? auth_diameter_relay_source(core->diameter, section->name, &source)
	                       : auth_diameter_source(core->diameter, section->name, &source);

	return status == ES_OK ? add_source(core, &source, error) : out_of_memory(error);
}

static bool is_diameter(const struct es_conf_named *section)
{
	return is_kind(section, "swx") || is_kind(section, AUTH_RELAY_KIND);
}

/* Where the core file names an HSS, an AAA or an EIR: the process that speaks to them, and what they are to auth. */
static es_status start_diameter(struct auth_core *core, const struct auth_core_options *options, struct es_buf *error)
{
	struct auth_diameter_child_options child = options->child;
	bool is_wanted = false;

	for (size_t i = 0; i < core->section_count; i++)
		is_wanted = is_wanted || is_diameter(&core->sections[i]) || is_kind(&core->sections[i], "eir");
	if (!is_wanted)
		return ES_OK;
	child.core_file = options->file;
	ES_TRY(auth_diameter_child_start(&child, &core->child, error));
	ES_TRY(auth_diameter_new(auth_diameter_child_target(core->child), options->key, &core->diameter, error));
	core->env->relay = auth_diameter_relay(core->diameter);
	core->env->diameter = core->diameter;
	core->env->profile = auth_diameter_profile;
	for (size_t i = 0; i < core->section_count; i++)
		if (is_diameter(&core->sections[i]))
			ES_TRY(add_diameter(core, &core->sections[i], error));
	return ES_OK;
}

static es_status add_sections(struct auth_core *core, struct es_buf *error)
{
	const struct auth_source own = auth_auc_source(core->env);

	ES_TRY(add_source(core, &own, error));
	for (size_t i = 0; i < core->section_count; i++)
		if (is_kind(&core->sections[i], "udm"))
			ES_TRY(add_udm(core, &core->sections[i], error));
	return auth_oidc_new(core->sections, core->section_count, core->fetcher, &core->env->oidc, error);
}

static es_status start(struct auth_core *core, const struct auth_core_options *options, struct es_buf *error)
{
	core->arena = es_arena_new(0, FILE_MAX);
	core->env->sources = auth_sources_new(core->env->now_ms);
	if (core->arena == NULL || core->env->sources == NULL)
		return out_of_memory(error);
	if (options->file[0] != '\0')
		ES_TRY(read_file(core, options->file, error));
	const struct es_fetcher_options fetcher = { .name = "auth-fetch", .in_flight_max = FETCHES_MAX };
	ES_TRY(es_fetcher_start(&fetcher, &core->fetcher, error));
	ES_TRY(add_sections(core, error));
	return start_diameter(core, options, error);
}

es_status auth_core_start(struct auth_env *env, const struct auth_core_options *options, struct auth_core **out,
                          struct es_buf *error)
{
	struct auth_core *core = calloc(1, sizeof *core);

	if (core == NULL)
		return out_of_memory(error);
	core->env = env;
	es_status status = start(core, options, error);
	if (status != ES_OK) {
		auth_core_stop(core);
		auth_core_free(core);
		return status;
	}
	*out = core;
	return ES_OK;
}

uint32_t auth_core_waiting_max(const struct auth_core *core)
{
	uint32_t most = core->diameter != NULL ? AUTH_DIAMETER_IN_FLIGHT_MAX : 0;

	for (size_t i = 0; i < core->section_count; i++)
		if (is_kind(&core->sections[i], "udm") || is_kind(&core->sections[i], auth_oidc_section.kind))
			return most + FETCHES_MAX;
	return most;
}

void auth_core_stop(struct auth_core *core)
{
	if (core == NULL)
		return;
	auth_diameter_stop(core->diameter);
	if (core->fetcher != NULL)
		es_fetcher_stop(core->fetcher);
	core->fetcher = NULL;
}

void auth_core_free(struct auth_core *core)
{
	if (core == NULL)
		return;
	for (size_t i = 0; i < core->udm_count; i++)
		auth_udm_free(&core->udms[i]);
	auth_oidc_free(core->env->oidc);
	core->env->oidc = NULL;
	auth_sources_free(core->env->sources);
	core->env->sources = NULL;
	auth_diameter_child_stop(core->child, CHILD_STOP_MS);
	auth_diameter_free(core->diameter);
	core->env->diameter = NULL;
	es_arena_free(core->arena);
	free(core);
}
