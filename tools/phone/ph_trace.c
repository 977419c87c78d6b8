/* ph_trace.c -- the story, for people at a terminal. */
#include "ph_trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_eap.h"
#include "es_reader.h"
#include "es_text.h"

#include "ph_doc.h"
#include "ph_odsa.h"

enum { SECRET_SHOWN = 32, TEXT_SHOWN = 400, NAME_WIDTH = 22 };

static const char bold[] = "\033[1m", dim[] = "\033[2m", green[] = "\033[32m", plain[] = "\033[0m";

struct ph_trace ph_trace_to(FILE *out)
{
	return (struct ph_trace){ .out = out, .has_colour = isatty(fileno(out)) == 1 && getenv("NO_COLOR") == NULL };
}

static const char *colour(const struct ph_trace *t, const char *code)
{
	return t->has_colour ? code : "";
}

void ph_trace_line(struct ph_trace *t, const char *format, ...)
{
	va_list args;

	if (t == NULL)
		return;
	va_start(args, format);
	(void)vfprintf(t->out, format, args);
	va_end(args);
	(void)fputc('\n', t->out);
}

/* Whatever a peer sent, without its control characters: a terminal obeys those. */
static void put_text(const struct ph_trace *t, struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		(void)fputc(text.ptr[i] < 0x20 || text.ptr[i] == 0x7f ? '.' : text.ptr[i], t->out);
}

static void put_shortened(const struct ph_trace *t, struct es_slice text, size_t shown)
{
	put_text(t, es_slice_sub(text, 0, shown));
	if (text.len > shown)
		(void)fprintf(t->out, "... (%zu characters)", text.len);
}

/* Cookies and tokens are bearer credentials: their beginning is enough to tell them apart. */
static bool is_credential(struct es_slice name)
{
	static const char *const names[] = { "cookie",       "set-cookie",     "token",      "temporary_token",
		                                 "access_token", "TemporaryToken", "notif_token" };
	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (es_slice_eq_nocase(name, es_slice_str(names[i])))
			return true;
	return false;
}

static void put_named(const struct ph_trace *t, const char *name, struct es_slice value)
{
	(void)fprintf(t->out, "      %s%-*s%s ", colour(t, dim), NAME_WIDTH, name, colour(t, plain));
	put_shortened(t, value, is_credential(es_slice_str(name)) ? SECRET_SHOWN : TEXT_SHOWN);
	(void)fputc('\n', t->out);
}

static void put_named_str(const struct ph_trace *t, const char *name, const char *value)
{
	if (value != NULL && value[0] != 0)
		put_named(t, name, es_slice_str(value));
}

void ph_trace_request(struct ph_trace *t, const struct ph_http_request *request, const struct ph_param *params,
                      size_t param_count, const struct ph_profile *profile)
{
	if (t == NULL)
		return;
	(void)fprintf(t->out, "\n%s%u > %s %s%s%s\n", colour(t, bold), ++t->messages, request->is_post ? "POST" : "GET",
	              profile->url, !request->is_post ? " with" : "", colour(t, plain));
	put_named_str(t, "Accept", request->accept);
	put_named_str(t, "Content-Type", request->is_post ? request->content_type : NULL);
	put_named_str(t, "Accept-Language", profile->http.language);
	put_named_str(t, "Cookie", request->cookie);
	for (size_t i = 0; i < param_count; i++)
		put_named(t, params[i].name, es_slice_str(params[i].value));
}

