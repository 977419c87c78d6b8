/* es_jose_vectors.h -- keys and tokens made with python3-jwcrypto, for tests alone. */
#ifndef ES_JOSE_VECTORS_H
#define ES_JOSE_VECTORS_H

/* clang-format off */
static const char jwks_text[] =
	"{\"keys\": [{\"alg\": \"RS256\", \"e\": \"AQAB\", \"kid\": \"rsa-1\", \"kty\": \"RSA\", \"n\": \"whs2ixaAWBGFuuVGC4et"
	"TPOR23SXmmg0UM4VF1SypG85L8nzdNyiWJvYt8WOppxBaOf_qb7lW4Wu_4qpxXLgvNw8mkCnNbpggx7_RknlaJa-ZDymDNmv"
	"0oNe0KQCi4juJ1TmskMF645hl002Z0w6QMvSgiEjAa7bMRb8glnnX43pNdoXym3zyIEEYTa3RZBMH2LYH9buTy73gGHFjqwj"
	"jO4e-a5xGwxszwDWSH1tQ09DgP66hfrzZmFZHbgkaYuxz2lRd4QaYa-DY__U1VZo4KYBCz0lpxK06vaX00qUAq3gefR6vb1w"
	"LTB3K_RFG9q7Q1EAn5LFPnkEWJ6pdLkK-Q\", \"use\": \"sig\"}, {\"e\": \"AQAB\", \"kid\": \"rsa-2\", \"kty\": \"RSA\", "
	"\"n\": \"q5_yvKS6_8xYVFTLJTOi7WI3F_CMOU8D3ctTi0poQu_B79BOccSfVr6H8plUv9WXHubVLhtoLoNRfHRBQlTDDmKrnc"
	"DX17JU-Nu_5ztkrqohlJtWZZyRrD45nQdlcMRMwoOGzpE9JNotAGJuu_aDl1K5AEPKXWKEPJ0j0jK3HDZIiXgWV0MKobbIpU"
	"iG5BJiIoePwP6uzcFKEHU0_3hjnFmi4mRbh3qNzHVcG2RlzENS38POxbGAk54tZfBMuOkjRjfMNB2aFB0MpcTjpTk0f_Am2m"
	"KKlj794MJXY-Eue8sfKjNeTGPeAeOz4KELW3pl6eP8XvnQd41FXrxZzC7EuRXJ9-BqKgx_Sggbp8flr660KmNI47dz21GdyY"
	"2U8Ty8luIyf9w4cLbrII8PdHzJwKusBeXreTt_H-dsAyiVui4m3Y-za7GD2XhzTJY1j2sOfAsFnHKJZ-rKLbhrk6-op3Kb7Y"
	"fRiyb0Zv-utstEegT9wPmyjUGEYJmX8hkKFD-d\"}, {\"crv\": \"P-256\", \"kid\": \"ec-1\", \"kty\": \"EC\", \"use\": \"s"
	"ig\", \"x\": \"hpSEI3N3LbZJsXcPtwT9FOKzJEu59YpTYDcySEBFuZ8\", \"y\": \"BOeBkjxu1spEVQu5RPqhxSD7wSUNXgx4N"
	"s4q0x0_YXM\"}, {\"e\": \"AQAB\", \"kid\": \"small\", \"kty\": \"RSA\", \"n\": \"xvI-o2XXb-Kq8Gyv5BZ-6IoA6RIbvCcf"
	"E_3UxFdMyTr09yf0aIWCjgLBtJV3jmnceMwbrZCF1_15wlhXEGDZskpgs0J0XTNLY0DVnhdUg8PB-PJhsbH9PiBcoQH4ibQW"
	"hwL0IHwED_0Bll3RQ9EsKZLb-kCpT9hZszlXHPvfWzk\"}, {\"crv\": \"P-384\", \"kid\": \"p384\", \"kty\": \"EC\", \"x\":"
	" \"ab1tLDGfFrksjBCAUBUbdmW5vKkPhPq7I59KsaQ5B3DRoUhSBYesFpLDcekA5EZj\", \"y\": \"iiwdD8zYzgsfXZ8b-p9a-"
	"bf9kdh8K8sNSg7W4Jy8QYxxao4ChgaCWXO0-DkPqhov\"}, {\"crv\": \"P-256\", \"kid\": \"enc\", \"kty\": \"EC\", \"use\""
	": \"enc\", \"x\": \"oOhp8FCFj3unEOP2gEoP1AZYbyeH2otq2DO6w4vck8s\", \"y\": \"oepmU0s8OMqMbd6axOegRx5JImxfB"
	"SI76y7E8HChkMs\"}, {\"crv\": \"Ed25519\", \"kid\": \"okp\", \"kty\": \"OKP\", \"x\": \"CrHGwwKFFvMsPX916vmJDhbfV"
	"iph7FWOfXQtyfaSLF8\"}, {\"k\": \"uvC11lL9qj8gwDMPCyh33r6Zh0HF7130wapMn6UxJHQ\", \"kid\": \"oct\", \"kty\": "
	"\"oct\"}]}";
