/* esim_peers.h -- who carries out the steps of orders, as the runner sees them: SM-DP+s and BSSs by section name.
 *
 * esim_real_peers.h has the real ones; tests have their own. */
#ifndef ESIM_PEERS_H
#define ESIM_PEERS_H

#include "es_buf.h"
#include "esim_heard.h"
#include "esim_order.h"

/* One step to be carried out. Read before send() returns. */
struct esim_ask {
	const struct esim_order *order;     /* its `step` is asked for, in its ESIM_UNSURE perhaps a second time */
	const struct esim_profile *profile; /* of the order */
	const struct esim_profile *target;  /* that the step is about: the profile, or the one that is given back */
	const char *old_iccid;
};

/* Once, on any thread; may not block. `heard` is valid during the call. */
typedef void esim_heard_fn(const struct esim_heard *heard, void *user);

struct esim_peers {
	struct esim_pace (*pace)(void *user, enum esim_peer peer, const char *section);
	/* False: as many are under way as may be, or it is left alone for a while. True: send() or leave() has to follow. */
	bool (*enter)(void *user, enum esim_peer peer, const char *section);
	void (*leave)(void *user, enum esim_peer peer, const char *section);
	/* FQDN of the SM-DP+ for activation codes; "" when the section says nothing. */
	const char *(*fqdn)(void *user, const char *section);
	void (*send)(void *user, enum esim_peer peer, const char *section, const struct esim_ask *ask, esim_heard_fn *heard,
	             void *heard_user);
	void *user;
};

/* The section that the order's next step is asked of. */
const char *esim_section_of(const struct esim_order *order);

#endif
