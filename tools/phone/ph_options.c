/* ph_options.c -- the table of options and what they turn into. */
#include "ph_options.h"

#include <stddef.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_milenage.h"
#include "es_text.h"
#include "es_tuak.h"

#include "ph_eap_peer.h"

enum kind { TEXT, FLAG, PARAM, FILL, REPORT };

#define FIELD(name) offsetof(struct ph_options, name)
#define GIVEN(var) offsetof(struct ph_options, given[var])
static const struct option {
	const char *name, *value;
	enum kind kind;
	size_t at;
	const char *help;
} options[] = {
	{ NULL, "Server", FLAG, 0, NULL },
	{ "url", "URL", TEXT, FIELD(url), "where the entitlement server answers (https://localhost:8443/)" },
	{ "ca", "FILE", TEXT, FIELD(ca), "certificates to trust; default: those of the system" },
	{ "post", NULL, FLAG, FIELD(post), "parameters as JSON in a POST (TS.43 2.4); default: GET" },
	{ "accept", "xml|json", TEXT, FIELD(accept), "form of the document (xml)" },
	{ "language", "TAG", TEXT, FIELD(language), "Accept-Language" },
	{ "gzip", NULL, FLAG, FIELD(gzip), "offer Accept-Encoding: gzip" },
	{ "reconnect", NULL, FLAG, FIELD(reconnect), "a new TLS connection for every request" },

	{ NULL, "SIM", FLAG, 0, NULL },
	{ "imsi", "DIGITS", TEXT, FIELD(imsi), "identity of the SIM" },
	{ "k", "HEX", TEXT, FIELD(k), "its key, 32 hexadecimal digits; 32 or 64 for TUAK" },
	{ "opc", "HEX", TEXT, FIELD(opc), "its OPc, 32 hexadecimal digits" },
	{ "op", "HEX", TEXT, FIELD(op), "OP instead of OPc" },
	{ "algorithm", "NAME", TEXT, FIELD(algorithm), "milenage or tuak (milenage)" },
	{ "topc", "HEX", TEXT, FIELD(topc), "TUAK: its TOPc, 64 hexadecimal digits" },
	{ "top", "HEX", TEXT, FIELD(top), "TUAK: TOP instead of TOPc" },
	{ "res", "OCTETS", TEXT, FIELD(res), "TUAK: length of RES, 4, 8 or 16 (8)" },
	{ "iterations", "N", TEXT, FIELD(iterations), "TUAK: iterations of Keccak (1)" },
	{ "method", "NAME", TEXT, FIELD(method), "aka, aka-prime, or both: EAP-AKA' preferred (aka)" },
	{ "network-name", "NAME", TEXT, FIELD(network_name), "EAP-AKA': the network the phone believes to be in (WLAN)" },
	{ "amf", "HEX", TEXT, FIELD(amf), "AMF the subscriber is provisioned with; another one in AUTN is pointed out" },
	{ "sqn", "HEX", TEXT, FIELD(sqn), "highest SQN accepted so far; a high one makes the SIM resynchronise" },
	{ "mcc", "DIGITS", TEXT, FIELD(mcc), "country code of the realm; default: from the IMSI" },
	{ "mnc", "DIGITS", TEXT, FIELD(mnc), "network code of the realm, 2 or 3 digits; default: 2 from the IMSI" },
	{ "state", "FILE", TEXT, FIELD(state), "keep the accepted sequence numbers here" },
	{ "wrong-key", NULL, FLAG, FIELD(wrong_key), "an impostor: another K, and AUTN not checked" },

	{ NULL, "Request", FLAG, 0, NULL },
	{ "apps", "LIST", TEXT, FIELD(apps), "applications, separated by commas (ap2003,ap2004,ap2005)" },
	{ "entitlement-version", "V", TEXT, FIELD(entitlement_version), "version of TS.43 (12.0)" },
	{ "terminal-id", "ID", TEXT, FIELD(terminal_id), "IMEI or UUID; default: an IMEI made from the IMSI" },
	{ "app-name", "NAME", TEXT, FIELD(app_name), "name of the client application" },
	{ "notif-token", "TOKEN", TEXT, FIELD(notif_token), "register for push messages" },
	{ "notif-action", "N", TEXT, FIELD(notif_action), "0 off, 1 GCM, 2 FCM, 3 WNS, 4 APNs" },
	{ "operation", "NAME", TEXT, FIELD(operation), "ODSA operation, for example CheckEligibility" },
	{ "param", "NAME=VALUE", PARAM, 0, "any other parameter, or another value for a usual one; may repeat" },
	{ "token", "TOKEN", TEXT, FIELD(token), "fast authentication with this token, no SIM needed" },
	{ "save-token", "FILE", TEXT, FIELD(save_token), "write the token that came, readable by the owner alone" },

	{ NULL, "ODSA (eSIM): openes-phone odsa FLOW", FLAG, 0, NULL },
	{ "odsa", "FLOW", TEXT, FIELD(odsa), "a call flow of TS.43 7, 8 or 10; alone, or under load" },
	{ "list", NULL, FLAG, FIELD(list), "the flows, each with its section, figure and steps" },
	{ "companion-imei", "ID", TEXT, GIVEN(PH_V_COMPANION_IMEI),
	  "of the watch or tablet, or of an enterprise's device" },
	{ "old-companion-imei", "ID", TEXT, GIVEN(PH_V_OLD_COMPANION_IMEI), "of the companion that is replaced" },
	{ "target-imei", "ID", TEXT, GIVEN(PH_V_TARGET_IMEI), "of the eSIM's slot, or of the new phone of a transfer" },
	{ "old-imei", "ID", TEXT, GIVEN(PH_V_OLD_IMEI), "of the old phone, where it is not the one that asks" },
	{ "eid", "DIGITS", TEXT, GIVEN(PH_V_EID), "of the eUICC that the profile is for" },
	{ "eid-from", "N", TEXT, FIELD(eid_from), "made-up devices count from N: their EIDs and IMEIs (0)" },
	{ "iccid", "DIGITS", TEXT, GIVEN(PH_V_ICCID),
	  "of the profile that is managed; default: the one that is shown or loaded" },
	{ "old-iccid", "DIGITS", TEXT, GIVEN(PH_V_OLD_ICCID), "of the profile that is replaced" },
	{ "vendor", "NAME", TEXT, GIVEN(PH_V_VENDOR), "of the companion (OPEN)" },
	{ "model", "NAME", TEXT, GIVEN(PH_V_MODEL), "of the companion (SoftWatch)" },
	{ "name", "TEXT", TEXT, GIVEN(PH_V_NAME), "what its owner calls the companion (My Watch)" },
	{ "service", "NAME", TEXT, GIVEN(PH_V_SERVICE), "SharedNumber, DiffNumber or FamilyNumber (SharedNumber)" },
	{ "plan", "ID", TEXT, GIVEN(PH_V_PLAN), "plan of an enterprise's device; default: the first that is offered" },
	{ "requestor-id", "ID", TEXT, GIVEN(PH_V_REQUESTOR), "of a device manager (server-initiated)" },
	{ "enterprise-id", "ID", TEXT, GIVEN(PH_V_ENTERPRISE), "whose devices it manages" },
	{ "access-token", "TOKEN", TEXT, GIVEN(PH_V_ACCESS_TOKEN), "of the token endpoint" },
	{ "temporary-token", "TOKEN", TEXT, GIVEN(PH_V_TEMPORARY_TOKEN), "of another device" },
	{ "msisdn", "NUMBER", TEXT, GIVEN(PH_V_MSISDN), "number that a code is sent to" },
	{ "otp", "CODE", TEXT, GIVEN(PH_V_OTP), "the code; default: it is asked for" },
	{ "msg-response", "TEXT", TEXT, GIVEN(PH_V_MSG_RESPONSE),
	  "what the user answers to MSG; default: it is asked for" },
	{ "redownloadable", "0|1", TEXT, GIVEN(PH_V_REDOWNLOADABLE), "whether the old profile may be loaded again (1)" },
	{ "confirmation-code", "CODE", TEXT, FIELD(confirmation_code), "typed by the user at the download" },
	{ "lpa", "URL", TEXT, FIELD(lpa), "a test SM-DP+ that plays the eUICC; default: nothing is downloaded" },
	{ "lpa-ca", "FILE", TEXT, FIELD(lpa_ca), "certificates to trust there; default: as --ca" },
	{ "sheet", "ask|auto", TEXT, FIELD(sheet),
	  "web sheets are printed, and what they called is asked for; auto: walked through (ask)" },
	{ "fill", "NAME=VALUE", FILL, 0, "auto: what is filled in or chosen on a sheet, by name of the field; may repeat" },
	{ "wait-max", "TIME", TEXT, FIELD(wait_max), "an impatient device: the longest wait between polls" },
	{ "polls", "N", TEXT, FIELD(polls), "how often one step is asked at most (100)" },

	{ NULL, "Load", FLAG, 0, NULL },
	{ "phones", "N", TEXT, FIELD(phones), "N phones from --imsi-base on, all with the same keys" },
	{ "imsi-base", "DIGITS", TEXT, FIELD(imsi_base), "IMSI of the first of them" },
	{ "subscribers", "FILE", TEXT, FIELD(subscribers), "phones from a CSV list with the columns imsi, k, opc" },
	{ "rate", "R", TEXT, FIELD(rate), "exchanges a second, whatever the answers; default: as fast as they come" },
	{ "for", "TIME", TEXT, FIELD(duration), "how long: 500ms, 10s, 2m (10s)" },
	{ "connections", "C", TEXT, FIELD(connections), "kept-alive connections (16)" },
	{ "same-device", NULL, FLAG, FIELD(same_device),
	  "each phone has one device, as in polling; default: another one for each flow" },
	{ "mix", "LIST", TEXT, FIELD(mix),
	  "weights of full and fast authentication, and of the flow of --odsa (auth=1, or odsa=1)" },

	{ NULL, "Output", FLAG, 0, NULL },
	{ "json", "[FILE]", REPORT, FIELD(json), "the result as JSON, to the file or instead of the story" },
	{ "help", NULL, FLAG, FIELD(help), "this text" },
	{ "version", NULL, FLAG, FIELD(version), "version of this program" },
};

