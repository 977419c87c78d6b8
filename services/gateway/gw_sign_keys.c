/* gw_sign_keys.c -- reads the file of answer keys and the PEM files it names. */
#include "gw_sign_keys.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_config_named.h"
#include "es_text.h"

#define FILE_ARENA (1u << 20)

struct key_config {
	const char *tenant, *file;
};

struct key {
	const char *id, *tenant; /* in the arena */
	struct es_p256_key *pair;
};

struct gw_sign_keys {
	struct es_arena *arena;
	size_t count;
	struct key keys[GW_SIGN_KEYS_MAX];
};

#define KEY(field, help) ES_CONF(key, struct key_config, field, ES_CONF_STRING, NULL, 0, 0, help)
static const struct es_conf_key key_keys[] = {
	KEY(tenant, "whose answers it signs"),
	KEY(file, "private key (PEM, P-256)"),
};

static es_status read_keys(const char *path, struct gw_sign_keys *keys, struct es_buf *error)
{
	const struct es_conf_section kinds[] = {
		{ "key", key_keys, ES_COUNT(key_keys), sizeof(struct key_config), false },
	};
	const struct es_conf_named *sections;
	size_t count;

	ES_TRY(es_config_named_load(kinds, ES_COUNT(kinds), path, keys->arena, &sections, &count, error));
	if (count == 0 || count > GW_SIGN_KEYS_MAX) {
		es_put_printf(error, "%s: %s", path, count == 0 ? "there is no [key ...] in it" : "too many keys");
		return ES_MALFORMED;
	}
	for (size_t i = 0; i < count; i++) {
		const struct key_config *config = sections[i].values;
		struct key *key = &keys->keys[i];

		key->id = sections[i].name;
		key->tenant = config->tenant;
		ES_TRY(es_p256_load(config->file, &key->pair, error));
		keys->count++;
	}
	return ES_OK;
}

es_status gw_sign_keys_load(const char *path, struct gw_sign_keys **out, struct es_buf *error)
{
	struct gw_sign_keys *keys;
	es_status status;

	*out = NULL;
	if (path == NULL || path[0] == '\0')
		return ES_OK;
	keys = calloc(1, sizeof(*keys));
	if (keys == NULL || (keys->arena = es_arena_new(0, FILE_ARENA)) == NULL) {
		free(keys);
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	status = read_keys(path, keys, error);
	if (status != ES_OK)
		gw_sign_keys_free(keys);
	else
		*out = keys;
	return status;
}

void gw_sign_keys_free(struct gw_sign_keys *keys)
{
	if (keys == NULL)
		return;
	for (size_t i = 0; i < keys->count; i++)
		es_p256_free(keys->keys[i].pair);
	es_arena_free(keys->arena);
	free(keys);
}

const struct es_p256_key *gw_sign_keys_find(const struct gw_sign_keys *keys, const char *tenant, const char *key_id)
{
	for (size_t i = 0; keys != NULL && i < keys->count; i++)
		if (strcmp(keys->keys[i].id, key_id) == 0 && strcmp(keys->keys[i].tenant, tenant) == 0)
			return keys->keys[i].pair;
	return NULL;
}

/* Nothing in it needs to be escaped: a name of a section, and base64url. */
static void put_jwk(const struct key *key, struct es_buf *out)
{
	uint8_t x[ES_P256_OCTETS], y[ES_P256_OCTETS];

	es_p256_public(key->pair, x, y);
	es_put_printf(out, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"%s\",\"x\":\"",
	              key->id);
	es_base64url_encode(es_slice_of(x, sizeof(x)), out);
	es_put_str(out, "\",\"y\":\"");
	es_base64url_encode(es_slice_of(y, sizeof(y)), out);
	es_put_str(out, "\"}");
}

es_status gw_sign_keys_print(const struct gw_sign_keys *keys, const char *tenant, struct es_buf *out)
{
	size_t found = 0;

	es_put_str(out, "{\"keys\":[");
	for (size_t i = 0; keys != NULL && i < keys->count; i++) {
		if (strcmp(keys->keys[i].tenant, tenant) != 0)
			continue;
		if (found++ > 0)
			es_put_u8(out, ',');
		put_jwk(&keys->keys[i], out);
	}
	es_put_str(out, "]}\n");
	return found == 0 ? ES_NOT_FOUND : es_buf_status(out);
}