void ph_trace_answer(struct ph_trace *t, const struct ph_http_answer *answer)
{
	if (t == NULL)
		return;
	if (answer->status == 0) {
		(void)fprintf(t->out, "%s%u < no answer: %s%s\n", colour(t, bold), t->messages, answer->failure,
		              colour(t, plain));
		return;
	}
	(void)fprintf(t->out, "%s%u < %u %s%s, %zu octets, %.1f ms\n", colour(t, bold), t->messages, answer->status,
	              answer->reason, colour(t, plain), answer->body.len, (double)answer->elapsed_us / 1000);
	put_named_str(t, "Content-Type", answer->type);
	put_named_str(t, "Retry-After", answer->retry_after);
	if (answer->cookie.len > 0)
		put_named(t, "Set-Cookie", answer->cookie);
	if (answer->location.len > 0)
		put_named(t, "Location", answer->location);
	if (answer->status != 200 && answer->body.len > 0)
		put_named(t, "body", answer->body);
}

/* ---- EAP ---- */

static const char *name_of_subtype(uint8_t subtype)
{
	switch (subtype) {
	case AKA_CHALLENGE: return "AKA-Challenge";
	case AKA_AUTHENTICATION_REJECT: return "AKA-Authentication-Reject";
	case AKA_SYNCHRONIZATION_FAILURE: return "AKA-Synchronization-Failure";
	case AKA_IDENTITY: return "AKA-Identity";
	case AKA_NOTIFICATION: return "AKA-Notification";
	case AKA_REAUTHENTICATION: return "AKA-Reauthentication";
	case AKA_CLIENT_ERROR: return "AKA-Client-Error";
	default: return "an unknown subtype";
	}
}

static const char *name_of_code(uint8_t code)
{
	static const char *const names[] = { "EAP packet", "EAP-Request", "EAP-Response", "EAP-Success", "EAP-Failure" };
	return names[code < ES_COUNT(names) ? code : 0];
}

/* Where the value begins after the two octets of the header, and how it is shown. */
static const struct attr_view {
	uint8_t attr;
	const char *name;
	size_t skip;
	enum { AS_HEX, AS_AUTN, AS_RES, AS_TEXT, AS_NUMBER, AS_NOTHING } as;
} attr_views[] = {
	{ AT_RAND, "AT_RAND", 2, AS_HEX },
	{ AT_AUTN, "AT_AUTN", 2, AS_AUTN },
	{ AT_RES, "AT_RES", 0, AS_RES },
	{ AT_AUTS, "AT_AUTS", 0, AS_HEX },
	{ AT_PERMANENT_ID_REQ, "AT_PERMANENT_ID_REQ", 2, AS_NOTHING },
	{ AT_MAC, "AT_MAC", 2, AS_HEX },
	{ AT_NOTIFICATION, "AT_NOTIFICATION", 0, AS_NUMBER },
	{ AT_ANY_ID_REQ, "AT_ANY_ID_REQ", 2, AS_NOTHING },
	{ AT_IDENTITY, "AT_IDENTITY", 0, AS_TEXT },
	{ AT_FULLAUTH_ID_REQ, "AT_FULLAUTH_ID_REQ", 2, AS_NOTHING },
	{ AT_CLIENT_ERROR_CODE, "AT_CLIENT_ERROR_CODE", 0, AS_NUMBER },
	{ AT_KDF_INPUT, "AT_KDF_INPUT", 0, AS_TEXT },
	{ AT_KDF, "AT_KDF", 0, AS_NUMBER },
	{ AT_IV, "AT_IV", 2, AS_HEX },
	{ AT_ENCR_DATA, "AT_ENCR_DATA", 2, AS_HEX },
	{ AT_CHECKCODE, "AT_CHECKCODE", 2, AS_HEX },
	{ AT_RESULT_IND, "AT_RESULT_IND", 2, AS_NOTHING },
	{ AT_BIDDING, "AT_BIDDING", 0, AS_NUMBER },
};

static void put_hex(const struct ph_trace *t, struct es_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		(void)fprintf(t->out, "%02x", bytes.ptr[i]);
}

