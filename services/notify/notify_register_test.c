/* notify_register_test.c -- V12-NOTIF-02, V12-REQ-16: which action and token make a registration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_register.h"

#define HEX16 "0123456789abcDEF"
#define HEX64 HEX16 HEX16 HEX16 HEX16
#define HEX192 HEX64 HEX64 HEX64

static const struct {
	int32_t action;
	const char *token;
	enum notify_wish wish;
} cases[] = {
	/* 0 disables, whatever the channel was */
	{ 0, "fcm-7Qd", NOTIFY_DISABLE },
	{ 0, "", NOTIFY_REFUSE },
	/* GCM and FCM: anything visible */
	{ 1, "APA91b:x_-Y", NOTIFY_ENABLE },
	{ 2, "cXyz:APA91bH", NOTIFY_ENABLE },
	{ 2, "x", NOTIFY_ENABLE },
	{ 2, "", NOTIFY_REFUSE },
	{ 2, "two words", NOTIFY_REFUSE },
	{ 2, "tab\tin it", NOTIFY_REFUSE },
	{ 2, "\xc3\xa9", NOTIFY_REFUSE },
	/* WNS: the channel URI */
	{ 3, "https://db5.notify.windows.com/?token=AwYAAA%3d", NOTIFY_ENABLE },
	{ 3, "HTTPS://db5.notify.windows.com/", NOTIFY_ENABLE },
	{ 3, "http://db5.notify.windows.com/", NOTIFY_REFUSE },
	{ 3, "https://", NOTIFY_REFUSE },
	{ 3, "https:///path", NOTIFY_REFUSE },
	{ 3, HEX64, NOTIFY_REFUSE },
	/* APNs: whole octets in hexadecimal */
	{ 4, HEX64, NOTIFY_ENABLE },
	{ 4, HEX192 "01234567", NOTIFY_ENABLE },
	{ 4, HEX192 "0123456789", NOTIFY_REFUSE },
	{ 4, HEX64 "0", NOTIFY_REFUSE },
	{ 4, HEX16 HEX16, NOTIFY_REFUSE },
	{ 4, HEX16 HEX16 HEX16 "0123456789abcdeg", NOTIFY_REFUSE },
	/* settled rule 11 */
	{ 5, "fcm-7Qd", NOTIFY_REFUSE },
	{ -1, "fcm-7Qd", NOTIFY_REFUSE },
	{ INT32_MAX, "fcm-7Qd", NOTIFY_REFUSE },
	{ INT32_MIN, "fcm-7Qd", NOTIFY_REFUSE },
};

static void action_and_form_of_the_token_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		enum notify_channel channel = NOTIFY_GCM;
		const enum notify_wish wish = notify_wish_of(cases[i].action, es_slice_str(cases[i].token), &channel);
		if (wish != cases[i].wish)
			print_message("action %d token %s\n", cases[i].action, cases[i].token);
		assert_int_equal(wish, cases[i].wish);
		if (wish == NOTIFY_ENABLE)
			assert_int_equal(channel, cases[i].action);
	}
}

static void a_token_of_4096_octets_is_the_longest(void **state)
{
	static char token[4097];

	(void)state;
	memset(token, 'a', sizeof token);
	assert_true(notify_token_is_valid(NOTIFY_FCM, es_slice_of(token, 4096)));
	assert_false(notify_token_is_valid(NOTIFY_FCM, es_slice_of(token, 4097)));
}

static void it_is_a_duplicate_only_when_nothing_was_new(void **state)
{
	(void)state;
	assert_int_equal(notify_outcome(3, 3), NOTIFY_DUPLICATE_TOKEN);
	assert_int_equal(notify_outcome(3, 2), NOTIFY_SUCCESS);
	assert_int_equal(notify_outcome(1, 0), NOTIFY_SUCCESS);
	assert_int_equal(notify_outcome(0, 0), NOTIFY_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(action_and_form_of_the_token_decide),
		cmocka_unit_test(a_token_of_4096_octets_is_the_longest),
		cmocka_unit_test(it_is_a_duplicate_only_when_nothing_was_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
