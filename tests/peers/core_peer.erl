%% core_peer.erl -- an HSS (SWx), 3GPP AAA (SWm) or EIR (S13) for the tests, on Erlang's own Diameter stack.
%%
%%   erl -noshell -pa EBIN -s core_peer main CONFIG
%%
%% CONFIG is a file of Erlang terms (see core.py). A line protocol on a loopback port changes how the peer behaves:
%%   set KEY VALUE   delay MS | result CODE | experimental CODE | fault NAME (see finish/2, fault/2) | keep 0|1
%%   reset           as at the start, counters too
%%   count NAME      requests of that kind seen, or "errors": requests that this stack found fault with
%%   seen            attributes of the last request
%%   equipment IMEI STATUS|unknown     what an EIR knows
%%   ppr IMSI NUMBER ACCESS | rtr IMSI | asr SESSION | rar SESSION      sends one, says its result
%%   quit
-module(core_peer).
-include_lib("diameter/include/diameter.hrl").
-include_lib("diameter/include/diameter_gen_base_rfc3588.hrl").
-export([main/1]).
-export([peer_up/3, peer_down/3, pick_peer/4, prepare_request/3, prepare_retransmit/3, handle_answer/4, handle_error/4,
         handle_request/3]).

-define(SWX, 16777265).
-define(SWM, 16777264).
-define(S13, 16777252).
-define(TGPP, 10415).

