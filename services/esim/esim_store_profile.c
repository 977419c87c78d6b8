/* esim_store_profile.c -- profiles as rows. */
#include <string.h>

#include "es_cleanup.h"
#include "esim_sealed.h"
#include "esim_statements.h"

#define TEXT(member, number) ESIM_TEXT(struct esim_profile, member, number)
#define NUMBER(member, number) ESIM_NUMBER(struct esim_profile, member, number)

/* What has no column of its own. */
static const struct esim_member members[] = {
	TEXT(order, 1),
	TEXT(requester, 2),
	NUMBER(service, 3),
	NUMBER(is_secondary, 4),
	NUMBER(needs_word, 5),
	NUMBER(is_lent, 6),
	TEXT(name, 7),
	TEXT(vendor, 8),
	TEXT(model, 9),
	TEXT(plan, 10),
	TEXT(profile_imsi, 11),
	TEXT(msisdn, 12),
	TEXT(smdp, 13),
	TEXT(smdp_address, 14),
	TEXT(matching_id, 15),
	TEXT(activation_code, 16),
	TEXT(confirmation_code, 17),
	NUMBER(by_address, 18),
	NUMBER(ready_ms, 19),
	NUMBER(given_ms, 20),
	NUMBER(seen_ms, 21),
	NUMBER(polls, 22),
	NUMBER(created_ms, 23),
	NUMBER(updated_ms, 24),
	TEXT(home, 25),
	NUMBER(is_of_bss, 26),
};
static const struct esim_sealed sealed = { "esim-profile", members, ES_COUNT(members) };

static es_status read_row(const struct esim_store *store, struct es_rows *rows, struct esim_profile *out)
{
	memset(out, 0, sizeof *out);
	ES_TRY(ESIM_COL(rows, 0, out->id));
	ES_TRY(ESIM_COL(rows, 1, out->tenant));
	ES_TRY(ESIM_COL(rows, 2, out->imsi));
	ES_TRY(ESIM_COL(rows, 3, out->enterprise));
	out->app = (uint16_t)es_col_int(rows, 4);
	ES_TRY(ESIM_COL(rows, 5, out->iccid));
	ES_TRY(ESIM_COL(rows, 6, out->eid));
	ES_TRY(ESIM_COL(rows, 7, out->device));
	out->status = (uint8_t)es_col_int(rows, 8);
	out->ended_ms = es_col_int(rows, 9);
	out->version = (uint64_t)es_col_int(rows, 10);
	return esim_open_row(store, &sealed, out->id, es_col_blob(rows, 11), out);
}

static es_status one(const struct esim_store *store, struct es_rows *rows, struct esim_profile *out)
{
	es_status status = es_rows_next(rows);

	if (status == ES_OK) {
		status = read_row(store, rows, out);
		es_rows_done(rows);
	}
	return status;
}

es_status esim_row_profile(const struct esim_store *store, struct es_db_conn *conn, const char *id,
                           struct esim_profile *out)
{
	struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_PROFILE, &rows, es_bind_str(id)));
	return one(store, rows, out);
}

es_status esim_row_profile_of_iccid(const struct esim_store *store, struct es_db_conn *conn, const char *tenant,
                                    const char *iccid, struct esim_profile *out)
{
	struct es_rows *rows = NULL;

	if (iccid[0] == '\0')
		return ES_NOT_FOUND;
	ES_TRY(ES_DB_QUERY(conn, ST_PROFILE_OF_ICCID, &rows, es_bind_str(tenant), es_bind_str(iccid)));
	return one(store, rows, out);
}

es_status esim_row_profile_of_any(const struct esim_store *store, struct es_db_conn *conn, const char *iccid,
                                  struct esim_profile *out)
{
	struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_PROFILE_OF_ANY, &rows, es_bind_str(iccid)));
	return one(store, rows, out);
}

es_status esim_row_profiles(const struct esim_store *store, struct es_db_conn *conn, const char *tenant,
                            const char *imsi, const char *enterprise, int64_t now_ms,
                            struct esim_profile out[ESIM_PROFILES_MAX], size_t *count)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	*count = 0;
	ES_TRY(ES_DB_QUERY(conn, ST_PROFILES_OF_LINE, &rows, es_bind_str(tenant), es_bind_str(imsi),
	                   es_bind_str(enterprise), es_bind_int(now_ms - ESIM_ENDED_SHOWN_MS),
	                   es_bind_int(ESIM_PROFILES_MAX)));
	while ((status = es_rows_next(rows)) == ES_OK)
		ES_TRY(read_row(store, rows, &out[(*count)++]));
	rows = NULL; /* finished */
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status esim_row_profile_put(const struct esim_store *store, struct es_db_conn *conn, struct esim_profile *p)
{
	uint8_t data[ESIM_DATA_MAX];
	struct es_slice octets;

	p->version++;
	ES_TRY(esim_seal_row(store, &sealed, p->id, p, data, &octets));
	return ES_DB_EXEC(conn, ST_PROFILE_PUT, NULL, es_bind_str(p->id), es_bind_str(p->tenant), es_bind_str(p->imsi),
	                  es_bind_str(p->enterprise), es_bind_int(p->app), es_bind_str(p->iccid), es_bind_str(p->eid),
	                  es_bind_str(p->device), es_bind_int(p->status), es_bind_int(p->ended_ms),
	                  es_bind_int((int64_t)p->version), es_bind_blob(octets));
}

static es_status is_there(struct es_rows *rows, bool *out)
{
	ES_TRY(es_rows_next(rows));
	*out = es_col_int(rows, 0) > 0;
	es_rows_done(rows);
	return ES_OK;
}

es_status esim_row_is_foreign(struct es_db_conn *conn, const struct esim_draft *asker, const char *iccid,
                              bool *iccid_is, bool *device_is)
{
	struct es_rows *rows = NULL;

	*iccid_is = *device_is = false;
	if (iccid[0] != '\0') {
		ES_TRY(ES_DB_QUERY(conn, ST_FOREIGN_ICCID, &rows, es_bind_str(asker->tenant), es_bind_str(iccid),
		                   es_bind_str(asker->imsi), es_bind_str(asker->enterprise)));
		ES_TRY(is_there(rows, iccid_is));
	}
	/* A phone may have eSIMs of several lines: it is nobody's. */
	if (asker->app == ESIM_PRIMARY || (asker->eid[0] == '\0' && asker->device[0] == '\0'))
		return ES_OK;
	ES_TRY(ES_DB_QUERY(conn, ST_FOREIGN_DEVICE, &rows, es_bind_str(asker->tenant), es_bind_str(asker->eid),
	                   es_bind_str(asker->device), es_bind_str(asker->imsi), es_bind_str(asker->enterprise),
	                   es_bind_int(asker->app)));
	return is_there(rows, device_is);
}