void ph_options_help(FILE *out)
{
	(void)fputs(
		"openes-phone -- simulated phones with a software USIM for a TS.43 entitlement server\n\n"
		"One phone authenticates with its SIM (EAP-AKA or EAP-AKA') and prints every message, every EAP packet "
		"and the\n"
		"document it got. Many phones make load and measure it.\n\n"
		"  openes-phone --url https://localhost:8443/ --ca run/keys/ca.crt --imsi 001010000000001 \\\n"
		"    --k 465b5ce8b199b49faa5f0a2ee238a6bc --opc cd63cb71954a9f4e48a5994e37a02baf\n\n"
		"  openes-phone --url https://localhost:8443/ --ca run/keys/ca.crt --subscribers "
		"deploy/demo/subscribers.csv \\\n"
		"    --connections 8 --for 10s --mix auth=1,token=9\n\n"
		"A flow of section 7, 8 or 10 of TS.43, by one device or by many:\n\n"
		"  openes-phone odsa companion-activate --url ... --ca ... --imsi ... --k ... --opc ... \\\n"
		"    --lpa https://localhost:8446/lpa\n"
		"  openes-phone load --odsa companion-activate --url ... --ca ... --subscribers ... --lpa ... --for 10s\n"
		"  openes-phone odsa --list\n",
		out);
	for (size_t i = 0; i < ES_COUNT(options); i++) {
		char left[64];
		const struct option *o = &options[i];
		if (o->name == NULL) {
			(void)fprintf(out, "\n%s\n", o->value);
			continue;
		}
		(void)snprintf(left, sizeof left, "--%s %s", o->name, o->value == NULL ? "" : o->value);
		(void)fprintf(out, "  %-27s %s\n", left, o->help);
	}
	(void)fputs(
		"\nEnds with 0 when a document came (with a TOKEN, unless --token was given), when a flow came to its end, in "
		"load\n"
		"mode when the load ran and something succeeded; with 1 otherwise, with 2 when the command line is wrong.\n",
		out);
}

