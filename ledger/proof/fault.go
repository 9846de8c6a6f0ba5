package proof

import "github.com/selvedge/selvedge"

// fault makes the error of bad input. Field says which part is at fault and
// reason is a stable word; neither they nor the message hold what was read.
func fault(field, reason, format string, args ...any) *selvedge.Error {
	return selvedge.Errorf(selvedge.CodeInvalid, format, args...).At(field).Because(reason)
}
