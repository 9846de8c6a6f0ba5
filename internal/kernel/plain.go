//go:build !goexperiment.simd || !amd64

package kernel

// vectors is false: this binary was built without them.
const vectors = false

// The vector forms are never called.

func hexVector(*[32]byte, *[64]byte) bool { panic("kernel: no vectors") }

type wideKeys struct{}

func newWideKeys(*[Size]byte) wideKeys { return wideKeys{} }

func (*wideKeys) encrypt([][Size]byte) { panic("kernel: no vectors") }