static const struct option *option_of(struct es_slice name)
{
	for (size_t i = 0; i < ES_COUNT(options); i++)
		if (options[i].name != NULL && es_slice_eq_str(name, options[i].name))
			return &options[i];
	return NULL;
}

static es_status fail(struct es_buf *error, const char *format, const char *what)
{
	es_put_str(error, format);
	es_put_str(error, what);
	return ES_MALFORMED;
}

/* A NUL-terminated copy inside the options; NULL when there is no room. */
static const char *keep(struct ph_options *o, struct es_slice text)
{
	if (text.len >= sizeof o->storage - o->stored)
		return NULL;
	char *copy = o->storage + o->stored;
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = 0;
	o->stored += text.len + 1;
	return copy;
}

/* NAME=VALUE */
static es_status add_pair(struct ph_options *o, const char *text, bool is_fill, struct es_buf *error)
{
	struct es_slice rest = es_slice_str(text), name = es_slice_cut(&rest, '=');
	struct ph_param *list = is_fill ? o->fills : o->params;
	size_t *count = is_fill ? &o->fill_count : &o->param_count,
		   max = is_fill ? ES_COUNT(o->fills) : ES_COUNT(o->params);
	const char *kept = keep(o, name);

	if (name.len == 0 || rest.ptr == NULL || kept == NULL || *count == max)
		return fail(error, "too many parameters, or not NAME=VALUE: ", text);
	list[(*count)++] = (struct ph_param){ kept, (const char *)rest.ptr };
	return ES_OK;
}

