/* policy_bss_map.h -- from what a BSS says of a line to a patch of our subscriber, by a mapping document (docs/bss.md).
 *
 *     { "base": "tmf637", "root": "[status=active]",
 *       "members": { "plan": { "from": "productOffering.id", "values": { "PO-7": "gold" }, "required": true },
 *                    "vowifi.provisioning": { "from": ["a.b", "c"], "values": { "on": "provisioned", "*": "not_provisioned" },
 *                                             "default": "not_provisioned" } } }
 *
 * Members are those of the subscriber resource, groups with a dot. Everything that can be wrong with a mapping is found
 * when it is read, the words of its tables included. Pure. */
#ifndef POLICY_BSS_MAP_H
#define POLICY_BSS_MAP_H

#include "es_json.h"

struct policy_bss_map;

/* Of answers and events; a mapping itself is ES_JSON_SMALL. */
#define POLICY_BSS_JSON ((struct es_json_limits){ 262144, 16, 8192 })

/* "subscriber" (the resource as the operators' API has it), "tmf637", "tmf638". NULL: there is none of that name. The
 * document, as an example for people, too. */
const char *policy_bss_map_document(const char *name);

/* ES_MALFORMED: `error` says which member, and what is wrong with it. Free with policy_bss_map_free(). */
es_status policy_bss_map_parse(struct es_slice text, struct policy_bss_map **out, struct es_buf *error) ES_MUST_USE;
void policy_bss_map_free(struct policy_bss_map *map); /* NULL is fine */

enum policy_bss_found {
	POLICY_BSS_FOUND,  /* `patch` is the caller's */
	POLICY_BSS_NOBODY, /* nothing at the root, or an empty list: the BSS knows no such line */
};
/* `is_part`: an event, which need not say everything: neither defaults nor required members count. ES_MALFORMED with a
 * sentence in `error`: the answer is not what the mapping knows. Any thread: the map is only read. */
es_status policy_bss_map_apply(const struct policy_bss_map *map, const cJSON *answer, bool is_part,
                               enum policy_bss_found *found, cJSON **patch, struct es_buf *error) ES_MUST_USE;

#endif
