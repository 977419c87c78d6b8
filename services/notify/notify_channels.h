/* notify_channels.h -- channels_file: accounts at providers, and which of them a tenant uses, by what rules.
 *
 *     [default]            rules of all tenants
 *     fcm = firebase
 *     sms = smsc-1
 *     [tenant demo]        rules of one; what it does not say is as [default] has it
 *     apns = apple
 *     [fcm firebase] ...   [apns apple] ...   [wns windows] ...   [smsc smsc-1] ...   [sms gateway] ...
 *
 * Read once, at start. Without a file, or for a channel without account, nobody is woken that way. Immutable; any thread. */
#ifndef NOTIFY_CHANNELS_H
#define NOTIFY_CHANNELS_H

#include "es_buf.h"
#include "es_keyring.h"
#include "notify_account.h"
#include "notify_rules.h"

struct notify_store;

struct notify_channels;
/* `path` "": nothing is configured. `store` (borrowed) keeps credentials that processes share. What is wrong in the file is said
 * with file, line and key. */
es_status notify_channels_open(const char *path, struct notify_store *store, struct notify_channels **out,
                               struct es_buf *error) ES_MUST_USE;
/* Stops and frees all accounts, whose messages are told of meanwhile; rules stay, for what is still to be written of these. Nobody asks
 * for accounts from then on. NULL is fine for both. */
void notify_channels_stop(struct notify_channels *channels);
void notify_channels_close(struct notify_channels *channels);
/* Before the first message. */
void notify_channels_on_room(struct notify_channels *channels, notify_roomy *roomy, void *user);

const struct notify_rules *notify_channels_rules(const struct notify_channels *channels, const char *tenant);
/* NULL: no such section. */
struct notify_account *notify_channels_account(struct notify_channels *channels, const char *name);
size_t notify_channels_count(const struct notify_channels *channels);
struct notify_account *notify_channels_at(struct notify_channels *channels, size_t i);

#endif