static const char jwks_with_private[] =
	"{\"keys\": [{\"alg\": \"RS256\", \"e\": \"AQAB\", \"kid\": \"rsa-1\", \"kty\": \"RSA\", \"n\": \"whs2ixaAWBGFuuVGC4et"
	"TPOR23SXmmg0UM4VF1SypG85L8nzdNyiWJvYt8WOppxBaOf_qb7lW4Wu_4qpxXLgvNw8mkCnNbpggx7_RknlaJa-ZDymDNmv"
	"0oNe0KQCi4juJ1TmskMF645hl002Z0w6QMvSgiEjAa7bMRb8glnnX43pNdoXym3zyIEEYTa3RZBMH2LYH9buTy73gGHFjqwj"
	"jO4e-a5xGwxszwDWSH1tQ09DgP66hfrzZmFZHbgkaYuxz2lRd4QaYa-DY__U1VZo4KYBCz0lpxK06vaX00qUAq3gefR6vb1w"
	"LTB3K_RFG9q7Q1EAn5LFPnkEWJ6pdLkK-Q\", \"use\": \"sig\"}, {\"crv\": \"P-256\", \"d\": \"r-5_af7FuqOPTp_ymFgHD"
	"KzzW4h0LSeH1_-DtWJ8hFs\", \"kid\": \"ec-1\", \"kty\": \"EC\", \"use\": \"sig\", \"x\": \"hpSEI3N3LbZJsXcPtwT9FOK"
	"zJEu59YpTYDcySEBFuZ8\", \"y\": \"BOeBkjxu1spEVQu5RPqhxSD7wSUNXgx4Ns4q0x0_YXM\"}]}";
static const char jwks_useless[] =
	"{\"keys\": [{\"e\": \"AQAB\", \"kid\": \"small\", \"kty\": \"RSA\", \"n\": \"xvI-o2XXb-Kq8Gyv5BZ-6IoA6RIbvCcfE_3U"
	"xFdMyTr09yf0aIWCjgLBtJV3jmnceMwbrZCF1_15wlhXEGDZskpgs0J0XTNLY0DVnhdUg8PB-PJhsbH9PiBcoQH4ibQWhwL0"
	"IHwED_0Bll3RQ9EsKZLb-kCpT9hZszlXHPvfWzk\"}, {\"crv\": \"P-384\", \"kid\": \"p384\", \"kty\": \"EC\", \"x\": \"ab"
	"1tLDGfFrksjBCAUBUbdmW5vKkPhPq7I59KsaQ5B3DRoUhSBYesFpLDcekA5EZj\", \"y\": \"iiwdD8zYzgsfXZ8b-p9a-bf9k"
	"dh8K8sNSg7W4Jy8QYxxao4ChgaCWXO0-DkPqhov\"}, {\"crv\": \"P-256\", \"kid\": \"enc\", \"kty\": \"EC\", \"use\": \"e"
	"nc\", \"x\": \"oOhp8FCFj3unEOP2gEoP1AZYbyeH2otq2DO6w4vck8s\", \"y\": \"oepmU0s8OMqMbd6axOegRx5JImxfBSI76"
	"y7E8HChkMs\"}, {\"crv\": \"Ed25519\", \"kid\": \"okp\", \"kty\": \"OKP\", \"x\": \"CrHGwwKFFvMsPX916vmJDhbfViph7"
	"FWOfXQtyfaSLF8\"}, {\"k\": \"uvC11lL9qj8gwDMPCyh33r6Zh0HF7130wapMn6UxJHQ\", \"kid\": \"oct\", \"kty\": \"oct"
	"\"}]}";