/* "odsa FLOW" and "load" before the options; how many words that are. */
static int take_words(int argc, char **argv, struct ph_options *out)
{
	bool is_odsa = argc > 1 && strcmp(argv[1], "odsa") == 0, is_load = argc > 1 && strcmp(argv[1], "load") == 0;
	bool has_flow = is_odsa && argc > 2 && strncmp(argv[2], "--", 2) != 0;

	if (is_odsa)
		out->odsa = has_flow ? argv[2] : "";
	out->load = is_load;
	return is_odsa + has_flow + is_load;
}

es_status ph_options_parse(int argc, char **argv, struct ph_options *out, struct es_buf *error)
{
	*out = (struct ph_options){ 0 };
	for (int i = 1 + take_words(argc, argv, out); i < argc; i++) {
		struct es_slice rest = es_slice_str(argv[i]);
		if (!es_slice_starts_with(rest, ES_SLICE_LIT("--")))
			return fail(error, "this is no option: ", argv[i]);
		const char *inside = strchr(argv[i], '=');
		rest = es_slice_sub(rest, 2, inside == NULL ? rest.len : (size_t)(inside - argv[i]));
		const struct option *o = option_of(rest);
		if (o == NULL)
			return fail(error, "there is no such option: ", argv[i]);
		void *field = (char *)out + o->at;
		if (o->kind == FLAG) {
			*(bool *)field = true;
			continue;
		}
		const char *value = inside != NULL ? inside + 1 : NULL;
		bool next_is_value = i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0;
		if (value == NULL && next_is_value)
			value = argv[++i];
		if (value == NULL && o->kind == REPORT)
			value = "-";
		if (value == NULL)
			return fail(error, "this option needs a value: ", argv[i]);
		if (o->kind == PARAM || o->kind == FILL)
			ES_TRY(add_pair(out, value, o->kind == FILL, error));
		else
			*(const char **)field = value;
	}
	return ES_OK;
}

/* ---- what the options mean ---- */

static es_status hex_of(const char *text, const char *name, uint8_t *out, size_t len, struct es_buf *error)
{
	if (text == NULL)
		return fail(error, "this option is needed: --", name);
	if (es_hex_decode(es_slice_str(text), out, len) == ES_OK)
		return ES_OK;
	return fail(error, "not so many hexadecimal digits: --", name);
}

static es_status number_of(const char *text, uint32_t fallback, const char *name, uint32_t *out, struct es_buf *error)
{
	*out = fallback;
	if (text == NULL || es_parse_u32(es_slice_str(text), 1, 1000000000, out) == ES_OK)
		return ES_OK;
	return fail(error, "not a number above 0: --", name);
}

static es_status check_apps(struct ph_options *o, struct ph_profile *p, struct es_buf *error)
{
	const struct ph_flow *flow = o->odsa == NULL ? NULL : ph_flow_of(o->odsa);
	const char *usual = flow == NULL ? "ap2003,ap2004,ap2005" : flow->app;
	struct es_slice rest = es_slice_str(o->apps == NULL ? usual : o->apps);

	while (rest.ptr != NULL) {
		const char *app = keep(o, es_slice_cut(&rest, ','));
		if (app == NULL || p->app_count == PH_APPS_MAX)
			return fail(error, "too many applications: ", o->apps);
		p->apps[p->app_count++] = app;
	}
	return ES_OK;
}

