/* dia_config.c -- tables of keys, and what one section says of another. */
#include "dia_config.h"

#include <arpa/inet.h>
#include <string.h>

#include "es_cleanup.h"

#define SECOND INT64_C(1000)

#define NODE(field, kind, fallback, min, max, help)                                                                    \
	ES_CONF(diameter, struct dia_node, field, kind, fallback, min, max, help)
static const struct es_conf_key node_keys[] = {
	NODE(identity, ES_CONF_STRING, NULL, 0, 0, "Origin-Host; %i is the instance of the replica"),
	NODE(realm, ES_CONF_STRING, NULL, 0, 0, "Origin-Realm"),
	NODE(listen_address, ES_CONF_STRING, "", 0, 0, "where peers may connect to us; empty: any address"),
	NODE(port, ES_CONF_U32, "0", 0, 65535, "port for them; 0: we connect, nobody else"),
	NODE(tls_cert_file, ES_CONF_STRING, "", 0, 0, "our certificate, issued to the identity"),
	NODE(tls_key_file, ES_CONF_STRING, "", 0, 0, "its key"),
	NODE(tls_ca_file, ES_CONF_STRING, "", 0, 0, "who may vouch for peers"),
	NODE(watchdog, ES_CONF_DURATION, "6s", 6 * SECOND, 60 * SECOND, "silence before a peer is probed (RFC 3539)"),
	NODE(reconnect, ES_CONF_DURATION, "5s", SECOND, 300 * SECOND, "pause before a lost peer is called again"),
};

#define PEER(field, kind, fallback, min, max, help)                                                                    \
	ES_CONF(peer, struct dia_peer, field, kind, fallback, min, max, help)
static const struct es_conf_key peer_keys[] = {
	PEER(host, ES_CONF_STRING, NULL, 0, 0, "its Origin-Host"),
	PEER(realm, ES_CONF_STRING, "", 0, 0, "its Origin-Realm, checked when given"),
	PEER(address, ES_CONF_STRING, NULL, 0, 0, "IP address"),
	PEER(port, ES_CONF_U32, "0", 0, 65535, "0: 3868, or 5868 with TLS"),
	PEER(transport, ES_CONF_STRING, "tcp", 0, 0, "tcp or sctp"),
	PEER(tls, ES_CONF_BOOL, NULL, 0, 0, "yes; or no, where IPsec or a closed network protects"),
};

#define SWX(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(swx, struct dia_source, field, kind, fallback, min, max, help)
#define AAA(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(aaa, struct dia_source, field, kind, fallback, min, max, help)
#define EIR(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(eir, struct dia_source, field, kind, fallback, min, max, help)
#define SOURCE_KEYS(ROW, type)                                                                                         \
	ROW(realm, ES_CONF_STRING, NULL, 0, 0, "Destination-Realm"),                                                       \
		{ #type,                                                                                                       \
		  "peers",                                                                                                     \
		  ES_CONF_STRING,                                                                                              \
		  offsetof(struct dia_source, peer_names),                                                                     \
		  NULL,                                                                                                        \
		  0,                                                                                                           \
		  0,                                                                                                           \
		  "names of [peer] sections, first choice first" },                                                            \
		ROW(share, ES_CONF_BOOL, "no", 0, 0, "ask the peers in turn, and not in order"),                               \
		ROW(destination_host, ES_CONF_STRING, "", 0, 0, "Destination-Host; empty: none is sent"),                      \
		ROW(timeout, ES_CONF_DURATION, "2500ms", 100, 30 * SECOND, "for one question, with its second try"),           \
		ROW(attempt, ES_CONF_DURATION, "1s", 50, 30 * SECOND, "what one peer gets before another is asked"),           \
		ROW(in_flight_max, ES_CONF_U32, "64", 1, 1024, "questions under way at once; more are turned away")
#define ACCESS_KEYS(ROW)                                                                                               \
	ROW(visited_network, ES_CONF_STRING, "", 0, 0, "Visited-Network-Identifier; empty: none is sent"),                 \
		ROW(rat_type, ES_CONF_STRING, "no", 0, 0, "RAT-Type WLAN: no, optional, or mandatory (M bit)")

static const struct es_conf_key swx_keys[] = {
	SOURCE_KEYS(SWX, swx),
	ACCESS_KEYS(SWX),
	SWX(anid, ES_CONF_STRING, "", 0, 0, "ANID with EAP-AKA; empty: none. EAP-AKA' has the tenant's network name"),
};
static const struct es_conf_key aaa_keys[] = {
	SOURCE_KEYS(AAA, aaa),
	ACCESS_KEYS(AAA),
	AAA(application, ES_CONF_STRING, "swm", 0, 0, "swm, or sta (which SWa is, too)"),
	AAA(anid, ES_CONF_STRING, "WLAN", 0, 0, "ANID on STa; empty: none"),
};
static const struct es_conf_key eir_keys[] = { SOURCE_KEYS(EIR, eir) };