main([File]) ->
    {ok, Terms} = file:consult(atom_to_list(File)),
    Config = maps:from_list(Terms),
    ets:new(state, [named_table, public, set]),
    ets:new(session, [named_table, public, set]),
    ets:insert(state, {config, Config}),
    reset(),
    [ets:insert(state, {{imsi, list_to_binary(I)}, {bin(K), bin(O)}, <<16#80, 0>>, Sqn, list_to_binary(Number), Access})
     || {I, K, O, Sqn, Number, Access} <- maps:get(subscribers, Config, [])],
    {ok, _} = application:ensure_all_started(ssl),
    ok = diameter:start(),
    ok = diameter:start_service(peer, service(Config)),
    {ok, _} = diameter:add_transport(peer, {listen, transport(Config)}),
    {ok, Listen} = gen_tcp:listen(maps:get(control, Config),
                                  [binary, {packet, line}, {active, false}, {reuseaddr, true}, {ip, {127, 0, 0, 1}}]),
    io:format("ready~n"),
    accept(Listen).

bin(Hex) -> binary:decode_hex(list_to_binary(Hex)).

service(#{host := Host, realm := Realm, role := Role}) ->
    {App, Dict} = case Role of hss -> {?SWX, core_swx}; aaa -> {?SWM, core_swm}; eir -> {?S13, core_s13} end,
    [{'Origin-Host', Host}, {'Origin-Realm', Realm}, {'Vendor-Id', ?TGPP}, {'Product-Name', "openes test peer"},
     {'Supported-Vendor-Id', [?TGPP]}, {'Host-IP-Address', [{127, 0, 0, 1}]},
     {'Vendor-Specific-Application-Id', [#'diameter_base_Vendor-Specific-Application-Id'{'Vendor-Id' = [?TGPP],
                                                                                         'Auth-Application-Id' = [App]}]},
     {string_decode, false}, {decode_format, map}, {restrict_connections, false},
     {application, [{alias, app}, {dictionary, Dict}, {module, ?MODULE}, {request_errors, callback}]}].

transport(#{port := Port} = Config) ->
    Module = case maps:get(transport, Config, tcp) of tcp -> diameter_tcp; sctp -> diameter_sctp end,
    Tls = case maps:get(tls, Config, none) of
              none -> [];
              %% true: from the first octet, with the rest as the options of ssl
              {Cert, Key, Ca} -> [{ssl_options, true}, {certfile, Cert}, {keyfile, Key}, {cacertfile, Ca}, {verify, verify_peer},
                                  {fail_if_no_peer_cert, true}]
          end,
    Reuse = case Module of diameter_tcp -> [{reuseaddr, true}]; _ -> [] end,
    [{transport_module, Module}, {transport_config, [{ip, {127, 0, 0, 1}}, {port, Port} | Reuse ++ Tls]},
     {watchdog_timer, 6000}].

%% ---- control ----

reset() ->
    ets:match_delete(state, {{count, '_'}, '_'}),
    [ets:insert(state, {Key, Value}) || {Key, Value} <- [{delay, 0}, {result, 0}, {experimental, 0}, {fault, none},
                                                         {keep, 1}, {seen, <<>>}]].

setting(Key) -> ets:lookup_element(state, Key, 2).
count(Name) -> ets:update_counter(state, {count, Name}, 1, {{count, Name}, 0}).

accept(Listen) ->
    {ok, Socket} = gen_tcp:accept(Listen),
    Pid = spawn(fun() -> receive go -> serve(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listen).

serve(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Line} ->
            Words = string:lexemes(string:trim(binary_to_list(Line)), " "),
            Reply = try command(Words) catch C:R:S -> io_lib:format("failed ~0p", [{C, R, S}]) end,
            ok = gen_tcp:send(Socket, [Reply, "\n"]),
            serve(Socket);
        {error, _} -> ok
    end.

command(["set", "fault", Name]) -> ets:insert(state, {fault, list_to_atom(Name)}), "ok";
command(["set", Key, Value]) -> ets:insert(state, {list_to_existing_atom(Key), list_to_integer(Value)}), "ok";
command(["reset"]) -> reset(), "ok";
command(["count", Name]) ->
    case ets:lookup(state, {count, list_to_atom(Name)}) of [{_, N}] -> integer_to_list(N); [] -> "0" end;
command(["seen"]) -> io_lib:format("~0tp", [setting(seen)]);
command(["equipment", Imei, "unknown"]) -> ets:delete(state, {imei, list_to_binary(Imei)}), "ok";
command(["equipment", Imei, Status]) -> ets:insert(state, {{imei, list_to_binary(Imei)}, list_to_integer(Status)}), "ok";
command(["ppr", Imsi, Number, Access]) ->
    User = #{'Subscription-Id' => [#{'Subscription-Id-Type' => 0, 'Subscription-Id-Data' => Number}],
             'Non-3GPP-IP-Access' => list_to_integer(Access)},
    send('PPR', #{'User-Name' => Imsi, 'Non-3GPP-User-Data' => User}, swx());
command(["rtr", Imsi]) ->
    send('RTR', #{'User-Name' => Imsi, 'Deregistration-Reason' => #{'Reason-Code' => 0, 'Reason-Info' => ["gone"]}}, swx());
command(["asr", Session]) -> send('ASR', #{'Session-Id' => Session}, #{'Auth-Application-Id' => ?SWM});
command(["rar", Session]) ->
    send('RAR', #{'Session-Id' => Session, 'Re-Auth-Request-Type' => 0}, #{'Auth-Application-Id' => ?SWM});
command(["quit"]) -> init:stop(), "ok".

swx() ->
    #{'Vendor-Specific-Application-Id' => #{'Vendor-Id' => ?TGPP, 'Auth-Application-Id' => ?SWX}, 'Auth-Session-State' => 1,
      'Session-Id' => diameter:session_id(maps:get(host, setting(config)))}.

send(Name, Avps, More) ->
    case diameter:call(peer, app, [Name | maps:merge(More, Avps)], [{timeout, 8000}]) of
        [_ | #{'Experimental-Result' := [#{'Experimental-Result-Code' := Code}]}] -> io_lib:format("experimental ~p", [Code]);
        [_ | #{'Experimental-Result' := #{'Experimental-Result-Code' := Code}}] -> io_lib:format("experimental ~p", [Code]);
        [_ | #{'Result-Code' := [Code]}] -> io_lib:format("result ~p", [Code]);
        [_ | #{'Result-Code' := Code}] -> io_lib:format("result ~p", [Code]);
        Other -> io_lib:format("none ~0p", [Other])
    end.

%% ---- what diameter asks of its user ----

peer_up(_, _, S) -> S.
peer_down(_, _, S) -> S.
pick_peer([Peer | _], _, _, _) -> {ok, Peer};
pick_peer([], _, _, _) -> false.
prepare_request(#diameter_packet{msg = [Name | Avps]}, _, {_, Caps}) ->
    #diameter_caps{origin_host = {OH, DH}, origin_realm = {OR, DR}} = Caps,
    {send, [Name | Avps#{'Origin-Host' => OH, 'Origin-Realm' => OR, 'Destination-Host' => DH, 'Destination-Realm' => DR}]}.
prepare_retransmit(Packet, Name, Peer) -> prepare_request(Packet, Name, Peer).
handle_answer(#diameter_packet{msg = Msg, errors = []}, _, _, _) -> Msg;
handle_answer(#diameter_packet{errors = Errors}, _, _, _) -> count(errors), {errors, Errors}.
handle_error(Reason, _, _, _) -> {error, Reason}.

handle_request(#diameter_packet{msg = [Name | Avps], errors = Errors}, _, {_, Caps}) ->
    count(Name),
    Errors == [] orelse begin count(errors), io:format("errors ~0p~n", [Errors]) end,
    ets:insert(state, {seen, Avps}),
    #diameter_caps{origin_host = {Host, _}, origin_realm = {Realm, _}} = Caps,
    Front = #{'Session-Id' => maps:get('Session-Id', Avps), 'Origin-Host' => Host, 'Origin-Realm' => Realm},
    case setting(delay) of 0 -> ok; Ms -> timer:sleep(Ms) end,
    finish(answer(Name, Avps, Front), setting(fault)).

finish(_, drop) -> discard;
finish(Answer, twice) -> {eval_packet, {reply, Answer}, fun(#diameter_packet{bin = B}) -> raw(B, 0), raw(B, 20) end};
finish(Answer, cut) ->
    %% the length of the last attribute points past the end of the message
    {eval_packet, {reply, Answer}, fun(#diameter_packet{bin = B}) ->
        <<H:25/binary, _:24, T/binary>> = B, raw(<<H/binary, 16#ffff:24, T/binary>>, 0), exit(normal) end};
finish(Answer, garbage) ->
    {eval_packet, {reply, Answer}, fun(#diameter_packet{bin = <<_, L:24, F, _:24, R/binary>>}) ->
        raw(<<1, L:24, F, 999:24, R/binary>>, 0), exit(normal) end};
finish(Answer, first) ->
    %% an attribute with the M bit that nobody knows, before all others
    {eval_packet, {reply, Answer}, fun(#diameter_packet{bin = <<V, L:24, H:16/binary, R/binary>>}) ->
        raw(<<V, (L + 12):24, H/binary, 9999:32, 16#40, 12:24, 0:32, R/binary>>, 0), exit(normal) end};
finish(Answer, size) ->
    %% Auth-Session-State of three octets, before all others
    {eval_packet, {reply, Answer}, fun(#diameter_packet{bin = <<V, L:24, H:16/binary, R/binary>>}) ->
        raw(<<V, (L + 12):24, H/binary, 277:32, 16#40, 11:24, 0:32, R/binary>>, 0), exit(normal) end};
finish([Name | Avps], extra) ->
    {reply, [Name | Avps#{'AVP' => [#diameter_avp{code = 9999, vendor_id = ?TGPP, is_mandatory = true, data = <<1, 2, 3>>}]}]};
finish([Name | Avps], no_result) -> {reply, [Name | maps:without(['Result-Code', 'Experimental-Result'], Avps)]};
finish(Answer, _) -> {reply, Answer}.

raw(Bin, After) ->
    Send = fun() ->
        timer:sleep(After),
        [Pid ! {diameter, {send, Bin}} || Connection <- diameter:service_info(peer, connections),
                                          {port, Port} <- Connection, {owner, Pid} <- Port]
    end,
    spawn(Send).

%% What the test wants as a result, or Good().
result(Good) ->
    case {setting(result), setting(experimental)} of
        {0, 0} -> Good();
        {Code, 0} -> #{'Result-Code' => Code};
        {_, Code} -> experimental(Code)
    end.

experimental(Code) -> #{'Experimental-Result' => #{'Vendor-Id' => ?TGPP, 'Experimental-Result-Code' => Code}}.

%% ---- HSS ----

answer('MAR', #{'User-Name' := User} = Avps, Front) ->
    ['MAA' | maps:merge(maps:merge(Front, swx_front(User)), result(fun() -> vector(User, Avps) end))];
answer('SAR', #{'User-Name' := User}, Front) ->
    ['SAA' | maps:merge(maps:merge(Front, swx_front(User)), result(fun() -> profile(User) end))];

%% ---- EIR ----

answer('ECR', #{'Terminal-Information' := Terminal}, Front) ->
    Application = #{'Vendor-Id' => ?TGPP, 'Auth-Application-Id' => ?S13},
    More = result(fun() -> equipment(iolist_to_binary(one(Terminal, 'IMEI'))) end),
    ['ECA' | maps:merge(Front#{'Vendor-Specific-Application-Id' => Application, 'Auth-Session-State' => 1}, More)];

%% ---- AAA ----

answer('DER', #{'Session-Id' := Session, 'EAP-Payload' := Packet, 'User-Name' := User}, Front) ->
    More = result(fun() -> eap(Session, User, Packet) end),
    ['DEA' | maps:merge(Front#{'Auth-Application-Id' => ?SWM, 'Auth-Request-Type' => 3}, More)];
answer('STR', #{'Session-Id' := Session}, Front) ->
    Code = case ets:take(session, Session) of [] -> 5002; _ -> 2001 end,
    ['STA' | Front#{'Result-Code' => Code}].

equipment(Imei) ->
    case ets:lookup(state, {imei, Imei}) of
        [] -> experimental(5422);
        [{_, Status}] -> #{'Result-Code' => 2001, 'Equipment-Status' => Status}
    end.

swx_front(User) ->
    #{'Vendor-Specific-Application-Id' => #{'Vendor-Id' => ?TGPP, 'Auth-Application-Id' => ?SWX}, 'Auth-Session-State' => 1,
      'User-Name' => User}.

subscriber(Imsi) -> ets:lookup(state, {imsi, iolist_to_binary(Imsi)}).

next_sqn({Id, _, _, _, _, _}) -> ets:update_counter(state, Id, {4, 32}).

vector(Imsi, #{'SIP-Auth-Data-Item' := Item} = Avps) ->
    case subscriber(Imsi) of
        [] -> experimental(5001);
        [Row] ->
            case resynchronise(Row, one(Item, 'SIP-Authorization')) of
                wrong_mac -> #{'Result-Code' => 5012};
                ok -> items(next_vector(Row), iolist_to_binary(one(Item, 'SIP-Authentication-Scheme')), Avps, setting(fault))
            end
    end.

one(Map, Key) -> case maps:get(Key, Map, none) of [V] -> V; [] -> none; V -> V end.

resynchronise(_, none) -> ok;
resynchronise({Id, Keys, Amf, _, _, _}, <<Rand:16/binary, Auts/binary>>) ->
    case core_aka:open_auts(Keys, Rand, Auts, Amf) of
        wrong_mac -> wrong_mac;
        Sqn -> ets:update_element(state, Id, {4, Sqn}), ok
    end.

next_vector({_, Keys, Amf, _, _, _} = Row) ->
    core_aka:vector(Keys, crypto:strong_rand_bytes(16), next_sqn(Row), Amf).

items({Rand, Autn, Res, Ck, Ik, Hidden}, Scheme, Avps, Fault) ->
    {C, I} = case Scheme of
                 <<"EAP-AKA'">> -> core_aka:prime({Ck, Ik}, iolist_to_binary(one(Avps, 'ANID')), Hidden);
                 _ -> {Ck, Ik}
             end,
    Item = #{'SIP-Item-Number' => 1, 'SIP-Authentication-Scheme' => Scheme, 'SIP-Authenticate' => <<Rand/binary, Autn/binary>>,
             'SIP-Authorization' => Res, 'Confidentiality-Key' => C, 'Integrity-Key' => I},
    #{'Result-Code' => 2001, 'SIP-Number-Auth-Items' => 1, 'SIP-Auth-Data-Item' => fault(Fault, Item)}.

fault(no_vector, _) -> [];
fault(short_rand, Item) -> [Item#{'SIP-Authenticate' => <<0:248>>}];
fault(long_xres, Item) -> [Item#{'SIP-Authorization' => <<0:136>>}];
fault(short_ck, Item) -> [Item#{'Confidentiality-Key' => <<0:120>>}];
fault(no_ik, Item) -> [maps:remove('Integrity-Key', Item)];
fault(scheme, Item) -> [Item#{'SIP-Authentication-Scheme' => <<"Digest-AKAv1-MD5">>}];
fault(order, Item) -> [Item#{'SIP-Item-Number' => 2, 'SIP-Authenticate' => <<0:256>>}, Item];
fault(_, Item) -> [Item].

profile(Imsi) ->
    case subscriber(Imsi) of
        [] -> experimental(5001);
        [{_, _, _, _, Number, Access}] ->
            #{'Result-Code' => 2001,
              'Non-3GPP-User-Data' => #{'Subscription-Id' => [#{'Subscription-Id-Type' => 1, 'Subscription-Id-Data' => Imsi},
                                                              #{'Subscription-Id-Type' => 0, 'Subscription-Id-Data' => Number}],
                                        'Non-3GPP-IP-Access' => Access}}
    end.

%% ---- EAP-AKA server (RFC 4187) ----

imsi_of(Nai) ->
    [<<_, Imsi/binary>> | _] = binary:split(iolist_to_binary(Nai), <<"@">>),
    Imsi.

%% EAP-Response/Identity begins; EAP-Response/AKA goes on with the session's challenge.
eap(Session, User, <<2, Id, _:16, 1, Identity/binary>>) ->
    case subscriber(imsi_of(User)) of
        [] -> #{'Result-Code' => 4001, 'EAP-Payload' => <<4, Id, 4:16>>};
        [Row] -> challenge(Session, Row, Identity, Id + 1)
    end;
eap(Session, _, <<2, Id, _:16, 23, Subtype, _:16, Attributes/binary>> = Packet) ->
    case ets:lookup(session, Session) of
        [{_, Row, Identity, Id, Vector}] -> aka(Subtype, Session, Row, Identity, Id, Vector, attributes(Attributes), Packet);
        _ -> #{'Result-Code' => 5002}
    end;
eap(_, _, <<2, Id, _/binary>>) -> failure(Id).

failure(Id) -> #{'Result-Code' => 4001, 'EAP-Payload' => <<4, Id, 4:16>>}.

challenge(Session, Row, Identity, Id) ->
    {Rand, Autn, _, Ck, Ik, _} = Vector = next_vector(Row),
    {Aut, _} = core_aka:eap_keys(Identity, Ik, Ck),
    Body = <<23, 1, 0, 0, 1, 5, 0, 0, Rand/binary, 2, 5, 0, 0, Autn/binary>>,
    Front = <<1, Id, (byte_size(Body) + 24):16, Body/binary, 11, 5, 0, 0>>,
    Mac = core_aka:mac(Aut, <<Front/binary, 0:128>>),
    ets:insert(session, {Session, Row, Identity, Id, Vector}),
    #{'Result-Code' => 1001, 'EAP-Payload' => <<Front/binary, Mac/binary>>, 'State' => <<"state of ", Id>>}.

attributes(<<Type, Len, Rest/binary>>) ->
    N = Len * 4 - 2,
    <<Value:N/binary, More/binary>> = Rest,
    [{Type, Value} | attributes(More)];
attributes(<<>>) -> [].

aka(4, Session, {Id0, Keys, Amf, _, _, _} = Row, Identity, Id, {Rand, _, _, _, _, _}, Attributes, _) ->
    case core_aka:open_auts(Keys, Rand, proplists:get_value(4, Attributes), Amf) of
        wrong_mac -> failure(Id);
        Sqn -> ets:update_element(state, Id0, {4, Sqn}), challenge(Session, Row, Identity, Id + 1)
    end;
aka(1, Session, _, Identity, Id, {_, _, Res, Ck, Ik, _}, Attributes, Packet) ->
    {Aut, Msk} = core_aka:eap_keys(Identity, Ik, Ck),
    <<_:16, Mac/binary>> = proplists:get_value(11, Attributes),
    Zeroed = binary:replace(Packet, Mac, <<0:128>>),
    case {proplists:get_value(3, Attributes), core_aka:mac(Aut, Zeroed)} of
        {<<64:16, Res/binary>>, Mac} ->
            State = case setting(keep) of 1 -> #{}; 0 -> ets:delete(session, Session), #{'Auth-Session-State' => 1} end,
            State#{'Result-Code' => 2001, 'EAP-Payload' => <<3, Id, 4:16>>, 'EAP-Master-Session-Key' => Msk};
        _ -> failure(Id)
    end;
aka(_, _, _, _, Id, _, _, _) -> failure(Id).
