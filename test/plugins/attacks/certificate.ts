/** A certificate that nobody vouches for, with its key: made for tests, good for nothing else. */

export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSqelBVqXFqboOBNn
2Mile1giTpyjBktPgcHsjcwvQCShRANCAAQ/W9DZdeFe2iBKPFgqDuStyWctFQ34
xWOzKsmo9RDnC6SCmAc0ZGEpyTv/aun+kt6WGrW/EExHpSYEBpEqDsoy
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUBcC4J/4z9DUFN1RjKPPsFaAV7jgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNzIwMjk0N1oYDzIxMjYxMTAz
MjAyOTQ3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ/W9DZdeFe2iBKPFgqDuStyWctFQ34xWOzKsmo9RDnC6SCmAc0ZGEp
yTv/aun+kt6WGrW/EExHpSYEBpEqDsoyo1MwUTAdBgNVHQ4EFgQUryGIKwDgfvOo
Q6dZq02lbwmP/oswHwYDVR0jBBgwFoAUryGIKwDgfvOoQ6dZq02lbwmP/oswDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAgPZNsKNTvrVHuaMMGeRn
hIQMBm8/8KoZFL70wp9cvboCIHSzk0+mJ49wP1PU//Syqrz9L1NOecP1ftQGEMeW
Au5l
-----END CERTIFICATE-----`,
} as const;
