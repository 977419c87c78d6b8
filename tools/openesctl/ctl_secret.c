/* ctl_secret.c -- the secrets of a SIM, read, sealed and sent. */
#include "ctl_secret.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_milenage.h"
#include "es_text.h"

#define KEYS_PATH "/v1/tenants/{tenant}/subscribers/{imsi}/keys"

void ctl_secret_wipe(struct ctl_secret *secret)
{
	es_wipe(secret, sizeof *secret);
}

/* ---- reading ---- */

/* As many octets as there are digits for, `max` at most. */
static bool hex_read(struct es_slice text, uint8_t *out, size_t max, size_t *len)
{
	*len = text.len / 2;
	return *len <= max && es_hex_decode(text, out, *len) == ES_OK;
}

/* One line of hexadecimal digits. */
static bool line_read(FILE *file, uint8_t *out, size_t max, size_t *len)
{
	char line[128];

	if (file == NULL || fgets(line, sizeof line, file) == NULL)
		return false;
	bool ok = hex_read(es_slice_trim(es_slice_str(line)), out, max, len);
	es_wipe(line, sizeof line);
	return ok;
}

static bool value_read(char *value, uint8_t *out, size_t max, size_t *len)
{
	if (strcmp(value, "-") == 0)
		return line_read(stdin, out, max, len);
	if (value[0] != '@') {
		bool ok = hex_read(es_slice_str(value), out, max, len);
		es_wipe(value, strlen(value)); /* argv: others on this machine can see it */
		return ok;
	}
	FILE *file = fopen(value + 1, "re");
	if (file != NULL)
		setvbuf(file, NULL, _IONBF, 0);
	bool ok = line_read(file, out, max, len);
	if (file != NULL)
		(void)fclose(file);
	return ok;
}

static int key_read(struct ctl *ctl, enum ctl_opt opt, uint8_t *out, size_t len)
{
	size_t found;

	if (!value_read(ctl->args.value[opt], out, len, &found) || found != len)
		return ctl_complain(CTL_USAGE,
		                    "--%s wants %zu hexadecimal digits, @file with them, or - to read them from standard input",
		                    ctl_options[opt].name, 2 * len);
	return CTL_OK;
}

static int milenage_read(struct ctl *ctl, struct ctl_secret *out)
{
	uint8_t op[16];

	int code = key_read(ctl, CTL_K, out->k, sizeof out->k);
	if (code == CTL_OK && ctl_value(ctl, CTL_OPC) != NULL)
		code = key_read(ctl, CTL_OPC, out->opc, sizeof out->opc);
	else if (code == CTL_OK && (code = key_read(ctl, CTL_OP, op, sizeof op)) == CTL_OK)
		es_milenage_opc(out->k, op, out->opc);
	es_wipe(op, sizeof op);
	return code;
}

static int octet_read(struct ctl *ctl, enum ctl_opt opt, uint8_t fallback, uint8_t *out)
{
	const char *text = ctl_value(ctl, opt);
	uint32_t value = fallback;

	if (text != NULL && es_parse_u32(es_slice_str(text), 1, ES_TUAK_ITERATIONS_MAX, &value) != ES_OK)
		return ctl_complain(CTL_USAGE, "--%s wants a number from 1 to %d", ctl_options[opt].name,
		                    ES_TUAK_ITERATIONS_MAX);
	*out = (uint8_t)value;
	return CTL_OK;
}

/* K has one of two lengths. */
static int tuak_k_read(struct ctl *ctl, struct es_tuak *tuak)
{
	size_t len;

	if (!value_read(ctl->args.value[CTL_K], tuak->k, sizeof tuak->k, &len) || (len != 16 && len != 32))
		return ctl_complain(CTL_USAGE, "--k wants 32 or 64 hexadecimal digits, @file with them, or -");
	tuak->k_len = (uint8_t)len;
	return CTL_OK;
}

