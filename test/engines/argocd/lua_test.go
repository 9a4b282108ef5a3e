package argocd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/argoproj/gitops-engine/pkg/health"
	lua "github.com/yuin/gopher-lua"
	luajson "layeh.com/gopher-json"

	"github.com/acme/inventory-service/test/engines"
)

// scripts are the health scripts of config/gitops, seen from where tests run.
const scripts = "../../../config/gitops/argocd/resource_customizations"

// overrides tell the health of objects by the scripts, as those of argocd-cm do.
type overrides struct{}

// GetResourceHealth is nil where there is no script.
func (overrides) GetResourceHealth(o *engines.Object) (*health.HealthStatus, error) {
	kind := o.GroupVersionKind()
	script, err := os.ReadFile(filepath.Join(scripts, kind.Group, kind.Kind, "health.lua"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return run(string(script), o)
}

// run runs a script in what Argo CD lets scripts have: a second, and the libraries base and table.
func run(script string, o *engines.Object) (*health.HealthStatus, error) {
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l.SetContext(ctx)
	text, err := json.Marshal(o.Object)
	if err != nil {
		return nil, err
	}
	object, err := luajson.Decode(l, text)
	if err != nil {
		return nil, err
	}
	l.SetGlobal("obj", object)
	if err := l.DoString(script); err != nil {
		return nil, err
	}
	table, ok := l.Get(-1).(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("the health script returns %s, want a table", l.Get(-1).Type())
	}
	if text, err = luajson.Encode(table); err != nil {
		return nil, err
	}
	said := &health.HealthStatus{}
	return said, json.Unmarshal(text, said)
}