enum kind { KIND_NODE, KIND_PEER, KIND_SWX, KIND_AAA, KIND_EIR };
static const struct es_conf_section kinds[] = {
	[KIND_NODE] = { "diameter", node_keys, ES_COUNT(node_keys), sizeof(struct dia_node), true },
	[KIND_PEER] = { "peer", peer_keys, ES_COUNT(peer_keys), sizeof(struct dia_peer), false },
	[KIND_SWX] = { "swx", swx_keys, ES_COUNT(swx_keys), sizeof(struct dia_source), false },
	[KIND_AAA] = { "aaa", aaa_keys, ES_COUNT(aaa_keys), sizeof(struct dia_source), false },
	[KIND_EIR] = { "eir", eir_keys, ES_COUNT(eir_keys), sizeof(struct dia_source), false },
	/* auth reads these itself */
	{ "udm", NULL, 0, 0, false },
	{ "nrf", NULL, 0, 0, false },
	{ "oidc", NULL, 0, 0, false },
};

/* ---- what may stand in a name, an address, a path: freeDiameter reads them again ---- */

static bool has_only(const char *text, const char *marks)
{
	for (const char *p = text; *p != '\0'; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr(marks, *p)))
			return false;
	return true;
}

static bool is_host(const char *text)
{
	return text[0] != '\0' && strlen(text) <= 255 && has_only(text, "-.") && strchr(text, '.') != NULL;
}

static bool is_address(const char *text)
{
	uint8_t octets[16];

	return inet_pton(AF_INET, text, octets) == 1 || inet_pton(AF_INET6, text, octets) == 1;
}

static es_status refuse(struct es_buf *error, const char *kind, const char *name, const char *what)
{
	es_put_printf(error, "core file: [%s%s%s] %s", kind, name[0] != '\0' ? " " : "", name, what);
	return ES_MALFORMED;
}

/* ---- sections ---- */

static es_status take_node(struct dia_config *c, const char *instance, struct es_arena *arena, struct es_buf *error)
{
	struct dia_node *node = &c->node;
	const char *mark = strstr(node->identity, "%i");
	const char *const files[] = { node->tls_cert_file, node->tls_key_file, node->tls_ca_file };

	if (mark != NULL)
		node->identity =
			es_arena_printf(arena, "%.*s%s%s", (int)(mark - node->identity), node->identity, instance, mark + 2);
	if (node->identity == NULL)
		return ES_TOO_LARGE;
	if (!is_host(node->identity) || !is_host(node->realm))
		return refuse(error, "diameter", "", "identity and realm must be names with a dot, of letters, digits and '-'");
	if (node->listen_address[0] != '\0' && !is_address(node->listen_address))
		return refuse(error, "diameter", "", "listen_address must be an IP address");
	for (size_t i = 0; i < ES_COUNT(files); i++)
		if (!has_only(files[i], "-._/+@") || (files[i][0] == '\0') != (files[0][0] == '\0'))
			return refuse(error, "diameter", "", "the three tls_ files belong together, and have plain names");
	return ES_OK;
}

static es_status take_peer(struct dia_config *c, const struct es_conf_named *section, struct es_buf *error)
{
	struct dia_peer *peer = &c->peers[c->peer_count];
	const bool sctp = strcmp(((const struct dia_peer *)section->values)->transport, "sctp") == 0;

	if (c->peer_count == DIA_PEERS_MAX)
		return refuse(error, "peer", section->name, "is one too many");
	*peer = *(const struct dia_peer *)section->values;
	peer->name = section->name;
	if (!is_host(peer->host) || (peer->realm[0] != '\0' && !is_host(peer->realm)))
		return refuse(error, "peer", peer->name, "host and realm must be names with a dot");
	if (!is_address(peer->address))
		return refuse(error, "peer", peer->name, "address must be an IP address");
	if (!sctp && strcmp(peer->transport, "tcp") != 0)
		return refuse(error, "peer", peer->name, "transport must be tcp or sctp");
	if (dia_config_peer_of_host(c, es_slice_str(peer->host)) != SIZE_MAX)
		return refuse(error, "peer", peer->name, "has the host of another peer");
	c->uses_sctp |= sctp;
	c->uses_tls |= peer->tls;
	c->peer_count++;
	return ES_OK;
}

static es_status take_peers_of(const struct dia_config *c, struct dia_source *source, const char *kind,
                               struct es_buf *error)
{
	struct es_slice rest = es_slice_str(source->peer_names);

