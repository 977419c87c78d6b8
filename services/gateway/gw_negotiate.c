/* gw_negotiate.c -- Accept, Accept-Encoding and Accept-Language (RFC 9110 12.5) as TS.43 clients use them. */
#include "gw_negotiate.h"

#include <string.h>

#include "es_text.h"

#define RELAY_TYPE "application/vnd.gsma.eap-relay.v1.0+json"
#define XML_TYPE "text/vnd.wap.connectivity-xml"

/* q=0, q=0.0, ...: explicitly not wanted. */
static bool is_refused(struct es_slice params)
{
	while (params.ptr != NULL) {
		struct es_slice value = es_slice_cut(&params, ';'), name = es_slice_cut(&value, '=');
		bool is_zero = value.len > 0;

		if (!es_slice_eq_nocase(es_slice_trim(name), ES_SLICE_LIT("q")))
			continue;
		value = es_slice_trim(value);
		for (size_t i = 0; i < value.len; i++)
			is_zero = is_zero && (value.ptr[i] == '0' || value.ptr[i] == '.');
		return is_zero;
	}
	return false;
}

static bool is_one_of(struct es_slice text, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (es_slice_eq_nocase(text, es_slice_str(names[i])))
			return true;
	return false;
}

void gw_accept_add(struct gw_accept *accept, struct es_slice value)
{
	static const char *const xml[] = { XML_TYPE, "text/xml", "text/*", "*/*" };
	static const char *const json[] = { "application/json", "application/*" };

	while (value.ptr != NULL) {
		struct es_slice params = es_slice_cut(&value, ','), type = es_slice_trim(es_slice_cut(&params, ';'));

		if (type.len == 0 || is_refused(params))
			continue;
		if (is_one_of(type, xml, sizeof(xml) / sizeof(*xml)))
			accept->has_xml = true;
		else if (is_one_of(type, json, sizeof(json) / sizeof(*json)))
			accept->has_json = true;
		/* The relay type alone says nothing about the document; other types are not ours to judge. */
		if (es_slice_eq_nocase(type, ES_SLICE_LIT(RELAY_TYPE)))
			accept->has_any = true;
	}
}

enum gw_form gw_accept_form(const struct gw_accept *accept)
{
	if (accept->has_xml)
		return GW_FORM_XML;
	if (accept->has_json)
		return GW_FORM_JSON;
	return accept->has_any ? GW_FORM_UNSAID : GW_FORM_XML;
}

bool gw_accepts_gzip(struct es_slice value)
{
	while (value.ptr != NULL) {
		struct es_slice params = es_slice_cut(&value, ','), coding = es_slice_trim(es_slice_cut(&params, ';'));

		if (es_slice_eq_nocase(coding, ES_SLICE_LIT("gzip")))
			return !is_refused(params);
	}
	return false;
}

void gw_language_add(struct gw_language *language, struct es_slice value)
{
	size_t between = language->len > 0 ? 2 : 0;

	value = es_slice_trim(value);
	if (value.len == 0 || value.len >= GW_LANGUAGE_MAX - language->len - between || !es_text_is_clean_utf8(value))
		return;
	memcpy(language->text + language->len, ", ", between);
	memcpy(language->text + language->len + between, value.ptr, value.len);
	language->len += between + value.len;
	language->text[language->len] = '\0';
}