static es_status check_params(struct ph_options *o, struct ph_profile *p, struct es_buf *error)
{
	const struct ph_param named[] = { { "entitlement_version",
		                                o->entitlement_version == NULL ? "12.0" : o->entitlement_version },
		                              { "app_name", o->app_name },
		                              { "notif_token", o->notif_token },
		                              { "notif_action", o->notif_action },
		                              { "operation", o->operation } };

	for (size_t i = 0; i < ES_COUNT(named); i++)
		if (named[i].value != NULL)
			p->params[p->param_count++] = named[i];
	if (o->param_count > PH_PARAMS_MAX - p->param_count)
		return fail(error, "too many parameters", "");
	for (size_t i = 0; i < o->param_count; i++)
		p->params[p->param_count++] = o->params[i];
	return ES_OK;
}

static es_status check_method(const struct ph_options *o, struct ph_profile *p, struct es_buf *error)
{
	static const struct {
		const char *name;
		unsigned methods;
	} known[] = { { "aka", PH_AKA }, { "aka-prime", PH_AKA_PRIME }, { "both", PH_AKA | PH_AKA_PRIME } };
	const char *name = o->method == NULL ? "aka" : o->method;

	p->network_name = o->network_name;
	for (size_t i = 0; i < ES_COUNT(known); i++)
		if (strcmp(name, known[i].name) == 0)
			p->methods = known[i].methods;
	return p->methods != 0 ? ES_OK : fail(error, "aka, aka-prime or both, not ", name);
}

static es_status check_profile(struct ph_options *o, struct ph_profile *p, struct es_buf *error)
{
	if (o->url == NULL)
		return fail(error, "this option is needed: --", "url");
	if (o->accept != NULL && strcmp(o->accept, "xml") != 0 && strcmp(o->accept, "json") != 0)
		return fail(error, "xml or json, not ", o->accept);
	*p = (struct ph_profile){ .url = o->url,
		                      .accept = o->accept != NULL && strcmp(o->accept, "json") == 0 ? PH_JSON : PH_XML,
		                      .is_post = o->post,
		                      .mcc = o->mcc,
		                      .mnc = o->mnc,
		                      .terminal_id = o->terminal_id,
		                      .http = { .ca = o->ca,
		                                /* TS.43 2.2.1 */
		                                .user_agent =
		                                    "PRD-TS43 term-OPEN/SoftPhone client-IMS-Entitlement/" OPENES_VERSION
		                                    " OS-Linux/" OPENES_VERSION,
		                                .language = o->language,
		                                .gzip = o->gzip,
		                                .reconnect = o->reconnect,
		                                .timeout_ms = 30000 } };
	ES_TRY(check_method(o, p, error));
	ES_TRY(check_apps(o, p, error));
	return check_params(o, p, error);
}

/* `text` NULL: `fallback`. */
static es_status octet_of(const char *text, uint8_t fallback, const char *name, uint8_t *out, struct es_buf *error)
{
	uint32_t value = fallback;

	if (text != NULL && es_parse_u32(es_slice_str(text), 1, ES_TUAK_ITERATIONS_MAX, &value) != ES_OK)
		return fail(error, "a number from 1 to 255 is needed: --", name);
	*out = (uint8_t)value;
	return ES_OK;
}

static es_status check_tuak(const struct ph_options *o, struct es_tuak *tuak, struct es_buf *error)
{
	*tuak = (struct es_tuak){ .mac = 8, .ck = 16, .ik = 16 };
	tuak->k_len = o->k != NULL && strlen(o->k) == 64 ? 32 : 16;
	ES_TRY(octet_of(o->res, 8, "res", &tuak->res, error));
	ES_TRY(octet_of(o->iterations, 1, "iterations", &tuak->iterations, error));
	ES_TRY(hex_of(o->k, "k", tuak->k, tuak->k_len, error));
	if (!es_tuak_is_sound(tuak) || tuak->res > 16)
		return fail(error, "4, 8 or 16 octets of RES, not ", o->res);
	if (o->top == NULL || o->topc != NULL)
		return hex_of(o->topc, "topc", tuak->topc, sizeof tuak->topc, error);
	ES_TRY(hex_of(o->top, "top", tuak->topc, sizeof tuak->topc, error));
	es_tuak_topc(tuak, tuak->topc, tuak->topc);
	return ES_OK;
}