	while (rest.ptr != NULL) {
		const struct es_slice name = es_slice_trim(es_slice_cut(&rest, ','));
		size_t i = 0;
		while (i < c->peer_count && !es_slice_eq_str(name, c->peers[i].name))
			i++;
		if (i == c->peer_count)
			return refuse(error, kind, source->name, "peers must name [peer] sections, separated by commas");
		if ((source->peers & 1u << i) != 0)
			return refuse(error, kind, source->name, "peers names one twice");
		source->peers |= 1u << i;
		source->peer_order[source->peer_count++] = i;
	}
	return source->peer_count > 0 ? ES_OK : refuse(error, kind, source->name, "peers is empty");
}

static es_status take_words(struct dia_source *source, const char *kind, struct es_buf *error)
{
	static const char *const rats[] = {
		[DIA_RAT_NO] = "no", [DIA_RAT_OPTIONAL] = "optional", [DIA_RAT_MANDATORY] = "mandatory"
	};
	size_t rat = 0;

	while (source->role != DIA_EIR && rat < ES_COUNT(rats) && strcmp(source->rat_type, rats[rat]) != 0)
		rat++;
	if (rat == ES_COUNT(rats))
		return refuse(error, kind, source->name, "rat_type must be no, optional or mandatory");
	source->rat = (enum dia_rat)rat;
	source->app = source->role == DIA_EIR ? DIA_APP_S13 : DIA_APP_SWX;
	if (source->role == DIA_AAA && strcmp(source->application, "swm") == 0)
		source->app = DIA_APP_SWM;
	else if (source->role == DIA_AAA && strcmp(source->application, "sta") == 0)
		source->app = DIA_APP_STA;
	else if (source->role == DIA_AAA)
		return refuse(error, kind, source->name, "application must be swm or sta");
	if (!is_host(source->realm) || (source->destination_host[0] != '\0' && !is_host(source->destination_host)))
		return refuse(error, kind, source->name, "realm and destination_host must be names with a dot");
	return ES_OK;
}

static es_status take_source(struct dia_config *c, const struct es_conf_named *section, enum dia_role role,
                             struct es_buf *error)
{
	struct dia_source *source = &c->sources[c->source_count];
	const char *kind = section->section->kind;

	if (c->source_count == DIA_SOURCES_MAX)
		return refuse(error, kind, section->name, "is one too many");
	*source = *(const struct dia_source *)section->values;
	source->name = section->name;
	source->role = role;
	source->index = c->source_count++;
	ES_TRY(take_words(source, kind, error));
	ES_TRY(take_peers_of(c, source, kind, error));
	c->in_flight_max += source->in_flight_max;
	c->uses_swx |= source->app == DIA_APP_SWX;
	c->uses_swm |= source->app == DIA_APP_SWM;
	c->uses_sta |= source->app == DIA_APP_STA;
	c->uses_s13 |= source->app == DIA_APP_S13;
	if (c->in_flight_max > DIA_IN_FLIGHT_MAX)
		return refuse(error, kind, source->name, "in_flight_max: 4096 at most for all sections together");
	return ES_OK;
}

static es_status take(struct dia_config *c, const struct es_conf_named *list, size_t count, enum kind kind,
                      const char *instance, struct es_arena *arena, struct es_buf *error)
{
	static const enum dia_role roles[] = { [KIND_SWX] = DIA_HSS, [KIND_AAA] = DIA_AAA, [KIND_EIR] = DIA_EIR };

	for (size_t i = 0; i < count; i++) {
		if (list[i].section != &kinds[kind])
			continue;
		if (kind == KIND_PEER) {
			ES_TRY(take_peer(c, &list[i], error));
		} else if (kind == KIND_NODE) {
			c->node = *(const struct dia_node *)list[i].values;
			ES_TRY(take_node(c, instance, arena, error));
		} else {
			ES_TRY(take_source(c, &list[i], roles[kind], error));
		}
	}
	return ES_OK;
}

static es_status check(const struct dia_config *c, struct es_buf *error)
{
	if (c->source_count + c->peer_count > 0 && c->node.identity == NULL)
		return refuse(error, "diameter", "", "is missing");
	if (c->uses_tls && c->node.tls_cert_file[0] == '\0')
		return refuse(error, "diameter", "", "needs the three tls_ files, since a peer has tls = yes");
	return ES_OK;
}

static es_status build(const struct es_conf_named *list, size_t count, const char *instance, struct es_arena *arena,
                       struct dia_config *out, struct es_buf *error)
{
	struct dia_config c = { 0 };

