/* ph_options.h -- the command line: one table for parsing and for --help, then everything checked and typed. */
#ifndef PH_OPTIONS_H
#define PH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "es_buf.h"
#include "es_status.h"

#include "ph_client.h"

struct ph_options {
	/* as given; NULL: not given */
	const char *url, *ca, *imsi, *k, *opc, *op, *algorithm, *topc, *top, *res, *iterations, *method, *network_name,
		*amf, *sqn, *mcc, *mnc, *state;
	const char *apps, *entitlement_version, *accept, *terminal_id, *app_name, *language, *notif_token, *notif_action;
	const char *operation, *token, *save_token;
	const char *phones, *imsi_base, *subscribers, *rate, *duration, *connections, *mix;
	const char *json; /* "-" when --json has no file */
	bool post, wrong_key, gzip, reconnect, help, version;
	struct ph_param params[PH_PARAMS_MAX];
	size_t param_count;

	char storage[4096]; /* of names and values that had to be cut out of arguments */
	size_t stored;
};

/* What the options mean. */
struct ph_run {
	struct ph_profile profile;
	bool is_load;
	struct es_imsi imsi; /* of the phone, or of the first of many */
	uint8_t k[16], opc[16], amf[2];
	bool is_tuak;
	struct es_tuak tuak; /* instead of k and opc */
	bool has_keys, has_amf;
	uint64_t sqn;
	uint32_t phones, connections, mix_auth, mix_token;
	uint64_t rate; /* exchanges a second; 0: as fast as the server answers */
	int64_t duration_ms;
};

/* ES_MALFORMED with a sentence in `error`. `argv` must outlive `out`. */
es_status ph_options_parse(int argc, char **argv, struct ph_options *out, struct es_buf *error) ES_MUST_USE;
es_status ph_options_check(struct ph_options *options, struct ph_run *out, struct es_buf *error) ES_MUST_USE;
void ph_options_help(FILE *out);

#endif
