package operator

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// encodings counts how often a value is encoded.
type encodings int

func (e *encodings) MarshalLogObject(zapcore.ObjectEncoder) error { *e++; return nil }

// Values are logged as ever, and taken in by loggers that log something only.
func TestLoggersAreLazy(t *testing.T) {
	observed, logs := observer.New(zapcore.InfoLevel)
	logger := zap.New(observed, zap.WrapCore(lazily))
	first := logger.With(zap.String("a", "1"))
	second := first.With(zap.Inline(new(encodings)), zap.String("b", "2"))
	second.Debug("nothing")
	second.Info("something")
	first.Info("more")
	if logs.Len() != 2 || logs.All()[0].ContextMap()["a"] != "1" || logs.All()[0].ContextMap()["b"] != "2" || len(logs.All()[1].Context) != 1 {
		t.Errorf("logged %+v", logs.All())
	}

	var count encodings
	silent := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{}), zapcore.AddSync(t.Output()), zapcore.InfoLevel), zap.WrapCore(lazily))
	silent.With(zap.Inline(&count)).With(zap.Int("c", 3)).Debug("nothing")
	if count != 0 {
		t.Errorf("values of a logger that logs nothing were encoded %d times", count)
	}
	silent.With(zap.Inline(&count)).With(zap.Int("c", 3)).Info("something")
	if count != 1 {
		t.Errorf("values of a logger that logs were encoded %d times", count)
	}
}
