// Package secret holds the root secret and what is derived from it, and the
// key-encryption key, under which the keys are sealed that are random.
//
// The promise: no other package sees key bytes. A Key does its work behind
// methods (a MAC, a block cipher, an AEAD) and prints redacted. Keys are
// derived from one root secret with HKDF-SHA256 (RFC 5869) under a label each,
// so that no two uses share a key. A root secret file that anyone but its
// owner may read is refused.
package secret
