/* policy_condition.c -- conditions read from JSON into a tree of tests, and looked at for one request. */
#include "policy_condition.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "es_cleanup.h"
#include "es_text.h"

#define NESTING_MAX 6

enum operation { IS, NOT, HAS, PREFIX, FROM, BELOW, BETWEEN, KNOWN };

struct operand {
	const char *text;
	int64_t number;
	const struct policy_named_list *list; /* NULL: the value itself */
};

struct test {
	enum operation operation;
	const struct operand *operands;
	size_t count;
};

enum form { ALL, ANY, NONE, FACT };

struct policy_condition {
	enum form form;
	const struct policy_condition **parts; /* of all but FACT */
	size_t part_count;
	struct policy_fact_ref fact;
	const struct test *tests;
	size_t test_count;
	const char *wanted;
};

/* ---- lists ---- */

static int text_order(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

void policy_named_list_sort(struct policy_named_list *list)
{
	if (list->items.count > 0)
		qsort(list->items.items, list->items.count, sizeof *list->items.items, text_order);
}

static bool list_has(const struct policy_named_list *list, const char *text)
{
	return list->items.count > 0 &&
	       bsearch(&text, list->items.items, list->items.count, sizeof *list->items.items, text_order) != NULL;
}

/* ---- reading ---- */

static es_status refuse(const struct policy_condition_reader *r, const char *path, const char *error)
{
	*r->fault = (struct policy_fault){ path, error };
	return ES_MALFORMED;
}

static const char *below(const struct policy_condition_reader *r, const char *path, const char *name)
{
	return es_arena_printf(r->arena, "%s.%.64s", path, name);
}

static const struct policy_named_list *find_list(const struct policy_condition_reader *r, const char *name)
{
	for (size_t i = 0; i < r->list_count; i++)
		if (strcmp(r->lists[i].name, name) == 0)
			return &r->lists[i];
	return NULL;
}

/* "22:30" */
static es_status parse_clock(const char *text, int64_t *out)
{
	struct es_slice minutes = es_slice_str(text), hours = es_slice_cut(&minutes, ':');
	uint32_t h = 0, m = 0;

	if (hours.len != 2 || minutes.len != 2)
		return ES_MALFORMED;
	ES_TRY(es_parse_u32(hours, 0, 23, &h));
	ES_TRY(es_parse_u32(minutes, 0, 59, &m));
	*out = (int64_t)h * 60 + m;
	return ES_OK;
}

/* All that a double tells apart from its neighbours. */
static bool is_whole(double number)
{
	return number >= -1e15 && number <= 1e15 && (double)(int64_t)number >= number && (double)(int64_t)number <= number;
}

/* The operator's own facts may be of any kind: the operand's own decides then. */
static es_status read_operand(const struct policy_condition_reader *r, const struct policy_fact_ref *fact,
                              const cJSON *json, const char *path, struct operand *out)
{
	const int kind = fact->fact != NULL ? (int)fact->fact->kind : -1;
	const bool is_text = kind < 0 || kind == POLICY_VALUE_TEXT || kind == POLICY_VALUE_SET;

	*out = (struct operand){ .text = NULL };
	if (cJSON_IsString(json) && json->valuestring[0] == '@') {
		out->list = find_list(r, json->valuestring + 1);
		return out->list != NULL && is_text ? ES_OK : refuse(r, path, "names a list that the rules do not have");
	}
	if (cJSON_IsString(json) && is_text) {
		out->text = es_arena_strdup(r->arena, es_slice_str(json->valuestring));
		return out->text != NULL ? ES_OK : ES_TOO_LARGE;
	}
	if (cJSON_IsString(json) && kind == POLICY_VALUE_CLOCK && parse_clock(json->valuestring, &out->number) == ES_OK)
		return ES_OK;
	if (cJSON_IsString(json) && kind == POLICY_VALUE_TIME &&
	    policy_time_parse(es_slice_str(json->valuestring), &out->number) == ES_OK)
		return ES_OK;
	if (cJSON_IsBool(json) && (kind < 0 || kind == POLICY_VALUE_BOOL)) {
		out->number = cJSON_IsTrue(json);
		return ES_OK;
	}
	if (cJSON_IsNumber(json) && (kind < 0 || kind == POLICY_VALUE_NUMBER) && is_whole(json->valuedouble)) {
		out->number = (int64_t)json->valuedouble;
		return ES_OK;
	}
	static const char *const expected[] = {
		"must be a text", "must be a whole number",          "must be true or false",
		"must be a text", "must be a time of day, as 22:00", "must be a time, as 2026-01-01T00:00:00Z"
	};
	return refuse(r, path, kind < 0 ? "must be a text, a whole number, true or false" : expected[kind]);
}

static es_status read_operands(const struct policy_condition_reader *r, const struct policy_fact_ref *fact,
                               const cJSON *json, const char *path, struct test *out)
{
	const size_t count = cJSON_IsArray(json) ? (size_t)cJSON_GetArraySize(json) : 1;
	struct operand *operands = es_arena_array(r->arena, count, sizeof *operands);
	const cJSON *element;
	size_t i = 0;

	if (operands == NULL)
		return ES_TOO_LARGE;
	if (count == 0)
		return refuse(r, path, "has no value");
	out->operands = operands;
	out->count = count;
	if (!cJSON_IsArray(json))
		return read_operand(r, fact, json, path, &operands[0]);
	cJSON_ArrayForEach(element, json) ES_TRY(read_operand(r, fact, element, path, &operands[i++]));
	return ES_OK;
}

#define KIND(kind) (1u << (kind))
#define ANY_KIND UINT32_MAX
#define OWN_KINDS (KIND(POLICY_VALUE_TEXT) | KIND(POLICY_VALUE_NUMBER) | KIND(POLICY_VALUE_BOOL))

static const struct {
	const char *name;
	uint32_t kinds; /* that it makes sense for */
} operations[] = {
	[IS] = { "is", ANY_KIND },
	[NOT] = { "not", ANY_KIND },
	[HAS] = { "has", KIND(POLICY_VALUE_SET) },
	[PREFIX] = { "prefix", KIND(POLICY_VALUE_TEXT) },
	[FROM] = { "from", ~KIND(POLICY_VALUE_SET) & ~KIND(POLICY_VALUE_BOOL) },
	[BELOW] = { "below", ~KIND(POLICY_VALUE_SET) & ~KIND(POLICY_VALUE_BOOL) },
	[BETWEEN] = { "between", KIND(POLICY_VALUE_CLOCK) },
	[KNOWN] = { "known", ANY_KIND },
};

static es_status read_known(const struct policy_condition_reader *r, const cJSON *json, const char *path,
                            struct test *out)
{
	struct operand *operand = es_arena_alloc(r->arena, sizeof *operand);

	if (operand == NULL)
		return ES_TOO_LARGE;
	if (!cJSON_IsBool(json))
		return refuse(r, path, "must be true or false");
	*operand = (struct operand){ .number = cJSON_IsTrue(json) };
	out->operands = operand;
	out->count = 1;
	return ES_OK;
}

static bool has_lists(const struct test *test)
{
	for (size_t i = 0; i < test->count; i++)
		if (test->operands[i].list != NULL)
			return true;
	return false;
}

static bool are_texts(const struct test *test)
{
	for (size_t i = 0; i < test->count; i++)
		if (test->operands[i].list == NULL && test->operands[i].text == NULL)
			return false;
	return true;
}

static es_status read_operation(const struct policy_condition_reader *r, const struct policy_fact_ref *fact,
                                const cJSON *json, const char *path, struct test *out)
{
	const char *here = below(r, path, json->string);
	size_t op = 0;

	if (here == NULL)
		return ES_TOO_LARGE;
	while (op < ES_COUNT(operations) && strcmp(operations[op].name, json->string) != 0)
		op++;
	if (op == ES_COUNT(operations))
		return refuse(r, here, "must be one of: is, not, has, prefix, from, below, between, known");
	if ((operations[op].kinds & (fact->fact != NULL ? KIND(fact->fact->kind) : OWN_KINDS)) == 0)
		return refuse(r, here, "has no meaning for this fact");
	out->operation = (enum operation)op;
	if (op == KNOWN)
		return read_known(r, json, here, out);
	ES_TRY(read_operands(r, fact, json, here, out));
	if ((op == FROM || op == BELOW) && (out->count != 1 || has_lists(out)))
		return refuse(r, here, "must be one value");
	if (op == PREFIX && !are_texts(out))
		return refuse(r, here, "must be a text");
	if (op == BETWEEN && out->count != 2)
		return refuse(r, here, "must be two times of day");
	return ES_OK;
}

static es_status read_tests(const struct policy_condition_reader *r, const cJSON *json, const char *path,
                            struct policy_condition *out)
{
	const size_t count = cJSON_IsObject(json) ? (size_t)cJSON_GetArraySize(json) : 1;
	struct test *tests = es_arena_array(r->arena, count, sizeof *tests);
	const cJSON *element;
	size_t i = 0;

	if (tests == NULL)
		return ES_TOO_LARGE;
	if (count == 0)
		return refuse(r, path, "has no test");
	out->tests = tests;
	out->test_count = count;
	if (!cJSON_IsObject(json))
		return read_operands(r, &out->fact, json, path, &tests[0]);
	cJSON_ArrayForEach(element, json) ES_TRY(read_operation(r, &out->fact, element, path, &tests[i++]));
	return ES_OK;
}

static es_status read_fact(const struct policy_condition_reader *r, const cJSON *json, const char *path,
                           struct policy_condition *out)
{
	const char *name = es_arena_strdup(r->arena, es_slice_str(json->string));
	char *text = cJSON_PrintUnformatted(json);
	char *wanted = text != NULL ? es_arena_printf(r->arena, "%.120s", text) : NULL;

	cJSON_free(text);
	if (name == NULL || wanted == NULL)
		return ES_TOO_LARGE;
	if (policy_fact_find(name, &out->fact) != ES_OK)
		return refuse(r, path, "is no fact that rules can look at");
	if (r->needs != NULL && out->fact.fact != NULL)
		*r->needs |= out->fact.fact->needs;
	out->form = FACT;
	out->wanted = wanted;
	return read_tests(r, json, path, out);
}

static es_status read_node(const struct policy_condition_reader *r, const cJSON *json, const char *path, unsigned depth,
                           const struct policy_condition **out);

/* all, any, not. */
static es_status read_group(const struct policy_condition_reader *r, const cJSON *json, const char *path,
                            unsigned depth, struct policy_condition *out)
{
	const bool is_none = strcmp(json->string, "not") == 0;
	const size_t count = cJSON_IsArray(json) ? (size_t)cJSON_GetArraySize(json) : 1;
	const cJSON *element;
	size_t i = 0;

	out->form = is_none ? NONE : strcmp(json->string, "any") == 0 ? ANY : ALL;
	out->parts = es_arena_array(r->arena, count, sizeof *out->parts);
	out->part_count = count;
	if (out->parts == NULL)
		return ES_TOO_LARGE;
	if (is_none)
		return read_node(r, json, path, depth + 1, &out->parts[0]);
	if (!cJSON_IsArray(json) || count == 0)
		return refuse(r, path, "must be an array of conditions");
	cJSON_ArrayForEach(element, json)
	{
		const char *here = es_arena_printf(r->arena, "%s[%zu]", path, i);
		if (here == NULL)
			return ES_TOO_LARGE;
		ES_TRY(read_node(r, element, here, depth + 1, &out->parts[i++]));
	}
	return ES_OK;
}

static bool is_group(const char *name)
{
	return strcmp(name, "all") == 0 || strcmp(name, "any") == 0 || strcmp(name, "not") == 0;
}

static es_status read_member(const struct policy_condition_reader *r, const cJSON *json, const char *path,
                             unsigned depth, const struct policy_condition **out)
{
	struct policy_condition *node = es_arena_alloc(r->arena, sizeof *node);
	const char *here = below(r, path, json->string);

	if (node == NULL || here == NULL)
		return ES_TOO_LARGE;
	*out = node;
	return is_group(json->string) ? read_group(r, json, here, depth, node) : read_fact(r, json, here, node);
}

static es_status read_node(const struct policy_condition_reader *r, const cJSON *json, const char *path, unsigned depth,
                           const struct policy_condition **out)
{
	struct policy_condition *node = es_arena_alloc(r->arena, sizeof *node);
	const cJSON *member;

	if (!cJSON_IsObject(json))
		return refuse(r, path, "must be an object of facts and tests");
	if (depth == NESTING_MAX)
		return refuse(r, path, "is nested too deeply");
	if (node == NULL)
		return ES_TOO_LARGE;
	node->form = ALL;
	node->parts = es_arena_array(r->arena, (size_t)cJSON_GetArraySize(json), sizeof *node->parts);
	if (node->parts == NULL)
		return ES_TOO_LARGE;
	cJSON_ArrayForEach(member, json) ES_TRY(read_member(r, member, path, depth, &node->parts[node->part_count++]));
	*out = node;
	return ES_OK;
}

es_status policy_condition_read(const struct policy_condition_reader *reader, const cJSON *json, const char *path,
                                const struct policy_condition **out)
{
	return read_node(reader, json, path, 0, out);
}

/* ---- looking ---- */

/* "14.10" is above "14.9": runs of digits count as numbers, the rest as it stands. */
static int version_order(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		size_t digits_a = strspn(a, "0123456789"), digits_b = strspn(b, "0123456789");
		if (digits_a == 0 || digits_b == 0) {
			int order = strncasecmp(a++, b++, 1);
			if (order != 0)
				return order;
			continue;
		}
		const size_t zeros_a = strspn(a, "0"), zeros_b = strspn(b, "0");
		const size_t skip_a = zeros_a < digits_a ? zeros_a : digits_a, skip_b = zeros_b < digits_b ? zeros_b : digits_b;
		if (digits_a - skip_a != digits_b - skip_b)
			return digits_a - skip_a < digits_b - skip_b ? -1 : 1;
		int order = strncmp(a + skip_a, b + skip_b, digits_a - skip_a);
		if (order != 0)
			return order;
		a += digits_a;
		b += digits_b;
	}
	return (*a != '\0') - (*b != '\0');
}

