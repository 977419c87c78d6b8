/* policy_bus_ask.c -- decisions that need answers from outside first: the operator's own systems, then an EIR. Each time that
 * something has been told, the call is served again from its beginning; it lives in its own arena meanwhile. */
#include "es_clock.h"
#include "policy_bus_int.h"
#include "policy_deciding.h"

void policy_bus_answer(struct es_bus_call *call, es_status status, const ProtobufCMessage *reply)
{
	if (status == ES_OK)
		es_bus_reply(call, reply);
	else
		es_bus_fail(call, status, es_status_meaning(status));
}

/* A call for which an operator's own system may have to be asked first: then it is served again when that has answered. */
struct needy {
	struct policy_bss_waiter waiter; /* first */
	struct policy_bus *bus;
	struct es_bus_call *call; /* what is held lives in its arena */
	const ProtobufCMessage *request;
	struct policy_bss_need need;
	struct policy_wait wait; /* of POLICY_DECIDE: answers of others */
	void (*serve)(struct needy *needy);
};

static void ask_first(struct needy *needy);

static void no_worker(void *user, es_status status)
{
	const struct needy *needy = user;
	es_bus_fail(needy->call, status, "all workers are busy");
}

/* The last part of the call's time is for the decision itself and its way back. */
static int64_t questions_end(const struct needy *needy)
{
	int64_t now = es_wall_ms();
	return now + (es_bus_call_deadline(needy->call) - now) * 3 / 4;
}

static void decide(struct needy *needy);

static void decide_on(void *user)
{
	decide(user);
}

static void decide(struct needy *needy)
{
	Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;
	es_status status =
		policy_serve_decide_asking(needy->bus->engine, (const Openes__DecideRequest *)needy->request, es_wall_ms(),
	                               es_bus_call_arena(needy->call), &needy->wait, &needy->need, &reply);

	if (status == ES_OK && needy->need.is_wanted) {
		ask_first(needy);
		return;
	}
	if (status != ES_OK || !policy_wait_is_due(&needy->wait)) {
		policy_bus_answer(needy->call, status, &reply.base);
		return;
	}
	const struct policy_wait_options options = { .worker = needy->bus->answers,
		                                         .deadline = questions_end(needy),
		                                         .go_on = decide_on,
		                                         .give_up = no_worker,
		                                         .user = needy };
	policy_wait_start(&needy->wait, &options);
}

static void admit(struct needy *needy)
{
	Openes__AdmitReply reply = OPENES__ADMIT_REPLY__INIT;
	es_status status = policy_serve_admit_with(needy->bus->engine, (const Openes__AdmitRequest *)needy->request,
	                                           es_wall_ms(), es_bus_call_arena(needy->call), &needy->need, &reply);

	if (status == ES_OK && needy->need.is_wanted)
		ask_first(needy);
	else
		policy_bus_answer(needy->call, status, &reply.base);
}

static void serve_needy(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request,
                        void (*serve)(struct needy *needy))
{
	struct needy *needy = es_arena_alloc(es_bus_call_arena(call), sizeof *needy);

	if (needy == NULL) {
		es_bus_fail(call, ES_TOO_LARGE, "no memory in the call");
		return;
	}
	needy->bus = bus;
	needy->call = call;
	needy->request = request;
	needy->need = (struct policy_bss_need){ .has_asked = bus->bss == NULL,
		                                    .began_ms = es_mono_ms(),
		                                    .outcome = POLICY_BSS_NOT_ASKED };
	needy->wait.trace = es_bus_call_trace(call);
	needy->serve = serve;
	serve(needy);
}

void policy_bus_decide(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	serve_needy(bus, call, request, decide);
}

void policy_bus_admit(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	serve_needy(bus, call, request, admit);
}

/* ---- calls that wait for an operator's own system ---- */

static void on_told_by_bss(struct policy_bss_waiter *waiter, enum policy_bss_outcome outcome)
{
	struct needy *needy = (struct needy *)waiter;

	needy->need = (struct policy_bss_need){ .has_asked = true, .outcome = outcome };
	if (es_bus_call_deadline(needy->call) <= es_wall_ms())
		es_bus_fail(needy->call, ES_TIMEOUT, "the operator's own system took too long");
	else
		needy->serve(needy);
}

static void ask_first(struct needy *needy)
{
	struct policy_bss_question question = needy->need.question;
	enum policy_bss_outcome outcome = POLICY_BSS_AWAY;

	needy->waiter = (struct policy_bss_waiter){ on_told_by_bss, NULL };
	question.deadline = es_bus_call_deadline(needy->call);
	question.trace = es_bus_call_trace(needy->call);
	if (policy_bss_ask(needy->bus->bss, &question, &needy->waiter, &outcome))
		return;
	needy->need = (struct policy_bss_need){ .has_asked = true, .outcome = outcome };
	needy->serve(needy);
}
