/* ctl_policy.c -- versions of rules: kept, tried against cases and against all lines, activated, taken back. */
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "ctl_view.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_json.h"
#include "es_text.h"

#define VERSIONS "/v1/tenants/{tenant}/rules"
#define VERSION VERSIONS "/{number}"
#define PAGE 500
#define EXAMPLES_MAX 20
#define SHOWN_MAX 240 /* octets of an answer */
#define TELL_MS 2000  /* how often progress is told */

/* ---- saying things ---- */

static int64_t number_of(const cJSON *object, const char *name)
{
	int64_t number = 0;
	return es_json_i64(object, name, &number) ? number : 0;
}

static void print_text(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		(void)putchar((unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p);
}

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = es_json_str(object, name);
	return text != NULL ? text : "nothing";
}

/* How many cases failed. */
static size_t print_cases(const struct ctl *ctl, const cJSON *answer)
{
	const cJSON *cases = cJSON_GetObjectItemCaseSensitive(answer, "cases"), *failed, *item;

	failed = cJSON_GetObjectItemCaseSensitive(cases, "failed");
	const size_t count = (size_t)cJSON_GetArraySize(failed);
	if (ctl_wants_json(ctl) || cases == NULL)
		return count;
	if (count == 0)
		(void)printf("%lld cases of the rules, all as expected\n", (long long)number_of(cases, "run"));
	cJSON_ArrayForEach(item, failed)
	{
		(void)printf("case \"");
		print_text(text_of(item, "case"));
		(void)printf("\": %s is ", text_of(item, "parameter"));
		print_text(text_of(item, "is"));
		(void)printf(", expected ");
		print_text(text_of(item, "expected"));
		(void)putchar('\n');
	}
	return count;
}

/* ---- show, put ---- */

/* The document alone is the result, so that it can be changed and put. */
int ctl_run_policy_show(struct ctl *ctl)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	int code = ctl_request(ctl, "GET", VERSION, NULL, &answer);
	if (code != CTL_OK)
		return code;
	if (ctl_wants_json(ctl)) {
		ctl_print_json(answer.json);
		return CTL_OK;
	}
	const cJSON *active = cJSON_GetObjectItemCaseSensitive(answer.json, "active");
	(void)fprintf(stderr, "rules %lld%s, by %s, %s\n", (long long)number_of(answer.json, "number"),
	              cJSON_IsTrue(active) ? ", which decide" : "", text_of(answer.json, "author"),
	              text_of(answer.json, "created"));
	ctl_print_json(cJSON_GetObjectItemCaseSensitive(answer.json, "rules"));
	return CTL_OK;
}

int ctl_run_policy_put(struct ctl *ctl)
{
	const bool is_trial = ctl_value(ctl, CTL_DRY_RUN) != NULL;
	ES_CLEANUP(es_json_done) cJSON *document = NULL;
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	int code = ctl_json_file(ctl_value(ctl, CTL_FILE), &document);
	if (code == CTL_OK)
		code = ctl_request(ctl, "POST", is_trial ? VERSIONS "?dry_run=true" : VERSIONS, document, &answer);
	if (code != CTL_OK)
		return code;
	const long long number = (long long)number_of(answer.json, "number");
	const size_t failed = print_cases(ctl, answer.json);
	if (ctl_wants_json(ctl))
		ctl_print_json(answer.json);
	else if (is_trial)
		ctl_say(ctl, "these rules would be kept as number %lld", number);
	else
		ctl_say(ctl,
		        "kept as rules %lld; they do not decide yet\n  openesctl policy test %lld\n  openesctl policy activate "
		        "%lld",
		        number, number, number);
	return failed == 0 ? CTL_OK : ctl_complain(CTL_REFUSED, "%zu expectations of the cases are not met", failed);
}

/* ---- activate, rollback, off ---- */

static void print_name(int64_t number)
{
	if (number == 0)
		(void)printf("no rules");
	else
		(void)printf("rules %lld", (long long)number);
}

