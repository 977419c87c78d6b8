/* policy_resource_sheet.c -- members of a tenant that its web sheets are made of: what they ask for, and how they look. */
#include <math.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_shape.h"
#include "policy_sheet_text.h"

#define LOGO_MAX 24576 /* octets of the data URI: the whole tenant is 64 KiB at most */
#define TERMS_MAX 8192
#define CONTRAST_MIN 4.5 /* WCAG 2.1, 1.4.3, level AA */

/* ---- logo: a picture in a data URI, told by its octets and not by its name ---- */

static const struct {
	const char *type;
	struct es_slice magic;
	size_t at;
} pictures[] = {
	{ "image/png", ES_SLICE_LIT("\x89PNG\r\n\x1a\n"), 0 },
	{ "image/jpeg", ES_SLICE_LIT("\xff\xd8\xff"), 0 },
	{ "image/webp", ES_SLICE_LIT("WEBP"), 8 },
};

static bool is_logo(struct es_slice text)
{
	struct es_slice rest = text, scheme, type;
	bool is_one = false;

	if (text.len == 0)
		return true;
	scheme = es_slice_cut(&rest, ':');
	type = es_slice_cut(&rest, ';');
	if (text.len > LOGO_MAX || !es_slice_eq_str(scheme, "data") || !es_slice_starts_with(rest, ES_SLICE_LIT("base64,")))
		return false;
	rest = es_slice_sub(rest, 7, rest.len);
	struct es_arena *arena = es_arena_new(0, LOGO_MAX * 2);
	struct es_slice octets;
	if (arena != NULL && es_base64_decode(rest, arena, &octets) == ES_OK)
		for (size_t i = 0; i < ES_COUNT(pictures); i++)
			is_one =
				is_one || (es_slice_eq_str(type, pictures[i].type) &&
			               es_slice_starts_with(es_slice_sub(octets, pictures[i].at, octets.len), pictures[i].magic));
	es_arena_free(arena);
	return is_one && es_slice_find(rest, '\n') == rest.len && es_slice_find(rest, '\r') == rest.len;
}

/* ---- colours ---- */

static bool is_colour(struct es_slice text)
{
	uint8_t rgb[3];
	return text.len == 0 ||
	       (text.len == 7 && text.ptr[0] == '#' && es_hex_decode(es_slice_sub(text, 1, 7), rgb, sizeof rgb) == ES_OK);
}

/* WCAG's relative luminance of "#rrggbb". */
static double luminance(const char *colour)
{
	static const double weights[] = { 0.2126, 0.7152, 0.0722 };
	uint8_t rgb[3] = { 0 };
	double sum = 0;

	if (es_hex_decode(es_slice_sub(es_slice_str(colour), 1, 7), rgb, sizeof rgb) != ES_OK)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		double c = rgb[i] / 255.0;
		sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static bool has_contrast(const char *colour, const char *ground)
{
	double a = luminance(colour), b = luminance(ground);
	double light = a > b ? a : b, dark = a > b ? b : a;
	return colour[0] == '\0' || (light + 0.05) / (dark + 0.05) >= CONTRAST_MIN;
}

/* ---- the tables ---- */

static bool is_terms(struct es_slice text)
{
	return policy_is_text_of_language(text, TERMS_MAX);
}

static bool is_link(struct es_slice text)
{
	return policy_is_url(text) && es_slice_find(text, '"') == text.len;
}

#define S(member) offsetof(struct policy_tenant, sheets.member)
#define B(member) offsetof(struct policy_tenant, brand.member)
#define IS_TERMS is_terms, "a language of two lower-case letters, a colon and a text of at most 8192 octets"
#define IS_PEER policy_is_section_or_none, "a section of policy's file of peers"
#define IS_COLOUR is_colour, "a colour: \"#1d4ed8\""

const struct field policy_tenant_sheets[] = {
	{ .name = "handle_ttl", I64, .offset = S(handle_s), .min = 60, .max = 2592000 },
	{ .name = "consent_retention", I64, .offset = S(consent_s), .min = 0, .max = 3153600000 },
	{ .name = "operator_provisions", BOOL, .offset = S(operator_provisions) },
	{ .name = "terms", TEXT, .offset = S(terms), NULL, IS_LABEL },
	{ .name = "terms_texts", LIST, .offset = S(terms_texts), NULL, IS_TERMS },
	{ .name = "satellite_terms", TEXT, .offset = S(satellite_terms), NULL, IS_LABEL },
	{ .name = "satellite_texts", LIST, .offset = S(satellite_texts), NULL, IS_TERMS },
	{ .name = "esim_terms", TEXT, .offset = S(esim_terms), NULL, IS_LABEL },
	{ .name = "esim_texts", LIST, .offset = S(esim_texts), NULL, IS_TERMS },
	{ .name = "address", TEXT, .offset = S(address), NULL, IS_PEER },
	{ .name = "address_ttl", I64, .offset = S(address_s), .min = 0, .max = 315360000 },
	{ .name = "identity_apps", FLAGS, .offset = S(identity_apps), policy_sheet_app_names },
	{ .name = "documents", TEXT, .offset = S(documents), NULL, IS_PEER },
	{ .name = "payment", TEXT, .offset = S(payment), NULL, IS_PEER },
	{ .name = NULL },
};

const struct field policy_tenant_brand[] = {
	{ .name = "name", TEXT, .offset = B(name), NULL, IS_LABEL },
	{ .name = "logo",
	  TEXT,
	  .offset = B(logo),
	  NULL,
	  is_logo,
	  "a data URI of a PNG, JPEG or WebP picture in Base64, at most 24576 octets",
	  .flags = PRIVATE },
	{ .name = "colour", TEXT, .offset = B(colour), NULL, IS_COLOUR },
	{ .name = "colour_dark", TEXT, .offset = B(colour_dark), NULL, IS_COLOUR },
	{ .name = "support_url", TEXT, .offset = B(support_url), NULL, is_link, "an http or https URL without quotes" },
	{ .name = NULL },
};

es_status policy_sheets_check(const struct policy_tenant *tenant, struct policy_fault *fault)
{
	if (!has_contrast(tenant->brand.colour, POLICY_BRAND_GROUND))
		*fault = (struct policy_fault){ "brand.colour", "is too pale for white text on it: 4.5 to 1 at least" };
	else if (!has_contrast(tenant->brand.colour_dark, POLICY_BRAND_GROUND_DARK))
		*fault = (struct policy_fault){ "brand.colour_dark", "is too dark for a dark ground: 4.5 to 1 at least" };
	else if (tenant->sheets.identity_apps != 0 && tenant->sheets.documents[0] == '\0')
		*fault = (struct policy_fault){ "sheets.documents", "is needed with identity_apps: who takes the pictures" };
	else
		return ES_OK;
	return ES_MALFORMED;
}
