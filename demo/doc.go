// Package demo does the main job on an invented platform and tells the story:
// prompts, people, advertisers' lists, a match, audiences, and the security
// contacts that are not in them.
//
// The promise: nothing in the story is written down beforehand. Each figure
// comes from the answers of a real server, over HTTP where a user would ask
// over HTTP, and what it claims about people is checked against the generator's
// truth (package demo/world); if the two differ, the demo says so and fails.
package demo
