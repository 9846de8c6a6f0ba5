// Package person is what the holder of an account sees of it, and may do: every
// address with what it may be used for, who holds it in an audience and through
// what, and the ways to end that.
//
// The promise. What is shown is what is true at that moment, read from the same
// rows that a match goes by. What a person takes away is gone when the call
// returns, stands over later imports and lists, and is never refused for its
// size, nor because the server is contained. A person sees their own account
// alone, and no address but as its mask.
//
// Reading order: Service, Me, Export, Links.
package person
