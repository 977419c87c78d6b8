/* auth_address.c -- the octets of an address, as many as count. */
#include "auth_address.h"

#include <arpa/inet.h>
#include <string.h>

#define MAPPED 12 /* octets before an IPv4 address in an IPv6 one */

struct es_slice auth_address_network(struct es_slice text, uint8_t storage[8])
{
	static const uint8_t mapped[MAPPED] = { [10] = 0xff, [11] = 0xff };
	char copy[INET6_ADDRSTRLEN];
	uint8_t octets[16];

	if (text.len == 0 || text.len >= sizeof copy)
		return text;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, storage) == 1)
		return es_slice_of(storage, 4);
	if (inet_pton(AF_INET6, copy, octets) != 1)
		return text;
	if (memcmp(octets, mapped, MAPPED) == 0) {
		memcpy(storage, octets + MAPPED, 4);
		return es_slice_of(storage, 4);
	}
	memcpy(storage, octets, 8);
	return es_slice_of(storage, 8);
}