static const char jwks_off_curve[] =
	"{\"keys\": [{\"crv\": \"P-256\", \"kid\": \"ec-1\", \"kty\": \"EC\", \"use\": \"sig\", \"x\": \"hpSEI3N3LbZJsXcPtwT9F"
	"OKzJEu59YpTYDcySEBFuZ8\", \"y\": \"BOeBkjxv1spEVQu5RPqhxSD7wSUNXgx4Ns4q0x0_YXM\"}]}";
static const char token_rs256[] =
	"eyJhbGciOiAiUlMyNTYiLCAia2lkIjogInJzYS0xIiwgInR5cCI6ICJKV1QifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtc"
	"GxlIiwiYXVkIjpbIm9wZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwM"
	"Cwibm9uY2UiOiJuLTEifQ.KtXTEoTZYHcGfRZdEmpLFSEJPNE8A-sWeb3gxrOzQ_GqAzUvCAIHrOtgDJjzIMkvCxz7NLexPo"
	"i1mXKNTADa_yvNqvG4SzD46g-OndbLuulQ_FsFZLiXqbf1gMar29eCpcCe7cZPT1rMxpAH3UXWZtelluRcQ_xv_OFljT2Cyl"
	"sQgBmMOn5HfRC6A38IgQQKg7dbmDTKoVPwlUATb6Yh99eh3CKvNxI2U8rPHDiP1d2QYyOfgfb-b_DORzC6ibjH1I2yqnHLTX"
	"h7SXXY0M93Swy_QVnD0sUg4LNzOCj9ChneeMu6LNHNQj8Kj8FSJTUl76F2Dt_Z-JzQ3-ITDUJhDA";
static const char token_rs256_3072[] =
	"eyJhbGciOiAiUlMyNTYiLCAia2lkIjogInJzYS0yIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9w"
	"ZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEi"
	"fQ.j7CDKX_Jx4WPwgJHMq0cIJeYwNVrN02hpSwU26w1bnDuLnUYb-ZFy1Dexb73GB6R8DhFONzHt8CmmUpXs38jpMNr6TSMv"
	"_LhpNLEygwxmSqZ4NaD4pKmrP43LXshlZ5govTOZf-X30FZ62LYv0uwEjUTZ8k67-FCFizV1wHa9we_9y4PMVg7kNGVmepoO"
	"84qggAlboJCRr1KQ-wJkiINuuFRD7mcoOklCMtJU4MwqhXFZMQW-nW_Ju-oJ5nQQhNTsL6UrZxxoFBEEUSI13e12RH2JbsKW"
	"XzzmwMQEpsIeP25cp3KWecwnPaWv2SCXskAKL2IjZtBZ4q0ZR8E9JFUZXct2tVB4iDuX82FsN9Fdf3v8BXIG1J-HPlIRz3cj"
	"XSPs8cXEcifxRiBw25PBPkhuiQ7E1wWHhdozdJQ4dLXLkYlouIq1Z5UQJh0zfuHSpMOE0sY6boK_KKC5KBggdj3kF0qfyDys"
	"ysqzp0WHdq1_-J9wv8qA_K4is8AQx15Chhz";
static const char token_es256[] =
	"eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjLTEiLCAidHlwIjogImF0K2p3dCJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGF"
	"tcGxlIiwiYXVkIjpbIm9wZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTA"
	"wMCwibm9uY2UiOiJuLTEifQ.3WsNDT0YhANFnm2X5tQnAO68gy_OY5liAOCUzWXrWcN9LrgLGyTh8enTgkSaXT9PlrHW8BVx"
	"K4q7o4o1Ez0OnQ";
