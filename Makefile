# Two commands are all it takes: `make run` and `make test`.  The logic is in tools/setup/.
PYTHON ?= python3

.PHONY: run test long check coverage bench setup wheel docs container arm firmware-fuzz interop mutants clean
run test long check coverage bench setup wheel docs container arm firmware-fuzz interop mutants clean:
	@"$(PYTHON)" tools/setup/bootstrap.py $@ $(ARGS)
.DEFAULT_GOAL := run
