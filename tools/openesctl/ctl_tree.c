/* ctl_tree.c -- why a decision is what it is: the rules in the order they were looked at, then what they led to. Pure. */
#include <string.h>

#include "ctl_view.h"
#include "es_json.h"
#include "es_slice.h"

#define DEPTH_MAX 16
#define MEMBERS_MAX 32

/* A line's place in the tree: which of its ancestors have more children to come. */
struct branch {
	bool more[DEPTH_MAX];
	unsigned depth;
};

static void put_branch(struct es_buf *out, const struct branch *b, bool is_last)
{
	for (unsigned i = 0; i < b->depth; i++)
		es_put_str(out, b->more[i] ? "│  " : "   ");
	es_put_str(out, is_last ? "└─ " : "├─ ");
}

static void put_node(struct es_buf *out, struct branch *b, const cJSON *node, bool is_last);

static void put_children(struct es_buf *out, struct branch *b, const cJSON *node, bool is_last)
{
	if (b->depth + 1 >= DEPTH_MAX)
		return;
	b->more[b->depth++] = !is_last;
	for (const cJSON *child = node->child; child != NULL; child = child->next)
		put_node(out, b, child, child->next == NULL);
	b->depth--;
}

/* {"rule", "saw", "said"} is one line; objects and arrays branch; the rest is "name: value". */
static void put_node(struct es_buf *out, struct branch *b, const cJSON *node, bool is_last)
{
	const cJSON *rule = ctl_view_member(node, "rule");

	put_branch(out, b, is_last);
	if (cJSON_IsString(rule)) {
		ctl_view_value(rule, out);
		es_put_str(out, ": ");
		ctl_view_value(ctl_view_member(node, "saw"), out);
		es_put_str(out, " → ");
		ctl_view_value(ctl_view_member(node, "said"), out);
		es_put_u8(out, '\n');
		return;
	}
	const char *name = node->string != NULL ? node->string : es_json_str(node, "name");
	bool branches = cJSON_IsObject(node) || (cJSON_IsArray(node) && !cJSON_IsString(node->child));
	if (branches && node->child != NULL) {
		es_put_printf(out, "%s\n", name != NULL ? name : "·");
		put_children(out, b, node, is_last);
		return;
	}
	es_put_printf(out, "%s%s", name != NULL ? name : "", name != NULL ? ": " : "");
	ctl_view_value(node, out);
	es_put_u8(out, '\n');
}

/* What was asked, then why, then what came of it. */
static int rank_of(const cJSON *member)
{
	if (member->string != NULL && strcmp(member->string, "rules") == 0)
		return 1;
	return cJSON_IsObject(member) || cJSON_IsArray(member) ? 2 : 0;
}

void ctl_tree_write(const cJSON *explained, struct es_buf *out)
{
	const cJSON *members[MEMBERS_MAX];
	size_t count = 0;
	struct branch b = { .depth = 0 };
	const char *app = es_json_str(explained, "app");

	es_put_printf(out, "%s\n", app != NULL ? app : "decision");
	for (int rank = 0; rank <= 2; rank++) {
		for (const cJSON *m = explained->child; m != NULL && count < MEMBERS_MAX; m = m->next) {
			if (rank_of(m) == rank && (m->string == NULL || strcmp(m->string, "app") != 0))
				members[count++] = m;
		}
	}
	for (size_t i = 0; i < count; i++)
		put_node(out, &b, members[i], i + 1 == count);
}