/* Cases that fail are the answer to 409. */
static int refused(struct ctl *ctl, int code, const struct ctl_answer *answer)
{
	if (answer->json != NULL && cJSON_HasObjectItem(answer->json, "cases")) {
		(void)print_cases(ctl, answer->json);
		if (ctl_wants_json(ctl))
			ctl_print_json(answer->json);
	}
	return ctl_complain(code, "%s", ctl_api_problem(ctl->api));
}

int ctl_run_policy_activate(struct ctl *ctl)
{
	static char previous[] = "previous", none[] = "0";
	const char *verb = ctl->args.command->verb;
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };

	if (strcmp(verb, "activate") != 0)
		ctl->args.value[CTL_RULES] = strcmp(verb, "off") == 0 ? none : previous;
	int code = ctl_ask(ctl, "POST", VERSION ":activate", NULL, &answer);
	if (code != CTL_OK)
		return refused(ctl, code, &answer);
	if (ctl_wants_json(ctl)) {
		ctl_print_json(answer.json);
		return CTL_OK;
	}
	const int64_t active = number_of(answer.json, "active"), before = number_of(answer.json, "previous");
	print_name(active);
	(void)printf(" decide from now on\n");
	if (before == active)
		return CTL_OK;
	print_name(before);
	(void)printf(" decided before; back to that: openesctl policy rollback --tenant %s\n", ctl_value(ctl, CTL_TENANT));
	return CTL_OK;
}

/* ---- test ---- */

struct totals {
	cJSON *sum; /* as the answers, added up */
	char cursor[24];
	int64_t told_ms;
	bool ended;
};

static const char *const counts[] = { "lines", "requests", "changed", "refused" };
static const char *const tables[] = { "changed_by_app", "devices_by_rule" };

/* Adds what `page` counts to what `sum` has. */
static bool add_number(cJSON *sum, const char *name, const cJSON *page)
{
	cJSON *have = cJSON_GetObjectItemCaseSensitive(sum, name);
	const cJSON *more = cJSON_GetObjectItemCaseSensitive(page, name);

	if (have == NULL)
		have = cJSON_AddNumberToObject(sum, name, 0);
	if (have != NULL && cJSON_IsNumber(more))
		cJSON_SetNumberValue(have, have->valuedouble + more->valuedouble);
	return have != NULL;
}

static bool add_table(cJSON *sum, const char *name, const cJSON *page)
{
	cJSON *have = cJSON_GetObjectItemCaseSensitive(sum, name);
	const cJSON *more = cJSON_GetObjectItemCaseSensitive(page, name), *item;
	bool good = true;

	if (have == NULL)
		have = cJSON_AddObjectToObject(sum, name);
	cJSON_ArrayForEach(item, more) good = good && add_number(have, item->string, more);
	return have != NULL && good;
}

static bool add_examples(cJSON *sum, const cJSON *page)
{
	cJSON *have = cJSON_GetObjectItemCaseSensitive(sum, "examples");
	const cJSON *item;

	if (have == NULL)
		have = cJSON_AddArrayToObject(sum, "examples");
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(page, "examples"))
	{
		if (cJSON_GetArraySize(have) >= EXAMPLES_MAX)
			break;
		cJSON *copy = cJSON_Duplicate(item, true);
		if (copy == NULL || !cJSON_AddItemToArray(have, copy)) {
			cJSON_Delete(copy);
			return false;
		}
	}
	return have != NULL;
}

/* The cases come with the first page. */
static bool add_page(struct totals *t, const cJSON *page)
{
	const cJSON *cases = cJSON_GetObjectItemCaseSensitive(page, "cases");
	const char *next = es_json_str(page, "next");
	bool good = cases == NULL || cJSON_AddItemToObject(t->sum, "cases", cJSON_Duplicate(cases, true));

	for (size_t i = 0; i < ES_COUNT(counts); i++)
		good = good && add_number(t->sum, counts[i], page);
	for (size_t i = 0; i < ES_COUNT(tables); i++)
		good = good && add_table(t->sum, tables[i], page);
	good = good && add_examples(t->sum, page);
	t->ended = next == NULL || next[0] == '\0' || strcmp(next, t->cursor) == 0;
	(void)snprintf(t->cursor, sizeof t->cursor, "%s", next != NULL ? next : "");
	return good;
}

