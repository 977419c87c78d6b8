/* policy_decide.h -- what a subscriber may use: one pure function per application.
 *
 * Inputs are values: subscriber, plan, tenant and the context of the request. The result is the list of nodes that go
 * into the application's characteristic, in the form of the client's version. docs/decisions.md explains the rules. */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "es_arena.h"
#include "es_ts43_doc.h"
#include "policy_explain.h"
#include "policy_identity.h"
#include "policy_info.h"
#include "policy_text.h"
#include "policy_types.h"

struct policy_book;    /* policy_effects.h */
struct policy_effects; /* policy_effects.h */

/* What a device says of itself with its request; nothing of it is verified. */
struct policy_asking {
	const char *terminal_id, *vendor, *model, *sw_version, *app_name, *gid1;
	char tac[9]; /* the first eight digits of an IMEI; "" where terminal_id is none */
};
/* `tac` from `terminal_id`. */
void policy_asking_read(struct policy_asking *asking);
/* Makes the handle that names the line to the page of an application (policy_flow.h): asked once, and only where the page is
 * shown. */
struct policy_handles {
	es_status (*make)(const struct policy_handles *handles, const char *app, struct es_arena *arena,
	                  struct es_slice *out);
};

struct policy_context {
	const struct policy_tenant *tenant;
	const struct policy_plan *plan; /* NULL: the subscriber's plan is gone; nothing is offered */
	const struct policy_subscriber *subscriber;
	uint32_t version_major, version_minor; /* entitlement_version */
	unsigned language;                     /* policy_language() */
	int64_t now_ms;
	const struct policy_handles *handles;       /* of ServiceFlow_UserData; NULL: none, an answer is only explained */
	struct es_slice boost_type;                 /* of a real-time request for a boost (TS.43 9.7); empty: none */
	const struct policy_store_user *store_user; /* ap2012; NULL: none named, or nothing known of it */
	const struct policy_identity *private_identity; /* ap2013; NULL: none could be made */
	const struct policy_equipment *equipment;       /* the device that asks; NULL: the tenant does not look at it */
	const struct policy_caller
		*caller;                /* who asks for what operation; NULL: nobody, what is decided is only explained */
	struct policy_trace *trace; /* NULL: nobody asked why */
	const struct policy_asking *asking;   /* NULL: no device is known */
	const struct policy_book *book;       /* the tenant's rules, add-ons and outages; NULL: none */
	const struct policy_effects *effects; /* what they make of the plan: policy_effects_apply(); NULL: nothing */
	const struct policy_history *history; /* NULL: not read */
	const uint8_t *own_status;            /* of the application of the operator's own that is being rendered */
};

/* What a device shows its user. */
struct policy_says {
	enum policy_text text;
	const struct policy_list *own; /* of a rule, "en: ..." each: it goes first; NULL: none */
};

/* One RATVoiceEntitleInfoDetails of TS.43 T21. */
struct policy_rat {
	uint8_t access;  /* 1 LTE, 2 NG-RAN */
	uint8_t network; /* 1 all, 2 home, 3 roaming */
	uint8_t status;
	struct policy_says message;
	const char *irat; /* NULL: none */
};

/* What was decided, before it takes a form. */
struct policy_decision {
	uint8_t status; /* enum policy_entitlement; of ap2003: LTE in the home network */
	struct policy_says message;
	struct policy_rat rats[4]; /* ap2003; LTE in the home network is the last */
	size_t rat_count;
	struct {
		uint8_t prov, terms, address;
	} vowifi;
	struct {
		uint8_t terms, by;  /* TC_Status; TC_Operation, 0 none */
		bool page, message; /* what is offered to change it */
	} billing;
	struct policy_judgement operation; /* ap2014, ap2015 */
	struct {
		bool is_asked, sells; /* `sells`: the page is shown */
		uint8_t prov;
		int64_t type; /* as it was asked; -1: none that exists */
	} boost;          /* ap2010 with boost_type; `status` may then be 4, part of the plan */
};

bool policy_is_odsa(struct es_slice app);
/* Whether policy answers it itself; those of the operator's own are known to policy_own_app_find(). */
bool policy_is_answered(struct es_slice app);

/* Decides alone; for tests and for rules built on it. ES_UNSUPPORTED for an application that is not policy's. */
es_status policy_decide(const struct policy_context *context, struct es_slice app,
                        struct policy_decision *out) ES_MUST_USE;
/* Decides and renders: `first` is the first of the application's nodes, NULL when AppID alone is the answer.
 * ES_UNSUPPORTED as above, ES_TOO_LARGE when the arena is exhausted. */
es_status policy_answer(const struct policy_context *context, struct es_slice app, struct es_arena *arena,
                        struct es_doc_node **first) ES_MUST_USE;

/* VERS: grows with whatever of line, plan and tenant could change an answer. */
int32_t policy_vers(const struct policy_context *context);

#endif