static void put_value(const struct ph_trace *t, const struct attr_view *view, struct es_slice value)
{
	struct es_reader r = es_reader_of(value);
	unsigned number = view->as == AS_RES || view->as == AS_TEXT || view->as == AS_NUMBER ? es_read_u16(&r) : 0;

	switch (view->as) {
	case AS_NOTHING: break;
	case AS_NUMBER: (void)fprintf(t->out, "%u", number); break;
	case AS_TEXT: put_text(t, es_read_bytes(&r, number)); break;
	case AS_RES:
		put_hex(t, es_read_bytes(&r, (number + 7) / 8));
		(void)fprintf(t->out, " (%u bits)", number);
		break;
	case AS_AUTN:
		put_hex(t, es_slice_sub(value, 2, 8));
		(void)fprintf(t->out, " (SQN^AK) ");
		put_hex(t, es_slice_sub(value, 8, 10));
		(void)fprintf(t->out, t->amf == NULL || es_slice_eq(es_slice_sub(value, 8, 10), es_slice_of(t->amf, 2))
		                          ? " (AMF) "
		                          : " (AMF, not the one provisioned) ");
		put_hex(t, es_slice_sub(value, 10, 18));
		(void)fprintf(t->out, " (MAC-A)");
		break;
	case AS_HEX: put_hex(t, es_slice_sub(value, view->skip, value.len)); break;
	}
}

static void put_attribute(const struct ph_trace *t, uint8_t attr, struct es_slice value)
{
	static const struct attr_view unknown = { 0, "attribute", 0, AS_HEX };
	const struct attr_view *view = &unknown;

	for (size_t i = 0; i < ES_COUNT(attr_views); i++)
		if (attr_views[i].attr == attr)
			view = &attr_views[i];
	(void)fprintf(t->out, "      %s%-*s%s ", colour(t, dim), NAME_WIDTH, view->name, colour(t, plain));
	if (view == &unknown)
		(void)fprintf(t->out, "%u: ", attr);
	put_value(t, view, value);
	(void)fputc('\n', t->out);
}

void ph_trace_packet(struct ph_trace *t, struct es_slice packet)
{
	if (t == NULL)
		return;
	struct es_reader r = es_reader_of(packet);
	uint8_t code = es_read_u8(&r), identifier = es_read_u8(&r);
	(void)es_read_u16(&r);
	uint8_t type = es_read_u8(&r), subtype = es_read_u8(&r);
	(void)es_read_u16(&r);
	(void)fprintf(t->out, "    %s", name_of_code(code));
	bool is_aka = type == EAP_TYPE_AKA || type == EAP_TYPE_AKA_PRIME;
	if (is_aka)
		(void)fprintf(t->out, "/%s%s", name_of_subtype(subtype), type == EAP_TYPE_AKA_PRIME ? " of EAP-AKA'" : "");
	else if (type != 0)
		(void)fprintf(t->out, " of type %u", type);
	(void)fprintf(t->out, ", identifier %u, %zu octets\n", identifier, packet.len);
	while (is_aka && es_reader_left(&r) > 0) {
		uint8_t attr = es_read_u8(&r), words = es_read_u8(&r);
		struct es_slice value = es_read_bytes(&r, words == 0 ? SIZE_MAX : (size_t)words * 4 - 2);
		if (r.bad) {
			ph_trace_line(t, "      (the rest is malformed)");
			return;
		}
		put_attribute(t, attr, value);
	}
}

void ph_trace_step(struct ph_trace *t, const struct ph_eap_step *step)
{
	if (t == NULL)
		return;
	(void)fprintf(t->out, "    %sUSIM: %s%s\n", colour(t, green), step->why, colour(t, plain));
	if ((step->did == PH_EAP_ANSWERED && !step->is_impostor) || step->did == PH_EAP_RESYNC)
		(void)fprintf(t->out,
		              "      SQN %012" PRIx64 " (SEQ %" PRIu64 ", IND %" PRIu64 "), accepted before: %012" PRIx64 "\n",
		              step->sqn, step->sqn >> PH_IND_BITS, step->sqn % PH_IND_COUNT, step->sqn_ms);
	ph_trace_packet(t, step->response);
}

