/* ph_flow.h -- the call flows of TS.43 sections 7, 8 and 10 as data: what a device asks, and what each figure has it hear. */
#ifndef PH_FLOW_H
#define PH_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

#include "ph_client.h"
#include "ph_odsa.h"

/* ---- what a device knows: given on the command line, made up, or learned on the way ---- */

enum ph_var {
	PH_V_IMEI,           /* of the device that asks, or of its eSIM's slot */
	PH_V_COMPANION_IMEI, /* of the watch or tablet */
	PH_V_OLD_COMPANION_IMEI,
	PH_V_TARGET_IMEI, /* of the eSIM's slot, or of the new device of a transfer */
	PH_V_OLD_IMEI,
	PH_V_EID,       /* of the eUICC the profile is for, whoever has it */
	PH_V_ICCID,     /* of the profile that is managed; learned from a download */
	PH_V_OLD_ICCID, /* of the profile that is replaced */
	PH_V_VENDOR,
	PH_V_MODEL,
	PH_V_NAME,
	PH_V_SERVICE,
	PH_V_PLAN,
	PH_V_REQUESTOR,
	PH_V_ENTERPRISE,
	PH_V_ACCESS_TOKEN,
	PH_V_TEMPORARY_TOKEN,
	PH_V_MSISDN,
	PH_V_OTP,
	PH_V_MSG_BTN,
	PH_V_MSG_RESPONSE,
	PH_V_REDOWNLOADABLE,
	PH_VARS,
};

#define PH_VAR_SIZE 1024

/* Texts; empty: not known. */
struct ph_vars {
	char at[PH_VARS][PH_VAR_SIZE];
};

/* "eid"; NULL when there is none. */
const char *ph_var_name(enum ph_var var);
/* PH_VARS when there is none. */
enum ph_var ph_var_of(struct es_slice name);
/* False: longer than any such value may be, and it stays what it was. */
bool ph_var_set(struct ph_vars *vars, enum ph_var var, const char *value);

/* ---- flows ---- */

enum ph_by {
	PH_BY_PHONE,  /* the TOKEN, or else the SIM */
	PH_BY_PARAMS, /* neither: what the parameters say (temporary_token, access_token, msisdn) */
	PH_BY_TYPED,  /* the same, with what the user types: the code that came by SMS, and the cookie it belongs to */
};

enum {
	PH_OPTIONAL = 1,   /* "not supported" (103, 405) and no answer to it are as good */
	PH_AGAIN = 2,      /* asked again until what is expected holds (polling, 7.3.2) */
	PH_TYPES = 4,      /* what the user typed in answer to MSG goes with it */
	PH_SERVER = 8,     /* a server asks: no device parameters of its own (10.1) */
	PH_PICKS = 16,     /* the ICCID it shows is the one that is managed, unless one is known */
	PH_PICKS_OLD = 32, /* ... the one that is replaced */
};

struct ph_step {
	const char *does;      /* a sentence */
	const char *operation; /* NULL: none, the application alone */
	const char *params;    /* "name=$variable name=text ..."; one whose variable is empty is left out */
	const char *expects;   /* "SubscriptionResult=2|4 HTTP=200"; NULL: nothing but success */
	enum ph_by by;
	unsigned flags;
	enum ph_var needs; /* without a value the step is left out; PH_V_IMEI, which always has one: never */
};

#define PH_STEPS_MAX 8

struct ph_flow {
	const char *name, *app, *section, *figure, *what;
	struct ph_param fill;               /* what its user chooses on the sheet, by field; NULL: nothing in particular */
	struct ph_step steps[PH_STEPS_MAX]; /* ends with one that does nothing */
};

extern const struct ph_flow ph_flows[];
extern const size_t ph_flow_count;
const struct ph_flow *ph_flow_of(const char *name); /* NULL: there is none */
unsigned ph_flow_length(const struct ph_flow *flow);
void ph_flow_list(FILE *out);

/* ---- expectations ---- */

/* What is known after an answer. */
struct ph_heard {
	unsigned http;
	const struct ph_odsa *odsa;                   /* NULL: none */
	const struct ph_configuration *configuration; /* the one the flow is about; NULL: none */
	bool was_downloaded;
};

/* True when all of `expects` holds. Otherwise the first that does not, and what is there instead, in words. */
bool ph_expects(const char *expects, const struct ph_heard *heard, struct es_buf *why);
/* Whether it can be understood: for the test of the table. */
bool ph_expects_is_sound(const char *expects);

#endif
