package operator

import (
	uberzap "go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// SetLogger makes the flags about logging hold for the whole process.
func (o *Options) SetLogger() {
	logger := zap.New(zap.UseFlagOptions(&o.log), zap.RawZapOpts(uberzap.WrapCore(lazily)))
	ctrl.SetLogger(logger)
	klog.SetLogger(logger) // client-go's
}

// lazily makes loggers take their values in when something is logged: each reconcile has
// a logger of its own with five values, and hardly any logs.
func lazily(core zapcore.Core) zapcore.Core { return lazyCore{core} }

type lazyCore struct{ zapcore.Core }

// With implements zapcore.Core.
func (c lazyCore) With(fields []zapcore.Field) zapcore.Core {
	return lazyCore{zapcore.NewLazyWith(c.Core, fields)}
}
