// Package vault seals what a person may be shown of their own address.
//
// The promise: a mask is sealed with AES-256-GCM under a key of its own, bound
// to the account and handle that it belongs to, so that a mask moved to another
// row does not open. Values themselves are not kept. What is in a person's link
// is sealed the same way, under another key.
package vault