static const char token_es256_without_kid[] =
	"eyJhbGciOiAiRVMyNTYifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9wZW5lcyIsIm90aGVyIl0sI"
	"nN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEifQ.N2Tt7Hw4fDqTHHwlHa"
	"FTkGbFld2fFmS_RQYM5l7anTZzPwyqOGZJK_bA-BFmtHRoVCCwXoO6xpe4iC5_zCucmQ";
static const char token_unknown_kid[] =
	"eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjLTIifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9wZ"
	"W5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEif"
	"Q.jy8KweppZSqUzcMuiv72k1aFBvGTPeTTCVXBpXi0lwl9T6nMtw2heYbbi2NKQ_NFp1N71o8Ce4CfjTAD3M3SDg";
static const char token_of_a_stranger[] =
	"eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjLTEifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9wZ"
	"W5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEif"
	"Q.SuxmjImy-MGFJgQVKLqF0vhJi_CkNyQ9pb1ezEctS5dfVR0tquRUUUVGzeKO3R-TcygfjPs52rsUaAnEfnD5WA";
static const char token_rs512[] =
	"eyJhbGciOiAiUlM1MTIiLCAia2lkIjogInJzYS0xIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9w"
	"ZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEi"
	"fQ.ppghmTe10osCsPKVKBrwk4ss3MGaS4nZ4pgvY1Rz0Jhp0zNGxF2Nk024hNSpHIju5Q03xMyFpOHxvqMhTfP9QpOJNL7_q"
	"cz80HJlpFa44y3Do8sm2Uf1-anfvRbrg8LlrK5P0cY-UX4qLXrbrwTsQrmqq-SFYEP40i0RzSEXNvPLve4gZ3vxJZJhOn7Kb"
	"BEFSYprAjmy1LmzUZy114ZOEkLYyxYtyv6gmI0UtnnM_rZZ6aRlcWJ9ur0dTdWISzibLYkqZDxtFuX4GS8iA_vBSUGoJlOm2"
	"M3v4vd1V7PzFEs0l8FYMNDEUSyaJfj2qmhzDBvwj6pS_iwy_so2S9IXPA";
static const char token_ps256[] =
	"eyJhbGciOiAiUFMyNTYiLCAia2lkIjogInJzYS0xIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9w"
	"ZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEi"
	"fQ.qp0BUojvxEcxV9hJjbX3zHaQQJ0IhfA86OXtctziwuEUlJL0FSc6zU5fhlYDzD4Q8uDNJXtJ3eocNCkU4BcVOHvQx9WyJ"
	"eKzJbfbNjqvFOyMcfpaNgNsX7qo6SyJraxF9-ypOBuD_cgfHaPuNX5efgPe5Wa-h_249P3rc4ruqDGIIaC5tW5PGNp_6egmc"
	"mrYh_gLLKdsFrXCvwGlBZDi_QnawLnVE9A7xcmrhwJWA0bA13l6glnHhZdNKrEY17fr0XA0ROqO9ZOAlywSsNtpR4CajZGwl"
	"XgKP1qVwB8tKzeVZGu93RE3rO7s0eyaJ3IDT5h2jZs0Rftoy2WkMo5Ezw";
static const char token_small_rsa[] =
	"eyJhbGciOiAiUlMyNTYiLCAia2lkIjogInNtYWxsIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9w"
	"ZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEi"
	"fQ.C0nd2YRtML54u8555WE1jM4APBd_ZoLuGc3RciO8moNBbBwoCqnUUKImsQffXESCojnsgMix61gDN2GF0LHQi7QLJPCWo"
	"HDlQs41oVdrkQlQjnOUQpVS3hB2_XCs6mHvmi8g98pk5m3hMfqblscL-NNTXxuc7GK9UISa1_5w0gc";
static const char token_hs256_by_public_key[] =
	"eyJhbGciOiAiSFMyNTYiLCAia2lkIjogInJzYS0xIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9w"
	"ZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEi"
	"fQ.oGUTozN80vi8PmrstBFgv6jfVuKU7q1A4PXYvirsNFw";