static int tuak_read(struct ctl *ctl, struct es_tuak *out)
{
	uint8_t top[32];

	*out = (struct es_tuak){ .mac = 8, .ck = 16, .ik = 16 };
	int code = octet_read(ctl, CTL_RES_LENGTH, 8, &out->res);
	if (code == CTL_OK)
		code = octet_read(ctl, CTL_KECCAK_ITERATIONS, 1, &out->iterations);
	if (code == CTL_OK)
		code = tuak_k_read(ctl, out);
	if (code != CTL_OK)
		return code;
	if (!es_tuak_is_sound(out) || out->res > 16)
		return ctl_complain(CTL_USAGE, "--res-length wants 4, 8 or 16");
	if (ctl_value(ctl, CTL_TOPC) != NULL)
		return key_read(ctl, CTL_TOPC, out->topc, sizeof out->topc);
	code = key_read(ctl, CTL_TOP, top, sizeof top);
	if (code == CTL_OK)
		es_tuak_topc(out, top, out->topc);
	es_wipe(top, sizeof top);
	return code;
}

static int secret_fill(struct ctl *ctl, struct ctl_secret *out)
{
	const char *amf = ctl_value(ctl, CTL_AMF), *sqn = ctl_value(ctl, CTL_SQN);

	int code = out->is_tuak ? tuak_read(ctl, &out->tuak) : milenage_read(ctl, out);
	if (code != CTL_OK)
		return code;
	if (es_hex_decode(es_slice_str(amf != NULL ? amf : "8000"), out->amf, sizeof out->amf) != ES_OK)
		return ctl_complain(CTL_USAGE, "--amf wants 4 hexadecimal digits");
	out->has_sqn = sqn != NULL;
	if (sqn != NULL && es_parse_i64(es_slice_str(sqn), 0, (1LL << 48) - 1, &out->sqn) != ES_OK)
		return ctl_complain(CTL_USAGE, "--sqn wants a decimal number below 2^48");
	return CTL_OK;
}

/* Options of the one algorithm mean nothing to the other. */
static int options_agree(struct ctl *ctl, bool is_tuak)
{
	static const enum ctl_opt of_milenage[] = { CTL_OPC, CTL_OP, CTL_NONE };
	static const enum ctl_opt of_tuak[] = { CTL_TOPC, CTL_TOP, CTL_RES_LENGTH, CTL_KECCAK_ITERATIONS, CTL_NONE };

	for (const enum ctl_opt *opt = is_tuak ? of_milenage : of_tuak; *opt != CTL_NONE; opt++)
		if (ctl_value(ctl, *opt) != NULL)
			return ctl_complain(CTL_USAGE, "--%s does not go with --algorithm %s", ctl_options[*opt].name,
			                    is_tuak ? "tuak" : "milenage");
	if (!is_tuak && (ctl_value(ctl, CTL_OPC) != NULL) == (ctl_value(ctl, CTL_OP) != NULL))
		return ctl_complain(CTL_USAGE, "give one of --opc and --op");
	if (is_tuak && (ctl_value(ctl, CTL_TOPC) != NULL) == (ctl_value(ctl, CTL_TOP) != NULL))
		return ctl_complain(CTL_USAGE, "give one of --topc and --top");
	return CTL_OK;
}

bool ctl_secret_is_given(const struct ctl *ctl)
{
	static const enum ctl_opt options[] = { CTL_K,    CTL_OPC,        CTL_OP,
		                                    CTL_TOPC, CTL_TOP,        CTL_ALGORITHM,
		                                    CTL_AMF,  CTL_RES_LENGTH, CTL_KECCAK_ITERATIONS,
		                                    CTL_SQN };

	for (size_t i = 0; i < ES_COUNT(options); i++)
		if (ctl_value(ctl, options[i]) != NULL)
			return true;
	return false;
}

int ctl_secret_read(struct ctl *ctl, struct ctl_secret *out)
{
	const char *algorithm = ctl_value(ctl, CTL_ALGORITHM);
	struct ctl_secret secret = { .is_tuak = algorithm != NULL && strcmp(algorithm, "tuak") == 0 };

	if (ctl_value(ctl, CTL_K) == NULL)
		return ctl_complain(
			CTL_USAGE,
			"--k is missing: what is said of keys goes with --k, and --opc or --op, or with tuak --topc or --top");
	if (algorithm != NULL && !secret.is_tuak && strcmp(algorithm, "milenage") != 0)
		return ctl_complain(CTL_USAGE, "--algorithm is milenage or tuak");
	int code = options_agree(ctl, secret.is_tuak);
	if (code == CTL_OK)
		code = secret_fill(ctl, &secret);
	if (code == CTL_OK)
		*out = secret;
	ctl_secret_wipe(&secret);
	return code;
}

