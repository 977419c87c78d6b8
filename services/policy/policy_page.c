/* policy_page.c -- how a page is named to the phone: ServiceFlow_URL, its user data, and in what form (TS.43 T50). */
#include "es_cleanup.h"
#include "es_text.h"
#include "policy_rules.h"

#define ENCODED "encodedValue="

/* The handle is Base64url and the type digits: nothing needs escaping in any of the forms. */
static void put_query(struct es_buf *out, struct es_slice handle, int64_t boost_type)
{
	es_put_printf(out, "sid=" ES_SLICE_FMT, ES_SLICE_ARG(handle));
	if (boost_type >= 0)
		es_put_printf(out, "&boost_type=%d", (int)boost_type);
}

static void put_json(struct es_buf *out, struct es_slice handle, int64_t boost_type)
{
	es_put_printf(out, "{\"sid\":\"" ES_SLICE_FMT "\"", ES_SLICE_ARG(handle));
	if (boost_type >= 0)
		es_put_printf(out, ",\"boost_type\":\"%d\"", (int)boost_type);
	es_put_str(out, "}");
}

static void put_xml(struct es_buf *out, struct es_slice handle, int64_t boost_type)
{
	es_put_printf(out, "<flow><sid>" ES_SLICE_FMT "</sid>", ES_SLICE_ARG(handle));
	if (boost_type >= 0)
		es_put_printf(out, "<boost_type>%d</boost_type>", (int)boost_type);
	es_put_str(out, "</flow>");
}

/* What the phone sends in a body stands in the document as Base64: readers that undo only `&amp;` get it whole. */
static const struct {
	const char *contents_type; /* "": absent, the phone opens the page with GET */
	void (*put)(struct es_buf *out, struct es_slice handle, int64_t boost_type);
} forms[] = {
	[POLICY_CONTENTS_QUERY] = { "", put_query },
	[POLICY_CONTENTS_JSON] = { "json", put_json },
	[POLICY_CONTENTS_XML] = { "xml", put_xml },
};

struct es_slice policy_page_handle(struct policy_render *r, const char *app)
{
	const struct policy_handles *handles = r->context->handles;
	struct es_slice handle = { NULL, 0 };

	if (handles != NULL && handles->make(handles, app, r->arena, &handle) != ES_OK)
		r->bad = true;
	return handle;
}

es_status policy_page_user_data(const struct policy_page *page, struct es_slice handle, int64_t boost_type,
                                struct es_arena *arena, const char **user_data, const char **contents_type)
{
	const size_t form = page->contents < ES_COUNT(forms) ? page->contents : POLICY_CONTENTS_QUERY;
	char plain_text[1152], text[2048]; /* a handle may name a store and its user */
	struct es_buf plain, out;

	es_buf_init_fixed(&plain, plain_text, sizeof plain_text);
	es_buf_init_fixed(&out, text, sizeof text);
	forms[form].put(&plain, handle, boost_type);
	if (forms[form].contents_type[0] == '\0') {
		es_put_bytes(&out, es_buf_slice(&plain));
	} else {
		es_put_str(&out, ENCODED);
		es_base64_encode(es_buf_slice(&plain), &out);
	}
	ES_TRY(es_buf_status(&plain));
	ES_TRY(es_buf_status(&out));
	*contents_type = forms[form].contents_type;
	*user_data = es_arena_strdup(arena, es_buf_slice(&out));
	return *user_data != NULL ? ES_OK : ES_TOO_LARGE;
}

void policy_put_page(struct policy_render *r, const struct policy_page *page, const char *app, int64_t boost_type)
{
	const char *user_data, *contents_type;

	if (policy_page_user_data(page, policy_page_handle(r, app), boost_type, r->arena, &user_data, &contents_type) !=
	    ES_OK) {
		r->bad = true;
		return;
	}
	policy_put(r, r->root, "ServiceFlow_URL", page->url);
	policy_put(r, r->root, "ServiceFlow_UserData", user_data);
	if (contents_type[0] != '\0')
		policy_put(r, r->root, "ServiceFlow_ContentsType", contents_type);
}