static bool has_prefix(const char *text, const struct operand *operand)
{
	if (operand->list == NULL)
		return strncasecmp(text, operand->text, strlen(operand->text)) == 0;
	for (size_t i = 0; i < operand->list->items.count; i++)
		if (strncasecmp(text, operand->list->items.items[i], strlen(operand->list->items.items[i])) == 0)
			return true;
	return false;
}

static bool text_is(const char *text, const struct operand *operand)
{
	if (operand->list != NULL)
		return list_has(operand->list, text);
	return operand->text != NULL && strcasecmp(text, operand->text) == 0;
}

static bool set_meets(const struct policy_value *value, const struct operand *operand)
{
	for (size_t i = 0; i < value->count; i++)
		if (text_is(value->items[i], operand))
			return true;
	return false;
}

static bool equals(const struct policy_value *value, const struct operand *operand)
{
	switch ((enum policy_value_kind)value->kind) {
	case POLICY_VALUE_TEXT: return text_is(value->text, operand);
	case POLICY_VALUE_SET: return set_meets(value, operand);
	case POLICY_VALUE_NUMBER:
	case POLICY_VALUE_BOOL:
	case POLICY_VALUE_CLOCK:
	case POLICY_VALUE_TIME: return operand->text == NULL && operand->list == NULL && value->number == operand->number;
	}
	return false;
}