static es_status check_keys(const struct ph_options *o, struct ph_run *run, struct es_buf *error)
{
	run->is_tuak = o->algorithm != NULL && strcmp(o->algorithm, "tuak") == 0;
	if (o->algorithm != NULL && !run->is_tuak && strcmp(o->algorithm, "milenage") != 0)
		return fail(error, "milenage or tuak, not ", o->algorithm);
	if (run->is_tuak)
		return check_tuak(o, &run->tuak, error);
	ES_TRY(hex_of(o->k, "k", run->k, sizeof run->k, error));
	if (o->op == NULL || o->opc != NULL)
		return hex_of(o->opc, "opc", run->opc, sizeof run->opc, error);
	ES_TRY(hex_of(o->op, "op", run->opc, sizeof run->opc, error));
	es_milenage_opc(run->k, run->opc, run->opc);
	return ES_OK;
}

static es_status check_sim(const struct ph_options *o, struct ph_run *run, struct es_buf *error)
{
	uint8_t sqn[6] = { 0 };
	const char *imsi = run->is_load ? o->imsi_base : o->imsi;

	if (o->sqn != NULL)
		ES_TRY(hex_of(o->sqn, "sqn", sqn, sizeof sqn, error));
	for (size_t i = 0; i < sizeof sqn; i++)
		run->sqn = run->sqn << 8 | sqn[i];
	run->has_amf = o->amf != NULL;
	if (run->has_amf)
		ES_TRY(hex_of(o->amf, "amf", run->amf, sizeof run->amf, error));
	if (run->is_load && o->subscribers != NULL)
		return ES_OK;
	bool needs_sim = run->flow == NULL || run->is_load; /* who plays a flow may have a token, a code, or be a server */
	if ((imsi != NULL || needs_sim) && es_imsi_parse(es_slice_str(imsi), &run->imsi) != ES_OK)
		return fail(error, "6 to 15 digits are needed: --", run->is_load ? "imsi-base" : "imsi");
	run->has_keys = o->k != NULL || o->opc != NULL || (needs_sim && o->token == NULL);
	return run->has_keys ? check_keys(o, run, error) : ES_OK;
}

/* "500ms", "10s", "2m". */
static es_status check_duration(const char *text, int64_t *out, struct es_buf *error)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
	struct es_slice all = es_slice_str(text == NULL ? "10s" : text);
	uint32_t number = 0;
	size_t digits = 0;

	while (digits < all.len && all.ptr[digits] >= '0' && all.ptr[digits] <= '9')
		digits++;
	for (size_t i = 0; i < ES_COUNT(units); i++)
		if (es_slice_eq_str(es_slice_sub(all, digits, all.len), units[i].unit) &&
		    es_parse_u32(es_slice_sub(all, 0, digits), 1, 1000000, &number) == ES_OK) {
			*out = (int64_t)number * units[i].ms;
			return ES_OK;
		}
	return fail(error, "a time like 500ms, 10s or 2m is needed, not ", text);
}

static es_status check_mix(const char *text, struct ph_run *run, struct es_buf *error)
{
	struct es_slice rest = es_slice_str(text != NULL ? text : run->flow == NULL ? "auth=1" : "odsa=1");

	while (rest.ptr != NULL) {
		struct es_slice weight = es_slice_cut(&rest, ','), name = es_slice_cut(&weight, '=');
		uint32_t *field = es_slice_eq_str(name, "auth")                        ? &run->mix_auth
		                  : es_slice_eq_str(name, "token")                     ? &run->mix_token
		                  : es_slice_eq_str(name, "odsa") && run->flow != NULL ? &run->mix_odsa
		                                                                       : NULL;
		if (field == NULL || es_parse_u32(weight, 0, 1000000, field) != ES_OK)
			return fail(error, "a mix like auth=1,token=9 is needed, not ", text);
	}
	if (run->mix_auth + run->mix_token + run->mix_odsa == 0)
		return fail(error, "a mix of nothing: ", text);
	return ES_OK;
}

static es_status check_load(const struct ph_options *o, struct ph_run *run, struct es_buf *error)
{
	uint32_t rate = 0;

	if (o->rate != NULL) {
		struct es_slice text = es_slice_str(o->rate), number = es_slice_cut(&text, '/');
		if ((text.ptr != NULL && !es_slice_eq_str(text, "s")) || es_parse_u32(number, 1, 10000000, &rate) != ES_OK)
			return fail(error, "exchanges a second, above 0, are needed, not ", o->rate);
	}
	run->rate = rate;
	ES_TRY(number_of(o->phones, 1, "phones", &run->phones, error));
	ES_TRY(number_of(o->connections, 16, "connections", &run->connections, error));
	if (run->connections > 4096)
		return fail(error, "4096 connections are the most this program opens: --connections ", o->connections);
	ES_TRY(check_mix(o->mix, run, error));
	return check_duration(o->duration, &run->duration_ms, error);
}

