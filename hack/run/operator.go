package main

import "os/exec"

const operatorLog = "operator.log"

// operatorArguments are the operator's flags.
func operatorArguments(o options, keys credentials) []string {
	arguments := []string{
		"--kubeconfig=" + keys.operator,
		"--bridge-address=" + loopback(o.bridgePort),
		"--metrics-address=" + loopback(o.metricsPort),
		"--authentication=" + o.authentication,
		"--default-namespace=" + shopNamespace,
		"--leader-elect=true",
		"--leader-election-namespace=" + systemNamespace,
		"--sink=http://" + loopback(o.sinkPort), "--reply=always",
		"--zap-encoder=console",
	}
	if o.archive {
		arguments = append(arguments, "--archive-url-file="+o.file(databaseURLFile))
	}
	return append(arguments, o.flags...)
}

// startOperator starts the operator. The caller owes it stop.
func startOperator(o options, keys credentials) (*program, error) {
	return startProgram("the operator", o.file(operatorLog), exec.Command(o.operator, operatorArguments(o, keys)...))
}
