/* ctl_view.c -- JSON for people. Pure. */
#include "ctl_view.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_slice.h"

#define COLUMNS_MAX 16
#define CELL_MAX 512
#define GAP 2

static void put_text(struct es_buf *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		es_put_u8(out, (unsigned char)*p < ' ' || *p == 0x7f ? (uint8_t)'?' : (uint8_t)*p);
}

static void put_array(struct es_buf *out, const cJSON *array)
{
	for (const cJSON *item = array->child; item != NULL; item = item->next) {
		ctl_view_value(item, out);
		if (item->next != NULL)
			es_put_str(out, ", ");
	}
}

void ctl_view_value(const cJSON *value, struct es_buf *out)
{
	if (cJSON_IsString(value) && value->valuestring[0] != '\0')
		put_text(out, value->valuestring);
	else if (cJSON_IsBool(value))
		es_put_str(out, cJSON_IsTrue(value) ? "yes" : "no");
	else if (cJSON_IsNumber(value))
		es_put_printf(out, "%.17g", value->valuedouble);
	else if (cJSON_IsArray(value) && value->child != NULL)
		put_array(out, value);
	else if (cJSON_IsObject(value) && value->child != NULL) {
		for (const cJSON *item = value->child; item != NULL; item = item->next) {
			es_put_printf(out, "%s ", item->string);
			ctl_view_value(item, out);
			if (item->next != NULL)
				es_put_str(out, ", ");
		}
	} else
		es_put_str(out, "-");
}

const cJSON *ctl_view_member(const cJSON *object, const char *path)
{
	struct es_slice rest = es_slice_str(path);

	while (rest.ptr != NULL && object != NULL) {
		struct es_slice name = es_slice_cut(&rest, '.');
		const cJSON *item = object->child;
		while (item != NULL && (item->string == NULL || !es_slice_eq_str(name, item->string)))
			item = item->next;
		object = item;
	}
	return object;
}

/* Characters of UTF-8 text: continuation octets take no room on the screen. */
static size_t width_of(struct es_slice text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += (text.ptr[i] & 0xc0) != 0x80;
	return n;
}

struct cell {
	uint8_t text[CELL_MAX];
	struct es_buf buf;
};

static struct es_slice cell_of(const cJSON *item, const char *member, struct cell *cell)
{
	es_buf_init_fixed(&cell->buf, cell->text, sizeof cell->text);
	ctl_view_value(ctl_view_member(item, member), &cell->buf);
	return es_buf_slice(&cell->buf);
}

static void put_padded(struct es_buf *out, struct es_slice text, size_t width, bool is_last)
{
	es_put_bytes(out, text);
	for (size_t n = width_of(text); !is_last && n < width + GAP; n++)
		es_put_u8(out, ' ');
	if (is_last)
		es_put_u8(out, '\n');
}

void ctl_view_lines(const struct ctl_view *view, const cJSON *array, bool header, struct es_buf *out)
{
	size_t widths[COLUMNS_MAX] = { 0 }, count = 0;
	struct cell cell;

	for (; view->columns[count].title != NULL && count < COLUMNS_MAX; count++) {
		const struct ctl_column *column = &view->columns[count];
		widths[count] = column->width > strlen(column->title) ? column->width : strlen(column->title);
		for (const cJSON *item = array->child; item != NULL; item = item->next) {
			size_t width = width_of(cell_of(item, column->member, &cell));
			widths[count] = width > widths[count] ? width : widths[count];
		}
	}
	for (size_t i = 0; header && i < count; i++)
		put_padded(out, es_slice_str(view->columns[i].title), widths[i], i + 1 == count);
	for (const cJSON *item = array->child; item != NULL; item = item->next) {
		for (size_t i = 0; i < count; i++)
			put_padded(out, cell_of(item, view->columns[i].member, &cell), widths[i], i + 1 == count);
	}
}

/* ---- one thing ---- */

struct listing {
	struct es_buf *out; /* NULL: only measure */
	size_t width;
};

static void list_member(struct listing *l, const char *prefix, const cJSON *item)
{
	char name[128];
	struct es_buf text;

	es_buf_init_fixed(&text, name, sizeof name - 1);
	es_put_printf(&text, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", item->string != NULL ? item->string : "");
	name[text.len] = '\0';
	if (cJSON_IsObject(item) && item->child != NULL) {
		for (const cJSON *inner = item->child; inner != NULL; inner = inner->next)
			list_member(l, name, inner);
		return;
	}
	if (l->out == NULL) {
		l->width = text.len > l->width ? text.len : l->width;
		return;
	}
	put_padded(l->out, es_buf_slice(&text), l->width, false);
	ctl_view_value(item, l->out);
	es_put_u8(l->out, '\n');
}

static bool is_array_of_objects(const cJSON *item)
{
	return cJSON_IsArray(item) && cJSON_IsObject(item->child);
}

void ctl_view_object(const cJSON *object, struct es_buf *out)
{
	struct listing measure = { .out = NULL };

	for (const cJSON *item = object->child; item != NULL; item = item->next)
		list_member(&measure, "", item);
	struct listing list = { .out = out, .width = measure.width };
	for (const cJSON *item = object->child; item != NULL; item = item->next) {
		if (!is_array_of_objects(item)) {
			list_member(&list, "", item);
			continue;
		}
		for (const cJSON *element = item->child; element != NULL; element = element->next) {
			es_put_printf(out, "%s:\n", item->string);
			for (const cJSON *inner = element->child; inner != NULL; inner = inner->next) {
				es_put_str(out, "  ");
				list_member(&list, "", inner);
			}
		}
	}
}