/* ---- sealing and sending ---- */

int ctl_sealer_open(struct ctl *ctl, struct ctl_sealer *out)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct es_slice key = { NULL, 0 };

	int code = ctl_request(ctl, "GET", "/v1/keys/transport", NULL, &answer);
	if (code != CTL_OK)
		return code;
	const char *text = answer.json != NULL ? es_json_str(answer.json, "public_key") : NULL;
	struct es_arena *arena = es_arena_new(0, 4096);
	bool ok = arena != NULL && es_base64_decode(es_slice_str(text), arena, &key) == ES_OK &&
	          key.len == sizeof out->public_key;
	if (ok)
		memcpy(out->public_key, key.ptr, key.len);
	es_arena_free(arena);
	return ok ? CTL_OK
	          : ctl_complain(CTL_REFUSED,
	                         "the server's transport key cannot be used; is this openesctl of the same release?");
}

enum { PLAIN_MAX = 2 + 32 + 32 };

/* Milenage: K(16) OPc(16). TUAK: octets of RES(1), Keccak iterations(1), K(16 or 32), TOPc(32). As auth reads it. */
static size_t secret_pack(const struct ctl_secret *secret, uint8_t out[PLAIN_MAX])
{
	const struct es_tuak *tuak = &secret->tuak;

	if (!secret->is_tuak) {
		memcpy(out, secret->k, 16);
		memcpy(out + 16, secret->opc, 16);
		return 32;
	}
	out[0] = tuak->res;
	out[1] = tuak->iterations;
	memcpy(out + 2, tuak->k, tuak->k_len);
	memcpy(out + 2 + tuak->k_len, tuak->topc, 32);
	return 2 + (size_t)tuak->k_len + 32;
}

/* Bound to whom it is for: tenant NUL IMSI (proto/auth.proto). */
static es_status seal(const struct ctl_sealer *sealer, const char *tenant, const char *imsi,
                      const struct ctl_secret *secret, struct es_buf *text)
{
	uint8_t storage[128], keys[PLAIN_MAX], box[PLAIN_MAX + ES_BOX_OVERHEAD];
	struct es_buf aad;

	es_buf_init_fixed(&aad, storage, sizeof storage);
	es_put_str(&aad, tenant);
	es_put_u8(&aad, 0);
	es_put_str(&aad, imsi);
	ES_TRY(es_buf_status(&aad));
	size_t len = secret_pack(secret, keys);
	es_status status = es_box_seal(sealer->public_key, es_buf_slice(&aad), es_slice_of(keys, len), box);
	es_wipe(keys, sizeof keys);
	ES_TRY(status);
	es_base64_encode(es_slice_of(box, len + ES_BOX_OVERHEAD), text);
	es_put_u8(text, '\0');
	return es_buf_status(text);
}

int ctl_keys_put(struct ctl *ctl, const struct ctl_sealer *sealer, const char *imsi, const struct ctl_secret *secret,
                 struct ctl_answer *out)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();
	uint8_t storage[256];
	char amf[2 * sizeof secret->amf + 1];
	struct es_buf box;

	es_buf_init_fixed(&box, storage, sizeof storage);
	if (body == NULL || seal(sealer, ctl_value(ctl, CTL_TENANT), imsi, secret, &box) != ES_OK)
		return CTL_REFUSED;
	es_hex_encode(es_slice_of(secret->amf, sizeof secret->amf), amf);
	if (cJSON_AddStringToObject(body, "box", (const char *)storage) == NULL ||
	    cJSON_AddStringToObject(body, "amf", amf) == NULL ||
	    cJSON_AddStringToObject(body, "algorithm", secret->is_tuak ? "tuak" : "milenage") == NULL ||
	    (secret->has_sqn && cJSON_AddNumberToObject(body, "sqn", (double)secret->sqn) == NULL))
		return CTL_REFUSED;
	return ctl_ask(ctl, "PUT", KEYS_PATH, body, out);
}
