//go:build tools

// Package tools holds go.mod to what is built here, and by no import of our own: github.com/argoproj/argo-rollouts/cmd/rollouts-controller.
package tools

import (
	_ "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"
)
