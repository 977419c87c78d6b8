/* ctl_tree.c -- why a decision is what it is: the rules in the order they were looked at, then what they led to. Pure. */
#include <string.h>

#include "ctl_view.h"
#include "es_json.h"
#include "es_slice.h"

#define DEPTH_MAX 16

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

static void put_node(struct es_buf *out, struct branch *b, const cJSON *node);

static void put_children(struct es_buf *out, struct branch *b, const cJSON *node, bool is_last)
{
	if (b->depth + 1 >= DEPTH_MAX)
		return;
	b->more[b->depth++] = !is_last;
	for (const cJSON *child = node->child; child != NULL; child = child->next)
		put_node(out, b, child);
	b->depth--;
}

/* {"rule", "saw", "said"} is one line; objects and arrays branch; the rest is "name: value". */
static void put_node(struct es_buf *out, struct branch *b, const cJSON *node)
{
	bool is_last = node->next == NULL;
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

void ctl_tree_write(const cJSON *explained, struct es_buf *out)
{
	struct branch b = { .depth = 0 };
	const char *app = es_json_str(explained, "app");

	es_put_printf(out, "%s\n", app != NULL ? app : "decision");
	for (const cJSON *child = explained->child; child != NULL; child = child->next) {
		if (child->string == NULL || strcmp(child->string, "app") != 0)
			put_node(out, &b, child);
	}
}
