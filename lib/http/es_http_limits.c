/* es_http_limits.c -- the connections there are, and what an address may have of them and of requests. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "es_clock.h"
#include "es_http_int.h"

#define RATE_WAYS 4u
#define RATE_SETS 4096u /* a power of two; with RATE_WAYS: addresses remembered at once */
#define RATE_LOCKS 64u

/* A token bucket; a bucket nobody drew from for a minute is full again, so forgetting the oldest costs little. */
struct bucket {
	struct http_address address;
	int64_t filled_ms; /* 0: free */
	double tokens;
};

struct http_limits {
	struct es_http_server *server;
	uint64_t seed;
	pthread_mutex_t lock; /* of the registry */
	struct http_connection *registry[HTTP_CONNECTION_BUCKETS];
	pthread_mutex_t rate_locks[RATE_LOCKS];
	struct bucket rate[RATE_SETS][RATE_WAYS];
};

struct http_address http_address_of(const struct sockaddr *from, char text[INET6_ADDRSTRLEN])
{
	struct http_address address = { 0, 0 };

	if (from != NULL && from->sa_family == AF_INET) {
		struct in_addr v4;

		memcpy(&v4, (const char *)from + offsetof(struct sockaddr_in, sin_addr), sizeof(v4));
		inet_ntop(AF_INET, &v4, text, INET6_ADDRSTRLEN);
		address.low = 0xffff00000000u | ntohl(v4.s_addr);
		return address;
	}
	if (from != NULL && from->sa_family == AF_INET6) {
		struct in6_addr v6;
		uint32_t last;

		memcpy(&v6, (const char *)from + offsetof(struct sockaddr_in6, sin6_addr), sizeof(v6));
		if (IN6_IS_ADDR_V4MAPPED(&v6)) {
			memcpy(&last, &v6.s6_addr[12], sizeof(last));
			inet_ntop(AF_INET, &last, text, INET6_ADDRSTRLEN);
			address.low = 0xffff00000000u | ntohl(last);
			return address;
		}
		inet_ntop(AF_INET6, &v6, text, INET6_ADDRSTRLEN);
		for (size_t i = 0; i < 8; i++)
			address.high = address.high << 8 | v6.s6_addr[i];
		return address;
	}
	text[0] = '\0';
	return address;
}

static bool same_address(struct http_address a, struct http_address b)
{
	return a.high == b.high && a.low == b.low;
}

/* Seeded, so that nobody can aim many addresses at one bucket (finaliser of MurmurHash3 over both words). */
static uint64_t hash_address(const struct http_limits *limits, struct http_address address)
{
	uint64_t h = limits->seed ^ address.low;

	for (int i = 0; i < 2; i++) {
		h ^= h >> 33;
		h *= 0xff51afd7ed558ccdu;
		h ^= h >> 33;
		h *= 0xc4ceb9fe1a85ec53u;
		h ^= h >> 33;
		h ^= address.high;
	}
	return h;
}

/* ---- connections ---- */

void http_limits_open(struct http_limits *limits, struct http_connection *connection)
{
	struct http_connection **head =
		&limits->registry[hash_address(limits, connection->address) & (HTTP_CONNECTION_BUCKETS - 1)];
	uint32_t max = limits->server->options.connections_per_address, count = 0;

	pthread_mutex_lock(&limits->lock);
	for (struct http_connection *c = *head; max > 0 && c != NULL && count < max; c = c->next)
		count += same_address(c->address, connection->address);
	connection->is_refused = max > 0 && count >= max;
	if (!connection->is_refused) {
		connection->next = *head;
		connection->link = head;
		if (*head != NULL)
			(*head)->link = &connection->next;
		*head = connection;
	}
	pthread_mutex_unlock(&limits->lock);
	if (connection->is_refused) {
		http_count_refusal(HTTP_REFUSE_ADDRESS);
		shutdown(connection->fd, SHUT_RDWR);
	}
}

void http_limits_close(struct http_limits *limits, struct http_connection *connection)
{
	if (connection->is_refused)
		return;
	pthread_mutex_lock(&limits->lock);
	*connection->link = connection->next;
	if (connection->next != NULL)
		connection->next->link = connection->link;
	pthread_mutex_unlock(&limits->lock);
}

/* ---- requests per minute ---- */

static struct bucket *find_bucket(struct bucket set[RATE_WAYS], struct http_address address, double full)
{
	struct bucket *oldest = &set[0];

	for (size_t i = 0; i < RATE_WAYS; i++) {
		if (set[i].filled_ms != 0 && same_address(set[i].address, address))
			return &set[i];
		if (set[i].filled_ms < oldest->filled_ms)
			oldest = &set[i];
	}
	*oldest = (struct bucket){ .address = address, .tokens = full };
	return oldest;
}

unsigned http_limits_take(struct http_limits *limits, struct http_address address, int64_t now_ms)
{
	double full = (double)limits->server->options.requests_per_minute, per_ms = full / 60000.0;
	unsigned wait_s = 0;

	if (limits->server->options.requests_per_minute == 0)
		return 0;
	size_t set = hash_address(limits, address) & (RATE_SETS - 1);
	pthread_mutex_t *lock = &limits->rate_locks[set % RATE_LOCKS];

	pthread_mutex_lock(lock);
	struct bucket *bucket = find_bucket(limits->rate[set], address, full);

	if (bucket->filled_ms != 0)
		bucket->tokens += (double)(now_ms - bucket->filled_ms) * per_ms;
	if (bucket->tokens > full)
		bucket->tokens = full;
	bucket->filled_ms = now_ms > 0 ? now_ms : 1;
	if (bucket->tokens >= 1.0)
		bucket->tokens -= 1.0;
	else
		wait_s = 1 + (unsigned)((1.0 - bucket->tokens) / per_ms / 1000.0);
	pthread_mutex_unlock(lock);
	return wait_s;
}

/* ---- deadlines ---- */

void http_limits_reap(struct http_limits *limits, int64_t now_ms)
{
	/* A connection leaves the registry, under this lock, before its socket is closed: no stranger's is shut. */
	pthread_mutex_lock(&limits->lock);
	for (size_t i = 0; i < HTTP_CONNECTION_BUCKETS; i++)
		for (struct http_connection *c = limits->registry[i]; c != NULL; c = c->next)
			if (atomic_load(&c->deadline) <= now_ms) {
				atomic_store(&c->deadline, HTTP_NO_DEADLINE);
				http_count_refusal(HTTP_REFUSE_SLOW);
				shutdown(c->fd, SHUT_RDWR);
			}
	pthread_mutex_unlock(&limits->lock);
}

/* ---- start and stop ---- */

es_status http_limits_start(struct es_http_server *server)
{
	struct http_limits *limits = calloc(1, sizeof(*limits));

	if (limits == NULL)
		return ES_TOO_LARGE;
	limits->server = server;
	if (getrandom(&limits->seed, sizeof(limits->seed), 0) != (ssize_t)sizeof(limits->seed))
		limits->seed = (uint64_t)es_mono_us();
	pthread_mutex_init(&limits->lock, NULL);
	for (size_t i = 0; i < RATE_LOCKS; i++)
		pthread_mutex_init(&limits->rate_locks[i], NULL);
	server->limits = limits;
	return ES_OK;
}

void http_limits_stop(struct http_limits *limits)
{
	if (limits == NULL)
		return;
	pthread_mutex_destroy(&limits->lock);
	for (size_t i = 0; i < RATE_LOCKS; i++)
		pthread_mutex_destroy(&limits->rate_locks[i]);
	free(limits);
}
