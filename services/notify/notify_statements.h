/* notify_statements.h -- every statement notify runs, by number. Internal to the store. */
#ifndef NOTIFY_STATEMENTS_H
#define NOTIFY_STATEMENTS_H

enum notify_statement {
	ST_IS_REGISTERED,
	ST_DELETE_MOVED,
	ST_PUT,
	ST_DELETE_EXCESS,
	ST_DELETE_TOKEN,
	ST_DELETE_SUBSCRIBER,
	ST_GET_TOKEN,
	ST_GET_POSITION,
	ST_SET_POSITION,
	ST_ADD_HASH_KEY,
	ST_SET_HASH_KEY,
	ST_GET_HASH_KEY,
	ST_OF_LINE,
	ST_DUE,
	ST_MARK,
	/* credentials */
	ST_GET_CREDENTIAL,
	ST_PUT_CREDENTIAL,
	ST_STATEMENT_COUNT,
};

extern const char *const notify_statements[ST_STATEMENT_COUNT];

#endif
