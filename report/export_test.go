package report

// SizeOf is the range that a count falls in.
var SizeOf = sizeOf

// Between returns the sizes that a set can have which is near to one of n.
var Between = between
