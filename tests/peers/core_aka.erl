%% core_aka.erl -- Milenage (TS 35.206), the AuC and EAP-AKA's keys, written from the specifications for the peers of the
%% tests: no line is shared with the server.
-module(core_aka).
-export([vector/4, open_auts/4, prime/3, eap_keys/3, mac/2]).

e(K, Block) -> crypto:crypto_one_time(aes_128_ecb, K, Block, true).
x(A, B) -> crypto:exor(A, B).
rot(Bin, N) -> <<H:N/binary, T/binary>> = Bin, <<T/binary, H/binary>>.

out({K, Opc}, Rand, Octets, Last) ->
    Temp = e(K, x(Rand, Opc)),
    x(e(K, x(rot(x(Temp, Opc), Octets), <<0:120, Last>>)), Opc).

f1({K, Opc}, Rand, Sqn, Amf) ->
    Temp = e(K, x(Rand, Opc)),
    In = <<Sqn/binary, Amf/binary, Sqn/binary, Amf/binary>>,
    <<MacA:8/binary, MacS:8/binary>> = x(e(K, x(Temp, rot(x(In, Opc), 8))), Opc),
    {MacA, MacS}.

f2345(Keys, Rand) ->
    <<Ak:6/binary, _:2/binary, Res:8/binary>> = out(Keys, Rand, 0, 1),
    <<AkS:6/binary, _/binary>> = out(Keys, Rand, 12, 8),
    {Res, out(Keys, Rand, 4, 2), out(Keys, Rand, 8, 4), Ak, AkS}.

%% {Rand, Autn, Xres, Ck, Ik, SQN xor AK}
vector(Keys, Rand, Sqn, Amf) ->
    SqnBin = <<Sqn:48>>,
    {Res, Ck, Ik, Ak, _} = f2345(Keys, Rand),
    {MacA, _} = f1(Keys, Rand, SqnBin, Amf),
    Hidden = x(SqnBin, Ak),
    {Rand, <<Hidden/binary, Amf/binary, MacA/binary>>, Res, Ck, Ik, Hidden}.

%% The SIM's SQN, or wrong_mac.
open_auts(Keys, Rand, <<Hidden:6/binary, Mac:8/binary>>, _Amf) ->
    {_, _, _, _, AkS} = f2345(Keys, Rand),
    Sqn = x(Hidden, AkS),
    case f1(Keys, Rand, Sqn, <<0, 0>>) of
        {_, Mac} -> <<N:48>> = Sqn, N;
        _ -> wrong_mac
    end.

%% CK' and IK' (TS 33.402 A.2).
prime({Ck, Ik}, Name, Hidden) ->
    L = byte_size(Name),
    S = <<16#20, Name/binary, L:16, Hidden/binary, 6:16>>,
    <<CkP:16/binary, IkP:16/binary>> = crypto:mac(hmac, sha256, <<Ck/binary, Ik/binary>>, S),
    {CkP, IkP}.

%% ---- EAP-AKA: MK, and FIPS 186-2's generator (RFC 4187 7) ----

rol(V, N) -> ((V bsl N) bor (V bsr (32 - N))) band 16#ffffffff.

schedule(W, 80) -> lists:reverse(W);
schedule([_, _, A3, _, _, _, _, A8, _, _, _, _, _, A14, _, A16 | _] = W, N) ->
    schedule([rol(A3 bxor A8 bxor A14 bxor A16, 1) | W], N + 1).

round(T, B, C, D) when T < 20 -> {(B band C) bor ((bnot B) band 16#ffffffff band D), 16#5a827999};
round(T, B, C, D) when T < 40 -> {B bxor C bxor D, 16#6ed9eba1};
round(T, B, C, D) when T < 60 -> {(B band C) bor (B band D) bor (C band D), 16#8f1bbcdc};
round(_, B, C, D) -> {B bxor C bxor D, 16#ca62c1d6}.

g(Block) ->
    H = {16#67452301, 16#efcdab89, 16#98badcfe, 16#10325476, 16#c3d2e1f0},
    W = schedule(lists:reverse([V || <<V:32>> <= Block]), 16),
    {A, B, C, D, E} = rounds(W, 0, H),
    {H0, H1, H2, H3, H4} = H,
    << <<((V) band 16#ffffffff):32>> || V <- [H0 + A, H1 + B, H2 + C, H3 + D, H4 + E] >>.

rounds([], _, S) -> S;
rounds([W | Rest], T, {A, B, C, D, E}) ->
    {F, K} = round(T, B, C, D),
    Temp = (rol(A, 5) + F + E + W + K) band 16#ffffffff,
    rounds(Rest, T + 1, {Temp, A, rol(B, 30), C, D}).

prf(Key, Len) -> prf(Key, Len, <<>>).
prf(_, Len, Acc) when byte_size(Acc) >= Len -> binary:part(Acc, 0, Len);
prf(<<Key:160>>, Len, Acc) ->
    W = <<N:160>> = g(<<Key:160, 0:352>>),
    Next = (1 + Key + N) band ((1 bsl 160) - 1),
    prf(<<Next:160>>, Len, <<Acc/binary, W/binary>>).

%% K_aut and MSK.
eap_keys(Identity, Ik, Ck) ->
    Mk = crypto:hash(sha, [Identity, Ik, Ck]),
    <<_Encr:16/binary, Aut:16/binary, Msk:64/binary, _/binary>> = prf(Mk, 160),
    {Aut, Msk}.

mac(Key, Packet) -> binary:part(crypto:mac(hmac, sha, Key, Packet), 0, 16).
