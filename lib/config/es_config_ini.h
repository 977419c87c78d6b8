/* es_config_ini.h -- inih behind a door of our own. Inside lib/config only. Not for several threads at once. */
#ifndef ES_CONFIG_INI_H
#define ES_CONFIG_INI_H

#include <stdbool.h>

#include "es_slice.h"
#include "es_status.h"

/* One "name = value", blanks and comments taken off. False ends the parsing; the callee keeps its reason. */
typedef bool conf_ini_fn(void *user, unsigned line, const char *section, const char *name, const char *value);

/* ES_MALFORMED with the line, and a static sentence or, when `fn` ended it, NULL. ES_TOO_LARGE is lack of memory. */
es_status conf_ini_parse(struct es_slice text, conf_ini_fn *fn, void *user, unsigned *line,
                         const char **reason) ES_MUST_USE;

#endif