static const char token_es256_by_rsa_kid[] =
	"eyJhbGciOiAiRVMyNTYiLCAia2lkIjogInJzYS0xIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9w"
	"ZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEi"
	"fQ.LBRbSaarqMKnxyPRsAkoS2-SHQwdFh2ds0vlfpHwpArBVsnXkqY-fCqxN9SqkvoYpNGjVY2EZLtu-OibU6DBDA";
static const char token_none[] =
	"eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9wZW5lcyIsIm90aGVyIl0sInN1"
	"YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEifQ.";
static const char token_crit[] =
	"eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJjcml0IjpbImV4cCJdLCJleHAiOjF9.eyJpc3MiOiJodHRwczovL2lkcC5"
	"leGFtcGxlIiwiYXVkIjpbIm9wZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk"
	"5OTAwMCwibm9uY2UiOiJuLTEifQ.PFa0MxYyTpQOVjCAzzsawakOl96VHg-VthgD8w4xV-3ieLuvCpPlkT0ODx9xSeRKlNAf"
	"WnFBmE9gMw22naC0cg";
static const char token_b64_false[] =
	"eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJiNjQiOmZhbHNlfQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiY"
	"XVkIjpbIm9wZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY"
	"2UiOiJuLTEifQ.VWeVsvxeb3XTZ_PoMy5ybkmJzMq5AZHnW7eie_vpvGZ3DGownO7sYkW-g9RVY2-fkPJ4FLWlAKRijo39Rc"
	"3Scg";
static const char token_of_other_typ[] =
	"eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJsb2dvdXQrand0In0.eyJpc3MiOiJodHRwczovL2lkcC5leGFt"
	"cGxlIiwiYXVkIjpbIm9wZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAw"
	"MCwibm9uY2UiOiJuLTEifQ.jq_LGIec2hBNQYp10dJDNLo24XOjv0mgV6Dip20dU5yJ6t-FZ_bQyyhCSUZbg5CVShZ7IXyzZ"
	"BvdxVIaFEB-hw";
static const char token_alg_twice[] =
	"eyJhbGciOiJub25lIiwiYWxnIjoiRVMyNTYiLCJraWQiOiJlYy0xIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwi"
	"YXVkIjpbIm9wZW5lcyIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9u"
	"Y2UiOiJuLTEifQ.AURFGBVw2LJ-zC66gFS6V9wbqo-lVXvFMtXckrvZ6hZutVLndJTJ7QHXk0vS_yPdAe2gKyXJ_d5LGYbW_"
	"GvsOg";
static const char token_not_an_object[] =
	"eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.WzFd.S46kLuYb0PEod3GlqU45JkVbE4pjmxLlREk-FEnF-TvPsM8AXjIe"
	"btjGM0Elizt1JBTxVtUq95898oudzsP_2g";
static const char token_claim_twice[] =
	"eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.eyJhdWQiOiJhIiwiYXVkIjoiYiJ9.ucNgJ5WYwpM3lS6syY_g0kVre0Ch"
	"Rscxzz6b9Wd_q_Oef8m5mdPveIFQSOugLokGhkPHEIkpvKnHV01KHm3fGA";
static const char token_long_signature[] =
	"eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9wZW5lc"
	"yIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEifQ.4m"
	"KTnXOsViUXmHgKA8jwAlmWN1Z7g-AWugsQyy4vtAqyyW4yR-kWwowf1KO05GBgnnHfwWufNhXRM8h2U4KfTwAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
static const char token_zero_signature[] =
	"eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwiYXVkIjpbIm9wZW5lc"
	"yIsIm90aGVyIl0sInN1YiI6InMiLCJleHAiOjIwMDAwMDAwMDAsImlhdCI6MTk5OTk5OTAwMCwibm9uY2UiOiJuLTEifQ.AA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
#define KEY_ES256 \
	"{\"crv\": \"P-256\", \"kid\": \"ec-1\", \"kty\": \"EC\", \"use\": \"sig\", \"x\": \"hpSEI3N3LbZJsXcPtwT9FOKzJ" \
	"Eu59YpTYDcySEBFuZ8\", \"y\": \"BOeBkjxu1spEVQu5RPqhxSD7wSUNXgx4Ns4q0x0_YXM\"}"
/* clang-format on */

#endif
