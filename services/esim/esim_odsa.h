/* esim_odsa.h -- on-device service activation, the decision: which operation is this, is it whole, what is answered
 * (TS.43 6). Pure: plain values in, the nodes of the answer out. */
#ifndef ESIM_ODSA_H
#define ESIM_ODSA_H

#include <stdbool.h>
#include <stddef.h>

#include "es_slice.h"

/* Applications that carry operations, as bits. The last two are answered elsewhere; their operations are known here so
 * that they are not taken for nonsense. */
enum esim_app {
	ESIM_COMPANION = 1 << 0,   /* ap2006 */
	ESIM_PRIMARY = 1 << 1,     /* ap2009 */
	ESIM_SERVER = 1 << 2,      /* ap2011 */
	ESIM_INFORMATION = 1 << 3, /* ap2014 */
	ESIM_APP_AUTH = 1 << 4,    /* ap2015 */
};
/* False for an application that esim does not serve. Case does not matter. */
bool esim_app_parse(struct es_slice app_id, enum esim_app *out);

/* OperationResult (TS.43 6.5.1). */
enum esim_result {
	ESIM_SUCCESS = 1,
	ESIM_ERROR_GENERAL = 100,
	ESIM_INVALID_OPERATION = 101,
	ESIM_INVALID_PARAMETER = 102,
	ESIM_NOT_SUPPORTED = 103, /* of optional operations: the device goes on */
	ESIM_INVALID_MSG_RESPONSE = 104,
};

struct esim_param {
	struct es_slice name, value;
};

/* What policy knows of the subscriber. */
struct esim_facts {
	bool companion_allowed, primary_allowed;
	const struct es_slice *companion_services;
	size_t companion_service_count;
	struct es_slice not_enabled_url, not_enabled_user_data;
};

struct esim_request {
	enum esim_app app;
	struct es_slice operation; /* empty: the authentication step */
	const struct esim_param *params;
	size_t param_count;
	struct esim_facts facts;
};

/* The parameter; empty when absent or the word null (settled rule 27). Names compare without regard to case. */
struct es_slice esim_param(const struct esim_request *request, const char *name);

#define ESIM_NODES_MAX 8
struct esim_node {
	const char *name;
	struct es_slice value; /* of the request, the facts, or `text` */
};
struct esim_answer {
	bool is_offered;                        /* false: 405, and nothing else counts */
	enum esim_result result;                /* when an operation was asked */
	struct esim_node nodes[ESIM_NODES_MAX]; /* OperationResult first */
	size_t node_count;
	char text[128]; /* storage for values made here */
	size_t text_len;
};
void esim_answer_add(struct esim_answer *answer, const char *name, struct es_slice value);

void esim_operate(const struct esim_request *request, struct esim_answer *out);

/* The known operations, for metrics; the number and the names. The index of an unknown one, and of none, follows. */
#define ESIM_OPERATIONS 10
enum { ESIM_OPERATION_UNKNOWN = ESIM_OPERATIONS, ESIM_OPERATION_NONE, ESIM_OPERATION_LABELS };
extern const char *const esim_operation_names[ESIM_OPERATION_LABELS];
size_t esim_operation_index(struct es_slice operation);

#endif
