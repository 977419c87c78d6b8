/* policy_resource_dcb.c -- the members that ap2012 and ap2013 read: of tenants and subscribers; and users of stores. */
#include <string.h>

#include "es_text.h"
#include "policy_shape.h"

/* "en: Pay by phone bill" */
bool policy_is_text_of_language(struct es_slice text, size_t max)
{
	for (size_t i = 0; i < 2; i++)
		if (text.len < 5 || text.ptr[i] < 'a' || text.ptr[i] > 'z')
			return false;
	return text.ptr[2] == ':' && text.len <= max && es_text_is_clean_utf8(text) &&
	       es_slice_trim(es_slice_sub(text, 3, text.len)).len > 0;
}

bool policy_is_text(struct es_slice text)
{
	return policy_is_text_of_language(text, 1024);
}

static bool is_vendor(struct es_slice text)
{
	return text.len > 0 && text.len <= POLICY_STORE_VENDOR_MAX && es_text_is_clean_utf8(text);
}

static bool is_user(struct es_slice text)
{
	return text.len > 0 && text.len <= POLICY_STORE_USER_MAX && es_text_is_clean_utf8(text);
}

#define B(member) offsetof(struct policy_tenant, billing.member)
#define I(member) offsetof(struct policy_tenant, private_identity.member)
#define S(member) offsetof(struct policy_subscriber, billing.member)
#define U(member) offsetof(struct policy_store_user, member)

const struct field policy_tenant_billing[] = {
	{ .name = "url", TEXT, .offset = B(page.url), NULL, IS_URL },
	{ .name = "contents", ENUM, .offset = B(page.contents), policy_contents_names },
	{ .name = "terms_required", BOOL, .offset = B(terms_required) },
	{ .name = "terms", TEXT, .offset = B(terms), NULL, IS_LABEL },
	{ .name = "terms_by", ENUM, .offset = B(terms_by), policy_terms_by_names },
	{ .name = "accounts", FLAGS, .offset = B(accounts), policy_account_names },
	{ .name = "titles", LIST, .offset = B(titles), NULL, IS_TEXT },
	{ .name = "texts", LIST, .offset = B(texts), NULL, IS_TEXT },
	{ .name = NULL },
};

const struct field policy_tenant_private_identity[] = {
	{ .name = "type", ENUM, .offset = I(kind), policy_identity_names },
	{ .name = "life", I64, .offset = I(life_s), .min = 3600, .max = 31536000 },
	{ .name = NULL },
};

const struct field policy_subscriber_billing[] = {
	{ .name = "barred", BOOL, .offset = S(barred) },
	{ .name = "provisioning", ENUM, .offset = S(prov), policy_prov_names },
	{ .name = NULL },
};

es_status policy_billing_check(const struct policy_billing *b, struct policy_fault *fault)
{
	bool message = b->titles.count > 0 && b->texts.count > 0;

	if ((b->titles.count > 0) != (b->texts.count > 0))
		*fault = (struct policy_fault){ "billing.titles", "a message needs titles and texts, both" };
	else if (b->terms_required && b->page.url[0] == '\0' && !message)
		*fault = (struct policy_fault){ "billing.terms_required", "needs a page or a message to accept them" };
	else
		return ES_OK;
	return ES_MALFORMED;
}

static const struct field store_user_fields[] = {
	{ .name = "store_vendor",
	  TEXT,
	  .offset = U(vendor),
	  NULL,
	  is_vendor,
	  "UTF-8 text of 1 to 128 octets",
	  .flags = REQUIRED },
	{ .name = "store_user_id",
	  TEXT,
	  .offset = U(user),
	  NULL,
	  is_user,
	  "UTF-8 text of 1 to 256 octets",
	  .flags = REQUIRED },
	{ .name = "terms", ENUM, .offset = U(terms), policy_data_names },
	{ .name = "terms_version", TEXT, .offset = U(terms_version), NULL, IS_LABEL },
	{ .name = "version", U64, .offset = U(version), .flags = READ_ONLY },
	{ .name = "updated", TIME, .offset = U(updated_ms), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_store_user store_user_defaults = { .vendor = "", .user = "", .terms_version = "" };

const struct policy_shape policy_store_user_shape = { store_user_fields, &store_user_defaults,
	                                                  sizeof store_user_defaults, NULL };
