/* ph_page.h -- what a web sheet asks and calls, read out of its HTML without a script engine (docs/sheets.md). Pure.
 *
 * Reads our own pages, and of others what is written alike: a form with fields and buttons, a refresh, on the body
 * the call of a JavaScript object (data-call, data-arguments, data-at-once) or a second look (data-again), and buttons
 * that call (data-method, data-list). */
#ifndef PH_PAGE_H
#define PH_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

#include "ph_client.h"

#define PH_FIELDS_MAX 48
#define PH_CALL_ARGUMENTS 3

enum ph_field_kind { PH_HIDDEN, PH_WRITTEN, PH_TICKED, PH_CHOSEN, PH_BUTTON, PH_LESSER_BUTTON };

struct ph_field {
	enum ph_field_kind kind;
	struct es_slice name, value;
	bool is_on; /* of a box: ticked already */
};

/* Methods of the phone's object, one after the other with blanks between; the arguments are of the first. */
struct ph_call {
	struct es_slice methods;                      /* empty: none */
	struct es_slice arguments[PH_CALL_ARGUMENTS]; /* empty where there are fewer */
};

/* Slices live as long as the text and the arena. */
struct ph_page {
	struct es_slice title, action; /* of the form; empty: there is none */
	struct ph_field fields[PH_FIELDS_MAX];
	size_t field_count;
	bool has_form, has_upload;
	struct ph_call call, pressed; /* by the page itself; by its first button that does nothing but call */
	bool calls_at_once;
	struct es_slice code; /* the last fact that is a number: on a page that ends, what the user is to type later */
	int64_t again_s;      /* the first button is pressed by itself after so long; 0: it is not */
	int64_t refresh_s;    /* -1: it does not */
	struct es_slice refresh_url; /* empty: the same page */
};

/* Any text will do; ES_MALFORMED: the call's arguments are no JSON array of texts, ES_TOO_LARGE. */
es_status ph_page_read(struct es_slice html, struct es_arena *arena, struct ph_page *out) ES_MUST_USE;

/* What a willing user sends: every box ticked, the first of each choice, `fills` by name, and the first button that is not
 * a lesser one. NULL: there is no button. Otherwise the button's value, and the form in `body`. */
const struct ph_field *ph_page_accept(const struct ph_page *page, const struct ph_param *fills, size_t fill_count,
                                      struct es_buf *body);

#endif
