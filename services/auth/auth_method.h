/* auth_method.h -- the two EAP methods this server speaks. Pure. */
#ifndef AUTH_METHOD_H
#define AUTH_METHOD_H

enum auth_method { AUTH_AKA, AUTH_AKA_PRIME };

#endif