static bool is_any(const struct policy_value *value, const struct test *test)
{
	for (size_t i = 0; i < test->count; i++)
		if (equals(value, &test->operands[i]))
			return true;
	return false;
}

static bool has_all(const struct policy_value *value, const struct test *test)
{
	for (size_t i = 0; i < test->count; i++)
		if (!equals(value, &test->operands[i]))
			return false;
	return value->kind == POLICY_VALUE_SET;
}

static bool starts(const struct policy_value *value, const struct test *test)
{
	if (value->kind != POLICY_VALUE_TEXT)
		return false;
	for (size_t i = 0; i < test->count; i++)
		if (has_prefix(value->text, &test->operands[i]))
			return true;
	return false;
}

/* Of a text and a number there is no order. */
static bool is_below(const struct policy_value *value, const struct operand *operand, bool *has_order)
{
	const bool is_text = value->kind == POLICY_VALUE_TEXT;

	*has_order = is_text == (operand->text != NULL);
	if (!*has_order)
		return false;
	return is_text ? version_order(value->text, operand->text) < 0 : value->number < operand->number;
}

static bool is_between(const struct policy_value *value, const struct operand *ends)
{
	const bool after = value->number >= ends[0].number, before = value->number < ends[1].number;
	return ends[0].number <= ends[1].number ? after && before : after || before;
}

