/* policy_sheet.h -- web sheets as values: what is due for this line, what an act means, and what the page says.
 *
 * Pure. A sheet is a walk over steps (policy_sheet_state.h); which step is next follows from the same decision that answers the
 * phone. The page is a list of blocks that somebody else turns into HTML. docs/sheets.md tells it from outside. */
#ifndef POLICY_SHEET_H
#define POLICY_SHEET_H

#include "policy_decide.h"
#include "policy_sheet_state.h"
#include "policy_sheet_text.h"

/* ---- the page ---- */

enum policy_block_kind {
	POLICY_BLOCK_TEXT,
	POLICY_BLOCK_ALERT,    /* something is wrong, and here is what */
	POLICY_BLOCK_GOOD,     /* something went well */
	POLICY_BLOCK_TERMS,    /* a long text to be read */
	POLICY_BLOCK_FACT,     /* label and value */
	POLICY_BLOCK_FIELD,    /* a line of text is asked for */
	POLICY_BLOCK_CHECK,    /* a box to be ticked; value: what it sends */
	POLICY_BLOCK_PICK,     /* one of those of the same name */
	POLICY_BLOCK_DO,       /* a button; name: the act */
	POLICY_BLOCK_MAY,      /* a button of less weight */
	POLICY_BLOCK_LEAVE,    /* the button that changes nothing: dismissFlow() */
	POLICY_BLOCK_FILE,     /* a picture is asked for */
	POLICY_BLOCK_CLOSE,    /* the button that ends a sheet: its call */
	POLICY_BLOCK_CALL,     /* a button that calls; name: of what, one after the other; value: arguments of the first */
	POLICY_BLOCK_CALL_MAY, /* the same, of less weight */
	POLICY_BLOCK_CALL_ASIDE, /* of the least */
	POLICY_BLOCK_QUIT,       /* as LEAVE, but the server is told first; name: the act */
};

struct policy_block {
	enum policy_block_kind kind;
	const char *name, *label, *value; /* "" where there is none; never NULL in a page */
	const char *error;                /* beside a field */
	const char *complete;             /* autocomplete of HTML */
	unsigned max;                     /* longest value */
	bool is_required;
};

#define POLICY_BLOCKS_MAX 32

struct policy_page_model {
	const char *title;
	struct policy_block blocks[POLICY_BLOCKS_MAX];
	size_t count;
	const char *object;    /* of JavaScript, injected by the phone: "VoWiFiWebServiceFlow" */
	const char *call;      /* what is called of it, with arguments: "notifyPurchaseSuccessful"; "": nothing */
	const char *arguments; /* a JSON array */
	bool calls_at_once;    /* without waiting for the button */
	unsigned again_s;      /* the page does its first act by itself after so long; 0: never */
};

/* ---- the walk ---- */

struct policy_field {
	const char *name, *value;
};

#define POLICY_UPGRADES_MAX 5

struct policy_sheet {
	const struct policy_context *context; /* tenant, plan, line; boost type and store's user, where it is about one */
	struct policy_sheet_state *state;
	struct es_arena *arena;
	const struct policy_field *fields; /* what the form said */
	size_t field_count;
	const struct policy_plan
		*upgrades[POLICY_UPGRADES_MAX]; /* that the line may change to, and that include the boost */
	size_t upgrade_count;
	struct es_slice upload; /* a picture that came with the form */
	bool is_identified;     /* the line has given one before */
	/* learned */
	const struct policy_plan *upgrade; /* the one that was chosen; NULL: none */
	enum policy_sheet_text alert;      /* POLICY_SAYS_COUNT: none */
	bool is_malformed;                 /* the arena is exhausted, or it is no sheet of ours */
};

enum policy_sheet_effect {
	POLICY_EFFECT_SHOW,    /* the page of the step that it is at now */
	POLICY_EFFECT_ADDRESS, /* the address of the form is to be checked: policy_sheet_address(), policy_sheet_checked() */
	POLICY_EFFECT_DOCUMENT, /* the picture is to be handed over: policy_sheet_identified() */
	POLICY_EFFECT_COMMIT,   /* policy_sheet_apply() */
	POLICY_EFFECT_PAY,      /* off to the payment page */
	POLICY_EFFECT_LEAVE,    /* nothing changes */
	POLICY_EFFECT_WRONG,    /* no act of this page */
};

