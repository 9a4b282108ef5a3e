package crdcompat

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Compare returns what of a CRD is not compatible with an earlier one, in the order of the fields:
// each begins with the path of its field.
func Compare(before, now *v1.CustomResourceDefinition) []string {
	var found []string
	say := func(path, format string, arguments ...any) {
		found = append(found, fmt.Sprintf("%s: %s", path, fmt.Sprintf(format, arguments...)))
	}
	kind := before.Spec.Names.Kind
	if before.Name != now.Name || before.Spec.Scope != now.Spec.Scope || before.Spec.Names.Kind != now.Spec.Names.Kind {
		say(kind, "it has another name, kind or scope")
	}
	for _, short := range before.Spec.Names.ShortNames {
		if !slices.Contains(now.Spec.Names.ShortNames, short) {
			say(kind, "the short name %s is gone", short)
		}
	}
	for _, version := range before.Spec.Versions {
		at := slices.IndexFunc(now.Spec.Versions, func(v v1.CustomResourceDefinitionVersion) bool { return v.Name == version.Name })
		if at < 0 || version.Served && !now.Spec.Versions[at].Served || version.Storage && !now.Spec.Versions[at].Storage {
			say(kind, "version %s is not served or not stored any more", version.Name)
			continue
		}
		later := now.Spec.Versions[at]
		if status := func(v v1.CustomResourceDefinitionVersion) bool {
			return v.Subresources != nil && v.Subresources.Status != nil
		}; status(version) != status(later) {
			say(kind, "its status is a subresource in one version alone")
		}
		c := comparison{say}
		c.schema(kind, version.Schema.OpenAPIV3Schema, later.Schema.OpenAPIV3Schema)
	}
	slices.Sort(found)
	return found
}

// comparison compares schemas and says what it finds.
type comparison struct {
	say func(path, format string, arguments ...any)
}

func (c comparison) schema(path string, before, now *v1.JSONSchemaProps) {
	if before.Type != now.Type || before.Format != now.Format || before.XIntOrString != now.XIntOrString || before.Nullable && !now.Nullable {
		c.say(path, "its type was %s %s and is %s %s", before.Type, before.Format, now.Type, now.Format)
	}
	c.values(path, before, now)
	c.bounds(path, before, now)
	c.rules(path, before.XValidations, now.XValidations)
	for _, name := range now.Required {
		if !slices.Contains(before.Required, name) {
			c.say(path+"."+name, "it is required now")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before.Properties)) {
		was, is := before.Properties[name], now.Properties[name]
		if _, ok := now.Properties[name]; !ok {
			c.say(path+"."+name, "it is gone")
			continue
		}
		c.schema(path+"."+name, &was, &is)
	}
	for _, name := range slices.Sorted(maps.Keys(now.Properties)) {
		if _, known := before.Properties[name]; !known && now.Properties[name].Default != nil && slices.Contains(now.Required, name) {
			c.say(path+"."+name, "it is new and required")
		}
	}
	c.nested(path, before, now)
}

// nested compares the schemas of what lists and maps hold.
func (c comparison) nested(path string, before, now *v1.JSONSchemaProps) {
	switch {
	case before.Items == nil && now.Items == nil:
	case before.Items == nil || now.Items == nil || before.Items.Schema == nil || now.Items.Schema == nil:
		c.say(path, "its items have a schema in one version alone")
	default:
		c.schema(path+"[]", before.Items.Schema, now.Items.Schema)
	}
	was, is := before.AdditionalProperties, now.AdditionalProperties
	switch {
	case was == nil && is == nil:
	case was == nil || is == nil || was.Schema == nil || is.Schema == nil:
		c.say(path, "its keys are open in one version alone")
	default:
		c.schema(path+"{}", was.Schema, is.Schema)
	}
	preserves := func(s *v1.JSONSchemaProps) bool { return s.XPreserveUnknownFields != nil && *s.XPreserveUnknownFields }
	if preserves(before) && !preserves(now) {
		c.say(path, "unknown fields are dropped now")
	}
}

// values compares which single values there are, and which is meant where none is given.
func (c comparison) values(path string, before, now *v1.JSONSchemaProps) {
	for _, value := range before.Enum {
		if len(now.Enum) > 0 && !slices.ContainsFunc(now.Enum, func(v v1.JSON) bool { return string(v.Raw) == string(value.Raw) }) {
			c.say(path, "the value %s is gone", value.Raw)
		}
	}
	if len(before.Enum) == 0 && len(now.Enum) > 0 {
		c.say(path, "it takes certain values alone now")
	}
	if before.Pattern != now.Pattern && now.Pattern != "" {
		c.say(path, "its pattern was %s and is %s", before.Pattern, now.Pattern)
	}
	if text := func(j *v1.JSON) string {
		if j == nil {
			return "none"
		}
		return string(j.Raw)
	}; text(before.Default) != text(now.Default) {
		c.say(path, "its default was %s and is %s", text(before.Default), text(now.Default))
	}
	if deref := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}; deref(before.XListType) != deref(now.XListType) || deref(before.XMapType) != deref(now.XMapType) ||
		!slices.Equal(before.XListMapKeys, now.XListMapKeys) {
		c.say(path, "it is merged in another way")
	}
}

// bounds compares how large and how many values may be.
func (c comparison) bounds(path string, before, now *v1.JSONSchemaProps) {
	above(c, path, "maxLength", before.MaxLength, now.MaxLength)
	above(c, path, "maxItems", before.MaxItems, now.MaxItems)
	above(c, path, "maxProperties", before.MaxProperties, now.MaxProperties)
	above(c, path, "maximum", before.Maximum, now.Maximum)
	above(c, path, "-minLength", negative(before.MinLength), negative(now.MinLength))
	above(c, path, "-minItems", negative(before.MinItems), negative(now.MinItems))
	above(c, path, "-minProperties", negative(before.MinProperties), negative(now.MinProperties))
	above(c, path, "-minimum", negative(before.Minimum), negative(now.Minimum))
}

func negative[T int64 | float64](bound *T) *T {
	if bound == nil {
		return nil
	}
	below := -*bound
	return &below
}

// above says that an upper bound is new or lower than it was.
func above[T int64 | float64](c comparison, path, name string, before, now *T) {
	if now != nil && (before == nil || *now < *before) {
		c.say(path, "%s is %v now", name, *now)
	}
}

// rules says which rules are new. What compares an object with what it was is not about an
// object that is stored, and left as it is.
func (c comparison) rules(path string, before, now v1.ValidationRules) {
	for _, rule := range now {
		known := slices.ContainsFunc(before, func(r v1.ValidationRule) bool { return r.Rule == rule.Rule })
		if !known && !strings.Contains(rule.Rule, "oldSelf") {
			c.say(path, "it has the new rule %s", strings.Join(strings.Fields(rule.Rule), " "))
		}
	}
}