	c.peers = es_arena_array(arena, DIA_PEERS_MAX, sizeof *c.peers);
	c.sources = es_arena_array(arena, DIA_SOURCES_MAX, sizeof *c.sources);
	if (c.peers == NULL || c.sources == NULL)
		return ES_TOO_LARGE;
	ES_TRY(take(&c, list, count, KIND_NODE, instance, arena, error));
	ES_TRY(take(&c, list, count, KIND_PEER, instance, arena, error));
	ES_TRY(take(&c, list, count, KIND_SWX, instance, arena, error));
	ES_TRY(take(&c, list, count, KIND_AAA, instance, arena, error));
	ES_TRY(take(&c, list, count, KIND_EIR, instance, arena, error));
	ES_TRY(check(&c, error));
	*out = c;
	return ES_OK;
}

es_status dia_config_parse(struct es_slice text, const char *instance, struct es_arena *arena, struct dia_config *out,
                           struct es_buf *error)
{
	const struct es_conf_named *list;
	size_t count;

	ES_TRY(es_config_named_parse(kinds, ES_COUNT(kinds), text, arena, &list, &count, error));
	return build(list, count, instance, arena, out, error);
}

es_status dia_config_load(const char *path, const char *instance, struct es_arena *arena, struct dia_config *out,
                          struct es_buf *error)
{
	const struct es_conf_named *list;
	size_t count;

	ES_TRY(es_config_named_load(kinds, ES_COUNT(kinds), path, arena, &list, &count, error));
	return build(list, count, instance, arena, out, error);
}

const struct dia_source *dia_config_source(const struct dia_config *config, const char *name, enum dia_role role)
{
	for (size_t i = 0; i < config->source_count; i++)
		if (config->sources[i].role == role && strcmp(config->sources[i].name, name) == 0)
			return &config->sources[i];
	return NULL;
}

size_t dia_config_peer_of_host(const struct dia_config *config, struct es_slice host)
{
	for (size_t i = 0; i < config->peer_count; i++)
		if (es_slice_eq_nocase(host, es_slice_str(config->peers[i].host)))
			return i;
	return SIZE_MAX;
}

const struct dia_source *dia_config_source_of(const struct dia_config *config, struct es_slice host,
                                              struct es_slice realm)
{
	const size_t peer = dia_config_peer_of_host(config, host);

	for (size_t i = 0; i < config->source_count && peer != SIZE_MAX; i++)
		if (config->sources[i].role == DIA_HSS && (config->sources[i].peers & 1u << peer) != 0)
			return &config->sources[i];
	for (size_t i = 0; i < config->source_count; i++)
		if (config->sources[i].role == DIA_HSS && es_slice_eq_nocase(realm, es_slice_str(config->sources[i].realm)))
			return &config->sources[i];
	return NULL;
}

/* ---- freeDiameter's own configuration ---- */

static void write_peer(const struct dia_peer *peer, struct es_buf *out)
{
	const bool sctp = strcmp(peer->transport, "sctp") == 0;
	const uint32_t port = peer->port != 0 ? peer->port : peer->tls ? 5868 : 3868;

	es_put_printf(out, "ConnectPeer = \"%s\" { ConnectTo = \"%s\"; Port = %u; %s %s", peer->host, peer->address, port,
	              sctp ? "No_TCP;" : "No_SCTP;", peer->tls ? "" : "No_TLS;");
	if (peer->realm[0] != '\0')
		es_put_printf(out, " Realm = \"%s\";", peer->realm);
	es_put_str(out, " };\n");
}

void dia_config_write(const struct dia_config *config, struct es_buf *out)
{
	const struct dia_node *node = &config->node;

	es_put_printf(out, "Identity = \"%s\";\nRealm = \"%s\";\n", node->identity, node->realm);
	es_put_printf(out, "Port = %u;\nSecPort = 0;\nNoRelay;\nAppServThreads = 4;\n", node->port);
	es_put_printf(out, "TcTimer = %u;\nTwTimer = %u;\n", (unsigned)(node->reconnect / SECOND),
	              (unsigned)(node->watchdog / SECOND));
	if (node->listen_address[0] != '\0')
		es_put_printf(out, "ListenOn = \"%s\";\n", node->listen_address);
	if (!config->uses_sctp)
		es_put_str(out, "No_SCTP;\n");
	if (node->tls_cert_file[0] != '\0')
		es_put_printf(out, "TLS_Cred = \"%s\", \"%s\";\nTLS_CA = \"%s\";\n", node->tls_cert_file, node->tls_key_file,
		              node->tls_ca_file);
	for (size_t i = 0; i < config->peer_count; i++)
		write_peer(&config->peers[i], out);
}
