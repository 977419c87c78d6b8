/* ph_lpa.c -- JSON to and from the LPA door. */
#include "ph_lpa.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"

#include "ph_client.h"

/* Members without a value are left out. */
static void put(struct es_json_out *j, const char *name, const char *value)
{
	if (value != NULL && value[0] != 0)
		es_json_put_str(j, name, value);
}

static struct ph_http_request request_to(const char *base, const char *door, struct es_buf *path, struct es_buf *body)
{
	size_t len = strlen(base);

	es_buf_reset(path);
	es_put_bytes(path, es_slice_of(base, len > 0 && base[len - 1] == '/' ? len - 1 : len));
	es_put_str(path, door);
	es_put_u8(path, 0);
	return (struct ph_http_request){ .is_post = true,
		                             .path = path->bad ? "/" : (const char *)path->ptr,
		                             .body = es_buf_slice(body),
		                             .accept = PH_JSON,
		                             .content_type = PH_JSON };
}

struct ph_http_request ph_lpa_download(const char *base, const struct ph_download *download, const char *eid,
                                       const char *confirmation_code, struct es_buf *path, struct es_buf *body)
{
	es_buf_reset(body);
	struct es_json_out j = es_json_to(body);
	es_json_object(&j, NULL);
	put(&j, "eid", eid);
	put(&j, "activation_code", download->activation_code);
	if (download->activation_code[0] == 0) {
		put(&j, "smdp_address", download->smdp_address);
		put(&j, "iccid", download->iccid);
	}
	put(&j, "confirmation_code", confirmation_code);
	es_json_end_object(&j);
	return request_to(base, "/download", path, body);
}

struct ph_http_request ph_lpa_delete(const char *base, const char *iccid, const char *eid, struct es_buf *path,
                                     struct es_buf *body)
{
	es_buf_reset(body);
	struct es_json_out j = es_json_to(body);
	es_json_object(&j, NULL);
	put(&j, "eid", eid);
	put(&j, "iccid", iccid);
	es_json_end_object(&j);
	return request_to(base, "/delete", path, body);
}

void ph_lpa_read(const struct ph_http_answer *answer, struct ph_lpa_answer *out)
{
	static const struct es_json_limits limits = { 16384, 4, 64 };
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;

	*out = (struct ph_lpa_answer){ 0 };
	bool is_json = answer->status != 0 && es_json_parse(answer->body, limits, &tree) == ES_OK;
	const char *iccid = is_json ? es_json_str(tree, "iccid") : NULL,
			   *error = is_json ? es_json_str(tree, "error") : NULL;
	if (answer->status == 0)
		(void)snprintf(out->why, sizeof out->why, "%s", answer->failure);
	else if (answer->status != 200)
		(void)snprintf(out->why, sizeof out->why, "%u %s", answer->status, error != NULL ? error : answer->reason);
	else if (iccid != NULL && !es_slice_to_str(es_slice_str(iccid), out->iccid, sizeof out->iccid))
		(void)snprintf(out->why, sizeof out->why, "this is no ICCID: %.40s", iccid);
}
