/* notify_smsc_play.c -- for tests: one account at an SMSC, driven by lines on stdin, so that others' SMSCs can be its peer.
 *
 * notify_smsc_play FILE, with one [smsc NAME] in FILE. "wake NUMBER" and "text NUMBER TEXT" send; the verdict is printed when it
 * comes: "NAME verdict reason detail". "state N" waits until it has that state. The end of stdin closes the account. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_config_named.h"
#include "es_crypto.h"
#include "notify_kind.h"

#define DEADLINE 60000

static void told(const struct notify_heard *heard, void *user)
{
	(void)printf("%s %d %s %s\n", (const char *)user, (int)heard->verdict, notify_reason_names[heard->reason],
	             heard->detail);
}

static void send_wake(struct notify_account *account, const char *number)
{
	const struct notify_message message = { .tenant = "demo",
		                                    .imsi = "001010000000001",
		                                    .address = es_slice_str(number),
		                                    .apps = { "ap2003", "ap2004" },
		                                    .app_count = 2,
		                                    .now_ms = es_wall_ms(),
		                                    .expires_ms = es_wall_ms() + DEADLINE,
		                                    .deadline = es_wall_ms() + DEADLINE };
	int64_t again;

	while (account->ops->room(account, &again) == 0 ||
	       account->ops->send(account, &message, told, (void *)(uintptr_t) "wake") == ES_BUSY)
		(void)usleep(1000);
}

static void obey(struct notify_account *account, char *line)
{
	struct es_slice rest = es_slice_str(line);
	const struct es_slice what = es_slice_cut(&rest, ' '), number = es_slice_cut(&rest, ' ');
	const struct notify_text text = {
		.tenant = ES_SLICE_LIT("demo"), .msisdn = number, .text = rest, .deadline = es_wall_ms() + DEADLINE
	};
	char to[32];

	if (!es_slice_to_str(number, to, sizeof to))
		return;
	if (es_slice_eq_str(what, "wake"))
		send_wake(account, to);
	else if (es_slice_eq_str(what, "text") &&
	         account->ops->text(account, &text, told, (void *)(uintptr_t) "text") != ES_OK)
		(void)puts("text not sent");
	else if (es_slice_eq_str(what, "state"))
		while (account->ops->state(account) != (enum notify_account_state)(to[0] - '0'))
			(void)usleep(1000);
}

int main(int argc, char **argv)
{
	const struct es_conf_section kind = { notify_kind_smsc.name, notify_kind_smsc.keys, notify_kind_smsc.key_count,
		                                  notify_kind_smsc.size, false };
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	const struct es_conf_named *named = NULL;
	struct notify_account *account = NULL;
	char why[512] = "", line[1024];
	struct es_buf error;
	size_t count = 0;

	es_crypto_init();
	es_buf_init_fixed(&error, why, sizeof why - 1);
	if (argc != 2 || es_config_named_load(&kind, 1, argv[1], arena, &named, &count, &error) != ES_OK || count != 1 ||
	    notify_kind_smsc.open(&(struct notify_section){ .name = named->name, .config = named->values }, &account,
	                          &error) != ES_OK) {
		(void)fprintf(stderr, "%s\n", why);
		es_arena_free(arena);
		return 1;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		obey(account, line);
	}
	account->ops->close(account);
	es_arena_free(arena);
	return 0;
}
