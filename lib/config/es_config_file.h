/* es_config_file.h -- reading a configuration file whole. Inside lib/config only. */
#ifndef ES_CONFIG_FILE_H
#define ES_CONFIG_FILE_H

#include "es_buf.h"
#include "es_status.h"

enum { CONF_FILE_MAX = 256 * 1024 }; /* octets */

/* The caller wipes `out`: there may be a password in it. */
es_status conf_file_read(const char *path, struct es_buf *out, struct es_buf *error) ES_MUST_USE;

#endif
