// Package token turns the hash of an identifier's form into the token that is
// kept and matched.
//
// A token is AES-128 of the first 16 bytes of the form's SHA-256, under the key
// of a family, an epoch and a form class. AES is a permutation, so a token
// adds no collision of its own, and a key rotation is decrypt-old,
// encrypt-new. Plainly: whoever holds the key can turn a token back into a
// truncated SHA-256, and a truncated SHA-256 of a phone number into the number.
// Without the key a token cannot be made from a hash.
//
// The promise: there is one family, Ads. Nothing here can make a token for any
// other use, and a contact point that was not given for advertising is never
// brought here.
package token