static void tell_progress(struct totals *t)
{
	if (t->ended || es_mono_ms() - t->told_ms < TELL_MS)
		return;
	t->told_ms = es_mono_ms();
	(void)fprintf(stderr, "%lld lines so far\n", (long long)number_of(t->sum, "lines"));
}

static int page_get(struct ctl *ctl, const cJSON *document, struct totals *t)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	char path[128];

	(void)snprintf(path, sizeof path, VERSION ":test?limit=%d%s%s", PAGE, t->cursor[0] != '\0' ? "&cursor=" : "",
	               t->cursor); /* an IMSI: nothing to escape */
	const bool is_first = t->cursor[0] == '\0';
	int code = ctl_request(ctl, "POST", path, document, &answer);
	if (code != CTL_OK)
		return code;
	if (!add_page(t, answer.json))
		return ctl_complain(CTL_REFUSED, "out of memory");
	if (is_first)
		(void)print_cases(ctl, answer.json);
	tell_progress(t);
	return CTL_OK;
}

static void print_table(const cJSON *sum, const char *name, const char *title)
{
	const cJSON *table = cJSON_GetObjectItemCaseSensitive(sum, name), *item;

	if (cJSON_GetArraySize(table) > 0)
		(void)printf("%s\n", title);
	cJSON_ArrayForEach(item, table)(void) printf("  %-16s %.0f\n", item->string, item->valuedouble);
}

static void print_answer(const char *title, const char *answer)
{
	const size_t len = strlen(answer);

	(void)printf("    %s ", title);
	for (size_t i = 0; i < len && i < SHOWN_MAX; i++)
		(void)putchar((unsigned char)answer[i] < ' ' ? '?' : answer[i]);
	(void)puts(len > SHOWN_MAX ? "..." : "");
}

static void print_totals(const cJSON *sum)
{
	const cJSON *examples = cJSON_GetObjectItemCaseSensitive(sum, "examples"), *item;

	(void)printf("%lld lines looked at; their devices make %lld requests, one for each application\n",
	             (long long)number_of(sum, "lines"), (long long)number_of(sum, "requests"));
	(void)printf("%lld answers would change, %lld devices would be refused\n", (long long)number_of(sum, "changed"),
	             (long long)number_of(sum, "refused"));
	print_table(sum, "changed_by_app", "answers that would change, by application:");
	print_table(sum, "devices_by_rule", "devices a rule applies to:");
	if (cJSON_GetArraySize(examples) > 0)
		(void)printf("the first of them:\n");
	cJSON_ArrayForEach(item, examples)
	{
		(void)printf("  %s %s ", text_of(item, "app"), text_of(item, "imsi"));
		print_text(text_of(item, "terminal_id"));
		(void)putchar('\n');
		print_answer("now ", text_of(item, "before"));
		print_answer("then", text_of(item, "after"));
	}
}

/* The rules of a file have no number: they are sent along with each page. */
static int find_rules(struct ctl *ctl, cJSON **document)
{
	static char fresh[] = "new";
	char *what = ctl->args.value[CTL_FILE];

	if (es_text_is_digits(es_slice_str(what))) {
		ctl->args.value[CTL_RULES] = what;
		return CTL_OK;
	}
	ctl->args.value[CTL_RULES] = fresh;
	return ctl_json_file(what, document);
}

int ctl_run_policy_test(struct ctl *ctl)
{
	ES_CLEANUP(es_json_done) cJSON *document = NULL;
	ES_CLEANUP(es_json_done) cJSON *sum = cJSON_CreateObject();
	struct totals totals = { .sum = sum, .told_ms = es_mono_ms() };

	if (sum == NULL)
		return CTL_REFUSED;
	int code = find_rules(ctl, &document);
	while (code == CTL_OK && !totals.ended)
		code = page_get(ctl, document, &totals);
	if (code != CTL_OK)
		return code;
	if (ctl_wants_json(ctl))
		ctl_print_json(sum);
	else
		print_totals(sum);
	const cJSON *cases = cJSON_GetObjectItemCaseSensitive(sum, "cases");
	const int failed = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(cases, "failed"));
	return failed == 0 ? CTL_OK : ctl_complain(CTL_REFUSED, "%d expectations of the cases are not met", failed);
}
