/* ph_options.h -- the command line: one table for parsing and for --help, then everything checked and typed. */
#ifndef PH_OPTIONS_H
#define PH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "es_buf.h"
#include "es_status.h"

#include "ph_client.h"
#include "ph_device.h"
#include "ph_flow.h"

#define PH_FILLS_MAX 16

struct ph_options {
	/* as given; NULL: not given */
	const char *url, *ca, *imsi, *k, *opc, *op, *algorithm, *topc, *top, *res, *iterations, *method, *network_name,
		*amf, *sqn, *mcc, *mnc, *state;
	const char *apps, *entitlement_version, *accept, *terminal_id, *app_name, *language, *notif_token, *notif_action;
	const char *operation, *token, *save_token;
	const char *phones, *imsi_base, *subscribers, *rate, *duration, *connections, *mix;
	const char *odsa, *given[PH_VARS], *eid_from, *confirmation_code, *lpa, *lpa_ca, *sheet, *wait_max, *polls;
	const char *json; /* "-" when --json has no file */
	bool post, wrong_key, gzip, reconnect, load, list, same_device, help, version;
	struct ph_param params[PH_PARAMS_MAX];
	size_t param_count;
	struct ph_param fills[PH_FILLS_MAX]; /* of the forms of sheets */
	size_t fill_count;

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
	uint32_t phones, connections, mix_auth, mix_token, mix_odsa;
	uint64_t rate; /* exchanges a second; 0: as fast as the server answers */
	int64_t duration_ms;

	/* ODSA (TS.43 6). */
	const struct ph_flow *flow; /* NULL: none */
	struct ph_vars given;
	char eid_first[PH_EID_SIZE]; /* of device number 0 */
	uint32_t device_first;
	struct ph_http_options lpa_http;
	uint32_t polls;
	int64_t wait_max_ms;               /* 0: as long as the server says */
	bool walks_sheets, is_same_device; /* one device each, whatever the number of the flow */
};

/* ES_MALFORMED with a sentence in `error`. `argv` must outlive `out`. */
es_status ph_options_parse(int argc, char **argv, struct ph_options *out, struct es_buf *error) ES_MUST_USE;
es_status ph_options_check(struct ph_options *options, struct ph_run *out, struct es_buf *error) ES_MUST_USE;
void ph_options_help(FILE *out);
/* What device number `number` knows when it begins: what was given, and what was made up. `imsi`: of the SIM that asks. */
void ph_options_device(const struct ph_run *run, const char *imsi, uint64_t number, struct ph_vars *out);

#endif
