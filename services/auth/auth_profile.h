/* auth_profile.h -- after a good authentication: what the HSS says of the subscriber, told to policy before it answers.
 *
 * For tenants with hss_profile, and vectors of an HSS. An HSS or a policy that does not answer costs nothing but the news: the
 * exchange goes on with what policy knows. */
#ifndef AUTH_PROFILE_H
#define AUTH_PROFILE_H

#include "auth_core_event.h"
#include "auth_diameter.h"
#include "auth_env.h"
#include "auth_session.h"

struct auth_profile {
	struct auth_task *task;
	const struct auth_session *session;
	const struct auth_round *round;
	void (*done)(struct auth_profile *profile); /* once, perhaps before auth_profile_take() returns */

	struct auth_profile_ask ask;
	struct auth_core_event event;
	struct auth_core_change change;
};
void auth_profile_take(struct auth_profile *profile);

#endif