/* ---- the document ---- */

static const char *name_of_app(struct es_slice id)
{
	static const struct {
		const char *id, *name;
	} apps[] = {
		{ "ap2003", "voice over cellular" },
		{ "ap2004", "voice over Wi-Fi" },
		{ "ap2005", "SMS over IP" },
		{ "ap2006", "ODSA for companion devices" },
		{ "ap2009", "ODSA for primary devices" },
		{ "ap2010", "data plan information" },
		{ "ap2011", "ODSA, server initiated" },
		{ "ap2012", "direct carrier billing" },
		{ "ap2013", "private user identity" },
		{ "ap2014", "device and user information" },
		{ "ap2015", "authentication of device applications" },
		{ "ap2016", "satellite mode" },
	};
	for (size_t i = 0; i < ES_COUNT(apps); i++)
		if (es_slice_eq_nocase(id, es_slice_str(apps[i].id)))
			return apps[i].name;
	return NULL;
}

static const char *name_of_entitlement(int64_t value)
{
	static const char *const names[] = { "disabled", "enabled", "incompatible", "provisioning" };
	return value < (int64_t)ES_COUNT(names) ? names[value] : "";
}

static const char *name_of_eligibility(int64_t value)
{
	return value < 3 ? name_of_entitlement(value) : "";
}

static const struct {
	const char *parameter;
	const char *(*name_of)(int64_t value);
} meanings[] = {
	{ "EntitlementStatus", name_of_entitlement },
	{ "CompanionAppEligibility", name_of_eligibility },
	{ "PrimaryAppEligibility", name_of_eligibility },
	{ "EnterpriseAppEligibility", name_of_eligibility },
	{ "OperationResult", ph_operation_result_name },
	{ "SubscriptionResult", ph_subscription_name },
	{ "ServiceStatus", ph_service_name },
};

/* NULL: none is known. */
static const char *meaning_of(struct es_slice name, struct es_slice value)
{
	int64_t number = 0;

	if (es_slice_eq_str(name, "AppID"))
		return name_of_app(value);
	for (size_t i = 0; i < ES_COUNT(meanings); i++)
		if (es_slice_eq_str(name, meanings[i].parameter) && es_parse_i64(value, 0, 1000, &number) == ES_OK) {
			const char *meaning = meanings[i].name_of(number);
			return meaning[0] == 0 ? NULL : meaning;
		}
	return NULL;
}

static void put_event(void *user, enum ph_doc_event event, unsigned depth, struct es_slice name, struct es_slice value)
{
	const struct ph_trace *t = user;
	int indent = 4 + 2 * (int)depth;

	if (event == PH_DOC_CLOSE)
		return;
	const char *meaning = event == PH_DOC_PARM ? meaning_of(name, value) : name_of_app(name);
	int width = event == PH_DOC_PARM ? NAME_WIDTH + 6 - 2 * (int)depth : 0;
	(void)fprintf(t->out, "%*s%s", indent, "", colour(t, event == PH_DOC_PARM ? dim : bold));
	put_text(t, name);
	(void)fprintf(t->out, "%s%*s ", colour(t, plain), width > (int)name.len ? width - (int)name.len : 0, "");
	put_shortened(t, value, is_credential(name) ? SECRET_SHOWN : TEXT_SHOWN);
	if (meaning != NULL)
		(void)fprintf(t->out, "  %s(%s)%s", colour(t, green), meaning, colour(t, plain));
	(void)fputc('\n', t->out);
}

void ph_trace_document(struct ph_trace *t, struct es_slice document, bool is_json, struct es_arena *arena)
{
	if (t == NULL)
		return;
	(void)fprintf(t->out, "\n%sThe document (%s):%s\n", colour(t, bold), is_json ? "JSON" : "XML", colour(t, plain));
	if (ph_doc_walk(document, is_json, arena, put_event, t) != ES_OK)
		ph_trace_line(t, "    (malformed from here on)");
}
