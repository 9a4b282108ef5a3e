package operator

import "go.uber.org/zap/zapcore"

// lazily makes loggers take their values in when something is logged: each reconcile has
// a logger of its own with five values, and hardly any logs.
func lazily(core zapcore.Core) zapcore.Core { return lazyCore{core} }

type lazyCore struct{ zapcore.Core }

// With implements zapcore.Core.
func (c lazyCore) With(fields []zapcore.Field) zapcore.Core {
	return lazyCore{zapcore.NewLazyWith(c.Core, fields)}
}