static es_status check_sheet(const char *text, bool *out, struct es_buf *error)
{
	*out = text != NULL && strcmp(text, "auto") == 0;
	return *out || text == NULL || strcmp(text, "ask") == 0 ? ES_OK : fail(error, "ask or auto, not ", text);
}

static es_status check_device(const struct ph_options *o, struct ph_run *run, struct es_buf *error)
{
	static const struct {
		enum ph_var var;
		const char *value;
	} usual[] = { { PH_V_VENDOR, "OPEN" },
		          { PH_V_MODEL, "SoftWatch" },
		          { PH_V_NAME, "My Watch" },
		          { PH_V_SERVICE, "SharedNumber" },
		          { PH_V_REDOWNLOADABLE, "1" } };
	static const char first_eid[] = "89049032000000000000000000000066";
	const char *eid = o->given[PH_V_EID] == NULL ? first_eid : o->given[PH_V_EID];

	for (size_t i = 0; i < ES_COUNT(usual); i++)
		(void)ph_var_set(&run->given, usual[i].var, usual[i].value);
	for (enum ph_var var = 0; var < PH_VARS; var++)
		if (o->given[var] != NULL && !ph_var_set(&run->given, var, o->given[var]))
			return fail(error, "too long: ", ph_var_name(var));
	if (o->terminal_id != NULL && !ph_var_set(&run->given, PH_V_IMEI, o->terminal_id))
		return fail(error, "too long: --", "terminal-id");
	return ph_device_eid_after(eid, 0, run->eid_first) ? ES_OK : fail(error, "32 digits are needed: --", "eid");
}

static es_status check_odsa(const struct ph_options *o, struct ph_run *run, struct es_buf *error)
{
	run->flow = o->odsa == NULL ? NULL : ph_flow_of(o->odsa);
	if (o->odsa != NULL && run->flow == NULL)
		return fail(error, "there is no such flow (odsa --list has them all): ", o->odsa);
	ES_TRY(check_device(o, run, error));
	ES_TRY(check_sheet(o->sheet, &run->walks_sheets, error));
	ES_TRY(number_of(o->polls, 100, "polls", &run->polls, error));
	if (o->wait_max != NULL)
		ES_TRY(check_duration(o->wait_max, &run->wait_max_ms, error));
	if (o->eid_from != NULL && es_parse_u32(es_slice_str(o->eid_from), 0, 1000000000, &run->device_first) != ES_OK)
		return fail(error, "a number is needed: --", "eid-from");
	run->is_same_device = o->same_device;
	run->lpa_http = run->profile.http;
	run->lpa_http.ca = o->lpa_ca != NULL ? o->lpa_ca : o->ca;
	return ES_OK;
}

/* The companion of a device has a TAC of its own, and so has the new phone of a transfer. */
void ph_options_device(const struct ph_run *run, const char *imsi, uint64_t number, struct ph_vars *out)
{
	char imei[PH_IMEI_SIZE], eid[PH_EID_SIZE];

	*out = run->given;
	number += run->device_first;
	ph_device_imei(imsi, imei);
	if (out->at[PH_V_IMEI][0] == 0)
		(void)ph_var_set(out, PH_V_IMEI, imei);
	ph_device_numbered_imei("00101999", number, imei);
	if (out->at[PH_V_COMPANION_IMEI][0] == 0)
		(void)ph_var_set(out, PH_V_COMPANION_IMEI, imei);
	ph_device_numbered_imei("00101888", number, imei);
	if (out->at[PH_V_TARGET_IMEI][0] == 0)
		(void)ph_var_set(out, PH_V_TARGET_IMEI, imei);
	if (ph_device_eid_after(run->eid_first, number, eid))
		(void)ph_var_set(out, PH_V_EID, eid);
}

es_status ph_options_check(struct ph_options *o, struct ph_run *out, struct es_buf *error)
{
	*out = (struct ph_run){ .is_load = o->phones != NULL || o->subscribers != NULL };
	if (o->load && !out->is_load)
		return fail(error, "load wants many phones: --subscribers, or --phones with --imsi-base", "");
	ES_TRY(check_profile(o, &out->profile, error));
	ES_TRY(check_odsa(o, out, error));
	ES_TRY(check_sim(o, out, error));
	return out->is_load ? check_load(o, out, error) : ES_OK;
}
