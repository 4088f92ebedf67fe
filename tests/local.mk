# Unit tests with cmocka in TAP, and the lab. Each part brings its own lines.
include tests/unit/ipsec.mk
include tests/unit/routing.mk
include tests/unit/cluster.mk
include tests/unit/conf.mk
include tests/unit/agent.mk
include tests/unit/command.mk
include tests/unit/watch.mk
include tests/unit/metrics.mk
include tests/unit/import.mk
include tests/model/local.mk
include tests/sim/local.mk
include tests/lab/local.mk
