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

static es_status read_all(int fd, const char *path, uint8_t *out, size_t size, size_t *len, struct es_buf *error)
{
	ssize_t n;

	*len = 0;
	while (*len < size && (n = read(fd, out + *len, size - *len)) != 0) {
		if (n > 0) {
			*len += (size_t)n;
		} else if (errno != EINTR) {
			es_put_printf(error, "%s: cannot be read: %s", path, strerror(errno));
			return ES_DENIED;
		}
	}
	return ES_OK;
}

static es_status check(int fd, const char *path, struct es_buf *error)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		es_put_printf(error, "%s: not a file", path);
		return ES_MALFORMED;
	}
	if ((st.st_mode & ES_SECRET_FORBIDDEN) != 0) {
		es_put_printf(error, "%s: others may read or its group may write this key file; chmod 640 or 600 it", path);
		return ES_DENIED;
	}
	return ES_OK;
}

es_status es_secret_file(const char *path, void *out, size_t size, size_t *len, struct es_buf *error)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		es_put_printf(error, "%s: cannot be read: %s", path, strerror(errno));
		return errno == ENOENT ? ES_NOT_FOUND : ES_DENIED;
	}
	es_status status = check(fd, path, error);
	if (status == ES_OK)
		status = read_all(fd, path, out, size, len, error);
	(void)close(fd);
	return status;
}

es_status es_secret_load(const char *path, uint8_t out[ES_SECRET_SIZE], struct es_buf *error)
{
	char text[TEXT_MAX];
	size_t len = 0;

	es_status status = es_secret_file(path, text, sizeof text, &len, error);
	if (status == ES_OK) {
		status = es_hex_decode(es_slice_trim(es_slice_of(text, len)), out, ES_SECRET_SIZE);
		if (status != ES_OK) {
			es_put_printf(error, "%s does not hold 64 hexadecimal digits", path);
		}
	}
	es_wipe(text, sizeof text);
	return status;
}

/* A password is one line that somebody typed; it goes into headers and forms. */
static bool is_line(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			return false;
	return text.len > 0;
}

es_status es_secret_text_load(const char *path, struct es_buf *out, struct es_buf *error)
{
	char text[ES_SECRET_TEXT_MAX + 2];
	size_t len = 0;

	es_status status = es_secret_file(path, text, sizeof text, &len, error);
	if (status == ES_OK) {
		struct es_slice line = es_slice_trim(es_slice_of(text, len));
		if (len > ES_SECRET_TEXT_MAX || !is_line(line)) {
			es_put_printf(error, "%s does not hold one line of at most %d octets", path, ES_SECRET_TEXT_MAX);
			status = ES_MALFORMED;
		} else {
			es_put_bytes(out, line);
			status = es_buf_status(out);
		}
	}
	es_wipe(text, sizeof text);
	return status;
}