static bool test_holds(const struct test *test, const struct policy_value *value, bool known)
{
	bool has_order = false;

	if (test->operation == KNOWN)
		return known == (test->operands[0].number != 0);
	if (!known)
		return test->operation == NOT;
	switch (test->operation) {
	case IS: return is_any(value, test);
	case NOT: return !is_any(value, test);
	case HAS: return has_all(value, test);
	case PREFIX: return starts(value, test);
	case FROM: return !is_below(value, &test->operands[0], &has_order) && has_order;
	case BELOW: return is_below(value, &test->operands[0], &has_order);
	case BETWEEN: return is_between(value, test->operands);
	case KNOWN: break;
	}
	return false;
}

static bool fact_holds(const struct policy_condition *c, const struct policy_context *context,
                       struct policy_condition_why *why)
{
	struct policy_value value;
	const bool known = policy_fact_get(&c->fact, context, &value);
	bool holds = true;

	for (size_t i = 0; holds && i < c->test_count; i++)
		holds = test_holds(&c->tests[i], &value, known);
	if (why != NULL && (!holds || why->fact == NULL))
		*why = (struct policy_condition_why){ &c->fact, c->wanted };
	return holds;
}

static bool holds(const struct policy_condition *c, const struct policy_context *context,
                  struct policy_condition_why *why)
{
	if (c->form == FACT)
		return fact_holds(c, context, why);
	for (size_t i = 0; i < c->part_count; i++) {
		const bool part = holds(c->parts[i], context, why);
		if (part != (c->form == ALL)) /* ALL ends with the first that fails, the others with the first that holds */
			return c->form == ANY;
	}
	return c->form != ANY;
}

bool policy_condition_holds(const struct policy_condition *condition, const struct policy_context *context,
                            struct policy_condition_why *why)
{
	if (why != NULL)
		*why = (struct policy_condition_why){ .fact = NULL };
	return condition == NULL || holds(condition, context, why);
}
