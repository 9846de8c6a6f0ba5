package contact

// ParseLine takes a line of an import apart, for its fuzz test.
func ParseLine(b []byte) (word string, values map[string]string, ok bool) {
	var l line
	p, fields, fault := l.parse(trimBlanks(b))
	if fault != nil {
		return "", nil, false
	}
	columns, word := accountColumns, accountType
	if p == pointPart {
		columns, word = pointColumns, pointType
	}
	values = map[string]string{}
	for i, c := range columns {
		values[c] = fields[i]
	}
	return word, values, true
}
