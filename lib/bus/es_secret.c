/* es_secret.c -- reads a secret from a file and refuses one that is not kept like a secret. */
#include "es_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_crypto.h"
#include "es_text.h"

/* The digits, blanks around them, and one octet more than that, to notice a file that holds something else. */
#define TEXT_MAX 128

static es_status read_text(int fd, const char *path, char text[TEXT_MAX], size_t *len, struct es_buf *error)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		es_put_printf(error, "%s is not a file", path);
		return ES_MALFORMED;
	}
	if ((st.st_mode & ES_SECRET_FORBIDDEN) != 0) {
		es_put_printf(error, "%s can be read by others, or written by more than its owner (chmod 600)", path);
		return ES_DENIED;
	}
	ssize_t n = read(fd, text, TEXT_MAX);
	if (n < 0) {
		es_put_printf(error, "%s: %s", path, strerror(errno));
		return ES_DENIED;
	}
	*len = (size_t)n;
	return ES_OK;
}

es_status es_secret_load(const char *path, uint8_t out[ES_SECRET_SIZE], struct es_buf *error)
{
	char text[TEXT_MAX];
	size_t len = 0;

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		es_put_printf(error, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? ES_NOT_FOUND : ES_DENIED;
	}
	es_status status = read_text(fd, path, text, &len, error);
	(void)close(fd);
	if (status == ES_OK) {
		status = es_hex_decode(es_slice_trim(es_slice_of(text, len)), out, ES_SECRET_SIZE);
		if (status != ES_OK) {
			es_put_printf(error, "%s does not hold 64 hexadecimal digits", path);
		}
	}
	es_wipe(text, sizeof text);
	return status;
}
