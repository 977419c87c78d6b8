/* es_config_file.c -- a configuration file into memory, with a sentence when that fails. */
#include "es_config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static es_status read_fd(int fd, struct es_buf *out)
{
	for (;;) {
		uint8_t chunk[4096];
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (n == 0)
			return es_buf_status(out);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ES_UNAVAILABLE;
		es_put_bytes(out, es_slice_of(chunk, (size_t)n));
		explicit_bzero(chunk, (size_t)n);
		ES_TRY(es_buf_status(out));
	}
}

es_status conf_file_read(const char *path, struct es_buf *out, struct es_buf *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	es_status status = fd < 0 ? (errno == ENOENT ? ES_NOT_FOUND : ES_UNAVAILABLE) : read_fd(fd, out);

	if (status == ES_TOO_LARGE)
		es_put_printf(error, "%s: larger than %d octets", path, CONF_FILE_MAX);
	else if (status != ES_OK)
		es_put_printf(error, "%s: %s", path, strerrordesc_np(errno));
	if (fd >= 0)
		(void)close(fd);
	return status;
}
