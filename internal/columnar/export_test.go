package columnar

// Walk lets a test see what is refused before the library looks at it.
var Walk = walk

// MaxElements is how many structures there may be in lists.
const MaxElements = maxElements