/* The application of a sheet; false: none has one. */
bool policy_has_sheet(const char *app);
/* The step that is due now; not of an eSIM. */
enum policy_sheet_step policy_sheet_due(const struct policy_sheet *sheet);
enum policy_sheet_effect policy_sheet_act(struct policy_sheet *sheet, const char *action);

/* What the form said; "" when it did not. */
const char *policy_sheet_field(const struct policy_sheet *sheet, const char *name);
/* Takes up that the text was accepted; false: it was not, `alert` says so, or there is another one by now. */
bool policy_sheet_accept(struct policy_sheet *sheet);

/* Before the state is sealed into a page: notes which text that page shows. */
void policy_sheet_prepare(struct policy_sheet *sheet);

/* The page of the state's step; of what was committed; and of what went wrong before there was a state. */
void policy_sheet_show(const struct policy_sheet *sheet, struct policy_page_model *page);
void policy_sheet_show_done(const struct policy_sheet *sheet, bool is_off, struct policy_page_model *page);
void policy_sheet_show_left(const struct policy_sheet *sheet, struct policy_page_model *page);
/* `code` of notifyPurchaseFailed (TS.43 9.6): 0 unknown, 1 authentication, 2 payment. */
void policy_sheet_show_unpaid(const struct policy_sheet *sheet, int code, const char *reason,
                              struct policy_page_model *page);
void policy_sheet_show_note(const struct policy_tenant *tenant, unsigned language, const char *object,
                            enum policy_sheet_text title, enum policy_sheet_text text, struct policy_page_model *page);
/* The JavaScript object of an application (TS.43 3.4, 9.6, 11.6, 15.4). */
const char *policy_sheet_object(const char *app);

/* ---- the address ---- */

struct policy_address {
	const char *street, *unit, *city, *region, *postcode, *country;
};
/* Of the form; false with `alert` set when something is missing. */
bool policy_sheet_address(struct policy_sheet *sheet, struct policy_address *out);
/* What the emergency system knows of it: one is taken, several are chosen from. */
enum policy_sheet_effect policy_sheet_checked(struct policy_sheet *sheet, const struct policy_candidate *candidates,
                                              size_t count, bool is_exact);

/* The picture was taken, and that is on record. */
enum policy_sheet_effect policy_sheet_identified(struct policy_sheet *sheet);
/* "image/jpeg", by its octets; NULL: none that is taken. */
const char *policy_picture_type(struct es_slice octets);

/* ---- what is committed ---- */

struct policy_consent {
	int64_t id, at_ms;
	const char *tenant, *imsi;
	const char
		*what; /* "identity-document", "plan", "vowifi-terms", "billing-terms", "satellite-terms", "esim-terms", "esim",
	                     "purchase" */
	const char *text;   /* name (version) of the text */
	const char *digest; /* SHA-256 of what was shown, hexadecimal */
	const char *language, *channel, *terminal, *client;
	const char *store_vendor, *store_user;
	int64_t kept_until_ms; /* 0: as long as the line is there */
};

/* Changes `line` (and `user`, of carrier billing) as the state says; `consent->what` is "" when none is due. `is_off`: what is on is
 * switched off. False: it is not to be had any more, and nothing was changed. */
bool policy_sheet_apply(const struct policy_sheet *sheet, bool is_off, struct policy_subscriber *line,
                        struct policy_store_user *user, struct policy_consent *consent);
void policy_sheet_note_digest(const struct policy_sheet *sheet, const uint8_t digest[32],
                              struct policy_consent *consent);
/* The consent to a picture that was handed over; `document`: what it is called there. */
void policy_sheet_document(const struct policy_sheet *sheet, const char *document, struct policy_consent *consent);
/* What a text says that is to be accepted, as it is shown; "": none is. `name`: which one it is. */
const char *policy_sheet_terms(const struct policy_sheet *sheet, const char **name);
const struct policy_boost *policy_sheet_boost(const struct policy_sheet *sheet);
const struct policy_boost *policy_plan_boost(const struct policy_plan *plan,
                                             int64_t type); /* NULL: it has none of it */
/* Takes up a plan among the upgrades, if it includes the boost that the sheet is about. */
void policy_sheet_offer_plan(struct policy_sheet *sheet, const struct policy_plan *plan);

#endif
